import type { LanguageModelV4StreamPart, LanguageModelV4Usage } from '@ai-sdk/provider';
import { readCall, readName } from './callInput';
import type { AgentEvent } from './events';
import { CallIds, isBlank, legalValue } from './legalText';
import type { AssistantPart, ProviderData, ToolCall } from './messages';
import { ModelError, StreamCutError } from './model';
import { splitAtLoneEnd, ThinkSplitter } from './replyText';
import { headOf } from '../util/cutText';

/**
 * Characters of a reply for each token that it may have. No text is that wide: a model that goes on beyond is caught in a
 * circle, or its server does not hold it to the limit.
 */
const CHARS_PER_TOKEN = 40;
/** Tool calls of a reply that are kept: those that run, and one more, whose result says that it is one too many. */
const MOST_CALLS = 65;
/** Characters of what the provider says of a tool that it ran itself. */
const MOST_RESULT = 20_000;

/** What a provider counted of a request; undefined where it did not. */
interface Counts {
  readonly input: number | undefined;
  readonly output: number | undefined;
  readonly cached: number;
}

const NOT_COUNTED: Counts = { input: undefined, output: undefined, cached: 0 };

/** What one model request streamed. Grows while it streams, so that an abort finds the partial text in it. */
export class Reply {
  readonly #parts: PendingPart[] = [];
  readonly #open = new Map<string, PendingPart>();
  readonly #ids = new CallIds();
  readonly #maxChars: number;
  readonly #tools: readonly string[];
  #think: ThinkSplitter | undefined = new ThinkSplitter();
  #thinking: PendingPart | undefined;
  #chars = 0;
  #calls = 0;
  counts = NOT_COUNTED;
  finished = false;
  /** The model stopped because it ran out of output tokens, or was stopped since it did not. */
  cutByLength = false;
  /** The model said that it calls tools. */
  announcedCalls = false;

  /** `tools` are the names of those that the model may call. */
  constructor(maxOutputTokens = Infinity, tools: readonly string[] = []) {
    this.#maxChars = maxOutputTokens * CHARS_PER_TOKEN;
    this.#tools = tools;
  }

