import type { LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { cacheOption } from '../../../src/agent/modelPrompt';
import { ModelError, StreamCutError, type AgentModel, type RequestWait } from '../../../src/agent/model';
import { createEndpointModel } from '../../../src/models/endpoints';
import type { Peculiarities } from '../../../src/models/peculiarities';
import type { ModelSettings, ProviderKind, ProviderSettings } from '../../../src/models/providerSettings';
import { RequestGate } from '../../../src/models/requestGate';
import type { Clock } from '../../../src/util/clock';

export const KINDS: readonly ProviderKind[] = ['openai-compatible', 'openai', 'anthropic', 'google'];
export const API_KEY = 'sk-test-0123456789abcdef';

/** A model of each kind's own name, so that the vendors' packages treat it as one that reasons. */
const MODEL_IDS: Record<ProviderKind, string> = {
  'openai-compatible': 'large',
  openai: 'gpt-5',
  anthropic: 'claude-sonnet-4-5',
  google: 'gemini-2.5-pro',
};

export interface HarnessOptions {
  readonly cap?: number;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly apiKey?: string;
  readonly provider?: Partial<ProviderSettings>;
  readonly model?: Partial<ModelSettings>;
  readonly peculiarities?: Peculiarities;
}

/** A model of the provider `acme` on the server, made as production makes it. */
export function modelOn(
  server: { readonly url: string },
  kind: ProviderKind,
  options: HarnessOptions = {},
): Promise<AgentModel> {
  const { cap = 10, random = () => 0, apiKey = API_KEY, clock, peculiarities } = options;
  const gate = new RequestGate({ provider: 'acme', cap, random, ...(clock === undefined ? {} : { clock }) });
  const id = options.model?.id ?? MODEL_IDS[kind];
  const models = [{ id, ...options.model }];
  const provider = { id: 'acme', kind, baseUrl: server.url, models, ...options.provider };
  return createEndpointModel(provider, id, { apiKey, gate, ...(peculiarities === undefined ? {} : { peculiarities }) });
}

export interface Collected {
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly input: unknown }[];
  readonly parts: readonly LanguageModelV4StreamPart[];
  readonly finish: Extract<LanguageModelV4StreamPart, { type: 'finish' }>;
}

const HELLO: LanguageModelV4CallOptions['prompt'] = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: [{ type: 'text', text: 'hello' }] },
];

export interface AskOptions {
  readonly prompt?: LanguageModelV4CallOptions['prompt'];
  readonly signal?: AbortSignal;
  readonly onWait?: (wait: RequestWait) => void;
  readonly onPart?: (part: LanguageModelV4StreamPart) => void;
}

/** One request as the agent loop makes it: through the gate, read to its end, its errors thrown. */
export function ask(model: AgentModel, options: AskOptions = {}): Promise<Collected> {
  const { prompt = HELLO, signal = new AbortController().signal, onWait = () => {}, onPart = () => {} } = options;
  return model.runRequest(
    async () => {
      const { stream } = await model.languageModel.doStream({
        prompt,
        maxOutputTokens: model.maxOutputTokens,
        abortSignal: signal,
        ...cacheOption(model),
        tools: ['read_file', 'list_files'].map((name) => ({
          type: 'function',
          name,
          description: `Tool ${name}`,
          inputSchema: { type: 'object', properties: { path: { type: 'string' } } },
        })),
      });
      const parts: LanguageModelV4StreamPart[] = [];
      for await (const part of stream) {
        if (part.type === 'error') throw part.error;
        parts.push(part);
        onPart(part);
      }
      return collect(parts);
    },
    { isConversation: false, onWait },
    signal,
  );
}

function collect(parts: readonly LanguageModelV4StreamPart[]): Collected {
  const finish = parts.find((part) => part.type === 'finish');
  const unfinished = ['error', 'interrupted'].includes(finish?.finishReason.unified ?? 'error');
  if (finish === undefined || unfinished) throw new StreamCutError();
  const join = (type: 'text-delta' | 'reasoning-delta') =>
    parts.map((part) => (part.type === type ? part.delta : '')).join('');
  const calls = parts.flatMap((part) =>
    part.type === 'tool-call'
      ? [{ id: part.toolCallId, name: part.toolName, input: JSON.parse(part.input) as unknown }]
      : [],
  );
  return { text: join('text-delta'), reasoning: join('reasoning-delta'), calls, parts, finish };
}

/** Awaits the ModelError that a request ends with. */
export async function modelErrorOf(promise: Promise<unknown>): Promise<ModelError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ModelError) return error;
    throw new Error('The request failed with something else than a ModelError.', { cause: error });
  }
  throw new Error('The request succeeded.');
}
