import type { LanguageModelV4StreamPart, LanguageModelV4Usage } from '@ai-sdk/provider';
import type { AgentEvent } from './events';
import type { AssistantPart, ProviderData, Tokens, ToolCall } from './messages';
import { NO_TOKENS } from './messages';
import { ModelError, StreamCutError } from './model';

/** What one model request streamed. Grows while it streams, so that an abort finds the partial text in it. */
export class Reply {
  readonly #parts: PendingPart[] = [];
  readonly #open = new Map<string, PendingPart>();
  tokens: Tokens = NO_TOKENS;
  finished = false;
  /** The model stopped because it ran out of output tokens. */
  cutByLength = false;

  get text(): string {
    return this.#parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  }

  /** The finished parts in the order in which the model began them. */
  parts(): AssistantPart[] {
    return this.#parts.flatMap((part): AssistantPart[] => {
      const providerData = part.providerData === undefined ? {} : { providerData: part.providerData };
      if (part.type === 'tool-call') return part.call ? [{ type: 'tool-call', call: part.call, ...providerData }] : [];
      // A reasoning part with no text still carries what the provider wants back.
      if (part.text === '' && part.providerData === undefined) return [];
      return [{ type: part.type, text: part.text, ...providerData }];
    });
  }

  /** Only what can stand in a transcript when the reply was cut off: its text. */
  partialParts(): AssistantPart[] {
    return this.text === '' ? [] : [{ type: 'text', text: this.text }];
  }

  /** Takes in one part of the stream; throws what the stream reports as an error. */
  add(part: LanguageModelV4StreamPart, onEvent: (event: AgentEvent) => void): void {
    switch (part.type) {
      case 'text-start':
      case 'reasoning-start':
        return this.#begin(part.id, part.type === 'text-start' ? 'text' : 'reasoning', part.providerMetadata);
      case 'text-delta':
      case 'reasoning-delta': {
        const type = part.type === 'text-delta' ? 'text' : 'reasoning';
        this.#append(part.id, type, part.delta, part.providerMetadata);
        return onEvent({ type, delta: part.delta });
      }
      case 'text-end':
      case 'reasoning-end':
        return this.#remember(this.#open.get(part.id), part.providerMetadata);
      case 'tool-input-start':
        this.#begin(part.id, 'tool-call', part.providerMetadata);
        return onEvent({ type: 'tool-input', name: part.toolName });
      case 'tool-input-delta':
        return onEvent({ type: 'tool-input', name: '' });
      case 'tool-call':
        return this.#complete(part.toolCallId, readToolCall(part), part.providerMetadata);
      case 'error':
        throw part.error;
      case 'finish':
        return this.#finish(part.finishReason, part.usage);
      default:
        // Warnings, metadata, sources and files change nothing in a coding agent's transcript.
        return;
    }
  }

  #begin(id: string, type: PendingPart['type'], providerData: ProviderData | undefined): void {
    const part: PendingPart = { type, text: '', providerData, call: undefined };
    this.#parts.push(part);
    this.#open.set(id, part);
  }

  #append(id: string, type: 'text' | 'reasoning', delta: string, providerData: ProviderData | undefined): void {
    // Some servers never announce a part.
    if (!this.#open.has(id)) this.#begin(id, type, undefined);
    const part = this.#open.get(id);
    if (part !== undefined) part.text += delta;
    this.#remember(part, providerData);
  }

  #complete(id: string, call: ToolCall, providerData: ProviderData | undefined): void {
    if (!this.#open.has(id)) this.#begin(id, 'tool-call', undefined);
    const part = this.#open.get(id);
    if (part !== undefined) part.call = call;
    this.#remember(part, providerData);
  }

  #remember(part: PendingPart | undefined, providerData: ProviderData | undefined): void {
    if (part !== undefined && providerData !== undefined) part.providerData = { ...part.providerData, ...providerData };
  }

  #finish(reason: { readonly unified: string; readonly raw: string | undefined }, usage: LanguageModelV4Usage): void {
    // Some providers report a broken stream as a finish of its own kind.
    if (reason.unified === 'interrupted') throw new StreamCutError('The stream ended before the reply was complete.');
    if (reason.unified === 'error')
      throw new StreamCutError(`The model ended its reply with an error (${reason.raw ?? 'no reason given'}).`);
    if (reason.unified === 'content-filter') {
      throw new ModelError(
        'refused',
        "The provider's content filter stopped the reply. Rephrase the message and send it again.",
      );
    }
    this.finished = true;
    this.cutByLength = reason.unified === 'length';
    this.tokens = {
      input: usage.inputTokens.total ?? 0,
      output: usage.outputTokens.total ?? 0,
      cached: usage.inputTokens.cacheRead ?? 0,
    };
  }
}

interface PendingPart {
  readonly type: 'text' | 'reasoning' | 'tool-call';
  text: string;
  providerData: ProviderData | undefined;
  call: ToolCall | undefined;
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
  }
  signal.throwIfAborted();
  if (!reply.finished) throw new StreamCutError('The stream ended before the reply was complete.');
}

function readToolCall(part: {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly input: string;
}): ToolCall {
  const call = { id: part.toolCallId, name: part.toolName };
  // Some models send no arguments at all to a tool that needs none.
  if (part.input.trim() === '') return { ...call, input: {} };
  try {
    const input: unknown = JSON.parse(part.input);
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return { ...call, input };
    return {
      ...call,
      input: part.input,
      malformed: `expected an object, got ${Array.isArray(input) ? 'an array' : JSON.stringify(input)}`,
    };
  } catch (error) {
    return { ...call, input: part.input, malformed: error instanceof Error ? error.message : String(error) };
  }
}