  get text(): string {
    return this.#parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  }

  /** The finished parts in the order in which the model began them. */
  parts(): AssistantPart[] {
    return this.#parts.flatMap((part): AssistantPart[] => {
      const providerData = part.providerData === undefined ? {} : { providerData: part.providerData };
      const { call, executed } = part;
      if (part.type === 'tool-call')
        return call ? [{ type: 'tool-call', call, ...providerData, ...(executed ? { executed } : {}) }] : [];
      // A reasoning part with no text still carries what the provider wants back.
      if (part.text === '' && part.providerData === undefined) return [];
      return [{ type: part.type, text: part.text.toWellFormed(), ...providerData }];
    });
  }

  /** Only what can stand in a transcript when the reply was cut off: its text. */
  partialParts(): AssistantPart[] {
    return isBlank(this.text) ? [] : [{ type: 'text', text: this.text.toWellFormed() }];
  }

  /** Takes in one part of the stream; throws what the stream reports as an error. */
  add(part: LanguageModelV4StreamPart, onEvent: (event: AgentEvent) => void): void {
    switch (part.type) {
      case 'text-start':
      case 'reasoning-start':
        this.#begin(part.id, part.type === 'text-start' ? 'text' : 'reasoning', part.providerMetadata);
        return;
      case 'text-delta':
      case 'reasoning-delta': {
        const type = part.type === 'text-delta' ? 'text' : 'reasoning';
        this.#count(part.delta.length);
        return this.#append(part.id, type, part.delta, part.providerMetadata, onEvent);
      }
      case 'text-end':
      case 'reasoning-end':
        return this.#remember(this.#open.get(part.id), part.providerMetadata);
      case 'tool-input-start':
        if (this.#calls < MOST_CALLS) this.#begin(part.id, 'tool-call', part.providerMetadata);
        return onEvent({ type: 'tool-input', name: part.toolName });
      case 'tool-input-delta':
        this.#count(part.delta.length);
        return onEvent({ type: 'tool-input', name: '' });
      case 'tool-call':
        return this.#complete(part);
      case 'tool-result':
        return this.#resultOf(part.toolCallId, part.result, part.isError === true);
      case 'error':
        throw part.error;
      case 'finish':
        this.endText(onEvent);
        return this.#finish(part.finishReason, part.usage);
      default:
        // Warnings, metadata, sources and files change nothing in a coding agent's transcript.
        return;
    }
  }

  #begin(id: string, type: PendingPart['type'], providerData: ProviderData | undefined): PendingPart {
    const part: PendingPart = { type, text: '', providerData, call: undefined, executed: undefined };
    this.#parts.push(part);
    this.#open.set(id, part);
    return part;
  }

  #append(
    id: string,
    type: 'text' | 'reasoning',
    delta: string,
    providerData: ProviderData | undefined,
    onEvent: (event: AgentEvent) => void,
  ): void {
    // Some servers never announce a part.
    const part = this.#open.get(id) ?? this.#begin(id, type, undefined);
    this.#remember(part, providerData);
    if (type === 'reasoning' || this.#think === undefined) return grow(part, delta, onEvent);
    for (const piece of this.#think.push(delta)) this.#place(part, piece.type, piece.text, onEvent);
  }

  /** Thinking within a text becomes a part of its own, before the text. */
  #place(part: PendingPart, type: 'text' | 'reasoning', text: string, onEvent: (event: AgentEvent) => void): void {
    if (type === 'text') return grow(part, text, onEvent);
    if (this.#thinking === undefined) {
      this.#thinking = { type, text: '', providerData: undefined, call: undefined, executed: undefined };
      this.#parts.splice(this.#parts.indexOf(part), 0, this.#thinking);
    }
    grow(this.#thinking, text, onEvent);
  }

  /** The text is whole: what was held back of it, and thinking of which only the end is marked. */
  endText(onEvent: (event: AgentEvent) => void): void {
    const first = this.#parts.find(({ type }) => type === 'text');
    const held = this.#think?.finish() ?? [];
    this.#think = undefined;
    if (first === undefined) return;
    for (const piece of held) this.#place(first, piece.type, piece.text, onEvent);
    const { reasoning, text } = splitAtLoneEnd(first.text);
    first.text = text;
    if (reasoning !== '') this.#place(first, 'reasoning', reasoning, onEvent);
  }

  #complete(part: Extract<LanguageModelV4StreamPart, { type: 'tool-call' }>): void {
    const { toolCallId, toolName, input, providerMetadata } = part;
    if (this.#calls >= MOST_CALLS) return;
    this.#calls += 1;
    let pending = this.#open.get(toolCallId);
    // Some servers give several calls one id, or send them whole.
    if (pending?.type !== 'tool-call' || pending.call !== undefined)
      pending = this.#begin(toolCallId, 'tool-call', undefined);
    pending.call = readCall(this.#ids.next(toolCallId), readName(toolName, this.#tools), input);
    if (part.providerExecuted === true) pending.executed = { text: '' };
    this.#remember(pending, providerMetadata);
  }

  /** Only what the provider ran itself has a result in the stream. */
  #resultOf(id: string, result: unknown, isError: boolean): void {
    const part = this.#open.get(id);
    if (part?.call === undefined) return;
    const text = typeof result === 'string' ? result : JSON.stringify(legalValue(result));
    part.executed = { text: headOf(text, MOST_RESULT).toWellFormed(), ...(isError ? { isError: true } : {}) };
  }

  #remember(part: PendingPart | undefined, providerData: ProviderData | undefined): void {
    if (part !== undefined && providerData !== undefined) part.providerData = { ...part.providerData, ...providerData };
  }

  #count(chars: number): void {
    this.#chars += chars;
    if (this.#chars <= this.#maxChars) return;
    this.finished = true;
    this.cutByLength = true;
  }

  #finish(reason: { readonly unified: string; readonly raw: string | undefined }, usage: LanguageModelV4Usage): void {
    // Some providers report a broken stream as a finish of its own kind, some in words that nobody agreed on.
    if (reason.unified === 'interrupted') throw new StreamCutError('The stream ended before the reply was complete.');
    if (reason.unified === 'error' || (reason.unified === 'other' && BROKEN.test(reason.raw ?? '')))
      throw new StreamCutError(`The model ended its reply with an error (${reason.raw ?? 'no reason given'}).`);
    if (reason.unified === 'content-filter') {
      throw new ModelError(
        'refused',
        "The provider's content filter stopped the reply. Rephrase the message and send it again.",
      );
    }
    this.finished = true;
    this.cutByLength = reason.unified === 'length';
    this.announcedCalls = reason.unified === 'tool-calls';
    this.counts = {
      input: counted(usage.inputTokens.total),
      output: counted(usage.outputTokens.total),
      cached: counted(usage.inputTokens.cacheRead) ?? 0,
    };
  }
}

/** What servers say of a reply that they did not end. */
const BROKEN = /error|abort|cancel|fail|malformed|unexpected_tool/i;

/** No request takes nothing, and no answer is nothing: a server that says 0 does not count. */
function counted(tokens: number | undefined): number | undefined {
  return tokens !== undefined && Number.isFinite(tokens) && tokens > 0 ? tokens : undefined;
}

interface PendingPart {
  readonly type: 'text' | 'reasoning' | 'tool-call';
  text: string;
  providerData: ProviderData | undefined;
  call: ToolCall | undefined;
  executed: { readonly text: string; readonly isError?: true } | undefined;
}

function grow(part: PendingPart, delta: string, onEvent: (event: AgentEvent) => void): void {
  if (part.type === 'tool-call' || delta === '') return;
  part.text += delta;
  onEvent({ type: part.type, delta });
}

/** Reads a stream to its end. Rejects where it reports an error, or ends without having finished. */
export async function readReply(
  stream: ReadableStream<LanguageModelV4StreamPart>,
  reply: Reply,
  onEvent: (event: AgentEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  for await (const part of stream) {
    signal.throwIfAborted();
    reply.add(part, onEvent);
    // Whoever stops reading closes the stream, and with it the connection.
    if (!reply.finished || !reply.cutByLength || part.type === 'finish') continue;
    reply.endText(onEvent);
    break;
  }
  signal.throwIfAborted();
  if (!reply.finished) throw new StreamCutError('The stream ended before the reply was complete.');
}
