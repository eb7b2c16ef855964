import { randomUUID } from 'node:crypto';
import type { JSONObject, LanguageModelV4StreamPart, SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { field } from '../vendorAnswer';

export interface ReplyContext {
  readonly providerId: string;
  readonly modelId: string;
  /** The names of the tools that the model may call. */
  readonly tools: ReadonlySet<string>;
  /** Takes each part in order. */
  readonly emit: (part: LanguageModelV4StreamPart) => void;
}

interface Call {
  /** Ours: unique within the reply, and the same from the first piece to the last. */
  id: string;
  /** The server's own; empty as long as it gave none. */
  givenId: string;
  readonly index: number | undefined;
  name: string;
  arguments: string;
  /** The newest piece of them. */
  newest: string;
  extra: JSONObject;
  begun: boolean;
}

/** Under one name by the protocol; the others are those of other protocols. */
const ARGUMENTS = ['arguments', 'input', 'parameters'] as const;
/** Besides what the protocol knows: vendors sign their calls, and want the signature back. */
const KEPT = ['extra_content', 'thought_signature'] as const;

/**
 * The tool calls of one reply, put together from their pieces. Servers leave out the index, the id or both, repeat names,
 * and send arguments as objects: a piece goes where it must belong, and nothing is called before the reply is complete.
 */
export class ChatToolCalls {
  readonly #calls: Call[] = [];
  readonly #context: ReplyContext;

  constructor(context: ReplyContext) {
    this.#context = context;
  }

  get isEmpty(): boolean {
    return this.#calls.length === 0;
  }

  /** One item of `tool_calls`. */
  add(piece: unknown): void {
    if (typeof piece !== 'object' || piece === null) return;
    const spec = field(piece, 'function') ?? piece;
    const name = textOf(field(spec, 'name'));
    const args = ARGUMENTS.map((key) => field(spec, key)).find((value) => value != null);
    const call = this.#callOf(piece, name, args);
    call.name = this.#nameOf(call, name);
    for (const kept of KEPT) {
      const value = field(piece, kept) ?? field(spec, kept);
      if (value != null) call.extra = { ...call.extra, [kept]: value as JSONObject };
    }
    const before = call.arguments;
    call.arguments = joinedArguments(before, args);
    if (args !== undefined) call.newest = textOf(args);
    if (!call.begun && call.name !== '') {
      call.begun = true;
      this.#context.emit({ type: 'tool-input-start', id: call.id, toolName: call.name });
    }
    const grown = call.arguments.length > before.length;
    if (call.begun && grown)
      this.#context.emit({ type: 'tool-input-delta', id: call.id, delta: call.arguments.slice(before.length) });
  }

  /** All of them, in the order in which they began. */
  complete(): void {
    for (const call of this.#calls) {
      const { id, name, extra } = call;
      // A piece that names nothing and holds nothing calls nothing.
      if (name === '' && call.arguments === '') continue;
      const metadata: { providerMetadata?: SharedV4ProviderMetadata } =
        Object.keys(extra).length === 0 ? {} : { providerMetadata: { [this.#context.providerId]: extra } };
      if (!call.begun) this.#context.emit({ type: 'tool-input-start', id, toolName: name || NO_NAME });
      this.#context.emit({ type: 'tool-input-end', id });
      this.#context.emit({
        type: 'tool-call',
        toolCallId: id,
        toolName: name || NO_NAME,
        input: objectText(wholeArguments(call)),
        ...metadata,
      });
    }
  }

  /** The call that a piece belongs to: by index, else by id; without either, the last one, until that is whole. */
  #callOf(piece: object, name: string, args: unknown): Call {
    const givenIndex = field(piece, 'index');
    const index = givenIndex === null || givenIndex === undefined ? undefined : Number(givenIndex);
    const givenId = textOf(field(piece, 'id'));
    const call =
      index === undefined
        ? this.#calls.findLast((other) => givenId === '' || other.givenId === givenId || other.givenId === '')
        : this.#calls.findLast((other) => other.index === index);
    if (call === undefined || this.#isAnother(call, givenId, name, args)) return this.#begin(index, givenId);
    if (call.givenId === '' && givenId !== '') call.givenId = givenId;
    if (!call.begun && givenId !== '') call.id = this.#unique(givenId);
    return call;
  }

  #begin(index: number | undefined, givenId: string): Call {
    const call = {
      id: this.#unique(givenId),
      givenId,
      index,
      name: '',
      arguments: '',
      newest: '',
      extra: {},
      begun: false,
    };
    this.#calls.push(call);
    return call;
  }

  #unique(givenId: string): string {
    return givenId === '' || this.#calls.some(({ id }) => id === givenId) ? `call_${randomUUID()}` : givenId;
  }

  /** Whether a piece for the place of `call` is the first of a further one: some servers give every call the same index. */
  #isAnother(call: Call, givenId: string, name: string, args: unknown): boolean {
    if (name === '') return false;
    if (givenId !== '' && call.givenId !== '' && givenId !== call.givenId) return !isMiddle(call, name, args);
    // Some give all calls one id.
    if (givenId !== '' && givenId === call.givenId && name === call.name)
      return isObjectText(call.arguments) && isObjectText(textOf(args)) && !textOf(args).startsWith(call.arguments);
    const { tools } = this.#context;
    if (tools.has(call.name) && tools.has(name) && !name.startsWith(call.name)) return true;
    return isWhole(call.arguments) && textOf(args) !== call.arguments && !(args === undefined && name === call.name);
  }

  /** A name may come in pieces, may be repeated with each piece, and may grow with each. */
  #nameOf(call: Call, piece: string): string {
    const { name } = call;
    if (piece === '' || piece === name) return name;
    if (name === '' || (piece.startsWith(name) && this.#context.tools.has(piece))) return piece;
    const joined = name + piece;
    return call.arguments === '' && (this.#context.tools.has(joined) || !this.#context.tools.has(name)) ? joined : name;
  }
}

/** Whether a piece goes on with arguments that have begun, and cannot be the beginning of others: some number each piece anew. */
function isMiddle(call: Call, name: string, args: unknown): boolean {
  const text = textOf(args).trim();
  return (
    name === call.name && call.arguments !== '' && !isWhole(call.arguments) && text !== '' && !text.startsWith('{')
  );
}

/** Some servers send, with each piece, all that there was before. */
function wholeArguments({ arguments: joined, newest }: Call): string {
  return !isWhole(joined) && isObjectText(newest) && joined.endsWith(newest) ? newest : joined;
}

/** An object with something in it: `{}` is also what servers begin with. */
function isObjectText(text: string): boolean {
  const value = text.trim().startsWith('{') ? parsed(text) : undefined;
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

const NO_NAME = 'unnamed_tool';

function isWhole(text: string): boolean {
  return parsed(text) !== undefined;
}

/** Arguments come as pieces of text, whole as an object, or whole once more at the end. */
function joinedArguments(before: string, piece: unknown): string {
  if (piece === null || piece === undefined) return before;
  if (typeof piece !== 'string') return JSON.stringify(piece);
  return piece === before && isWhole(before) ? before : before + piece;
}

/** The arguments as the text of a JSON object wherever they can be read as one; else as they came. */
function objectText(text: string): string {
  if (text.trim() === '') return '{}';
  const value = parsed(text) ?? parsed(text.replace(/^\s*\{\s*\}/, ''));
  if (value === null) return '{}';
  // A text within the text: encoded twice.
  if (typeof value === 'string') return value === text ? text : objectText(value);
  return value === undefined ? text : JSON.stringify(value);
}

/** Undefined where it is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value : '';
}
