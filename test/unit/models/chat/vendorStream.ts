/** What one vendor streams, and what is to be made of it. Shapes as documented or seen; the words are made up. */
export interface VendorStream {
  readonly vendor: string;
  readonly modelId: string;
  readonly body: string;
  readonly text?: string;
  readonly reasoning?: string;
  readonly calls?: readonly { readonly name: string; readonly input: unknown }[];
  readonly finish?: 'stop' | 'length' | 'tool-calls' | 'content-filter';
  /** Input, output, cached; undefined where the vendor does not say. */
  readonly usage?: readonly (number | undefined)[];
  /** Fields of the assistant's message in the next request, besides content and calls. */
  readonly back?: Readonly<Record<string, unknown>>;
}

export const READ = { name: 'read_file', input: { path: 'a.ts' } };
export const LIST = { name: 'list_files', input: { path: 'src' } };

export function delta(change: unknown, more: object = {}) {
  return {
    id: 'c1',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta: change, finish_reason: null, ...more }],
  };
}
export const end = (reason: string, more: object = {}) => ({ ...delta({}, { finish_reason: reason }), ...more });
export const call = (index: unknown, id: unknown, name: unknown, args: unknown) =>
  delta({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: args } }] });
export const usage = (counts: object) => ({ id: 'c1', object: 'chat.completion.chunk', choices: [], usage: counts });
