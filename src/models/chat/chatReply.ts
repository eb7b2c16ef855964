import type { JSONObject, LanguageModelV4FinishReason } from '@ai-sdk/provider';
import { StreamCutError } from '../../agent/model';
import { VendorFault } from '../answerFaults';
import { field } from '../vendorAnswer';
import { ChatToolCalls, type ReplyContext } from './chatToolCalls';
import { readUsage, usageIn } from './chatUsage';
import { addDetail, detailsIn, familyOf, plainText, reasoningIn, reasoningMetadata } from './reasoning';

/**
 * The chunks of one reply of chat completions as the parts that the agent loop reads. Kind to what it does not know:
 * unknown objects and fields are passed over; only what says that something is wrong ends the reply.
 */
export class ChatReply {
  readonly #context: ReplyContext;
  readonly #calls: ChatToolCalls;
  /** The part that streams now. */
  #open: { readonly type: 'text' | 'reasoning'; readonly id: string; readonly field?: string } | undefined;
  #opened = 0;
  /** Blocks of reasoning that no part carries yet. */
  #details: JSONObject[] = [];
  #said = false;
  #index: number | undefined;
  #usage: object | undefined;
  #finish: string | undefined;
  /** The server has said in some way that this was all. */
  #isEnded = false;

  constructor(context: ReplyContext) {
    this.#context = context;
    this.#calls = new ChatToolCalls(context);
  }

  /** One parsed chunk, or the whole of an answer that was not streamed. Throws the fault that it reports. */
  add(chunk: unknown): void {
    if (Array.isArray(chunk)) {
      for (const item of chunk) this.add(item);
      return;
    }
    if (typeof chunk !== 'object' || chunk === null) return;
    const fault = faultIn(chunk);
    if (fault !== undefined) throw fault;
    const usage = usageIn(chunk);
    if (usage !== undefined) this.#usage = usage;
    const choices = field(chunk, 'choices');
    const choice = Array.isArray(choices) ? this.#ours(choices) : undefined;
    if (typeof choice === 'object' && choice !== null) this.#choice(choice);
    // Counts come with every chunk at some; alone they come last.
    else if (usage !== undefined && this.#said) this.#isEnded = true;
  }

  /** Nothing that belongs to the reply can be missing. */
  get isComplete(): boolean {
    return this.#finish !== undefined || this.#isEnded;
  }

  /** `[DONE]` */
  done(): void {
    this.#isEnded = true;
  }

  /** What closes the reply. Throws a StreamCutError where the server has not said that it was complete. */
  end(): void {
    if (!this.isComplete) throw new StreamCutError();
    this.#close();
    if (this.#details.length > 0) {
      this.#begin('reasoning');
      this.#close();
    }
    this.#calls.complete();
    this.#context.emit({ type: 'finish', finishReason: this.#reason(), usage: readUsage(this.#usage) });
  }

  /** One reply is asked for; where more come it is the first, whatever its number. */
  #ours(choices: readonly unknown[]): unknown {
    const numberOf = (choice: unknown) => Number(field(choice, 'index') ?? 0);
    if (choices.length > 0) this.#index ??= Math.min(...choices.map(numberOf));
    return choices.find((choice) => numberOf(choice) === this.#index);
  }

  #choice(choice: object): void {
    const fault = faultIn(choice);
    if (fault !== undefined) throw fault;
    const delta = field(choice, 'delta');
    // Some repeat the whole message in the last chunk; where nothing has streamed, it is the reply.
    const message = isObject(delta) ? delta : this.#said ? undefined : field(choice, 'message');
    if (isObject(message)) this.#delta(message);
    const finish = field(choice, 'finish_reason');
    if (typeof finish !== 'string' || finish === '') return;
    if (BROKEN.test(finish)) throw new StreamCutError(`The server ended the reply with “${finish}”.`);
    this.#finish = finish;
  }

  #delta(delta: object): void {
    const reasoning = reasoningIn(delta);
    if (reasoning !== undefined) this.#text('reasoning', reasoning.text, reasoning.field);
    const details = detailsIn(delta);
    for (const detail of details) {
      this.#details = addDetail(this.#details, detail);
      if (reasoning === undefined)
        this.#text('reasoning', plainText(field(detail, 'text') ?? field(detail, 'summary')));
    }
    this.#content(field(delta, 'content'));
    this.#content(field(delta, 'refusal'));
    const calls = field(delta, 'tool_calls') ?? [field(delta, 'function_call')];
    for (const piece of Array.isArray(calls) ? calls : [calls]) this.#call(piece);
  }

  #content(content: unknown): void {
    if (typeof content === 'string') return this.#text('text', content);
    for (const part of Array.isArray(content) ? content : isObject(content) ? [content] : []) {
      const isThought =
        typeof part !== 'string' && (field(part, 'type') === 'thinking' || field(part, 'type') === 'reasoning');
      if (isThought) this.#text('reasoning', plainText(part), 'content');
      else this.#text('text', plainText(part));
    }
  }

  #call(piece: unknown): void {
    if (!isObject(piece)) return;
    this.#said = true;
    this.#close();
    this.#calls.add(piece);
  }

  #text(type: 'text' | 'reasoning', delta: string, name?: string): void {
    if (delta === '') return;
    this.#said = true;
    if (this.#open?.type !== type) {
      this.#close();
      this.#begin(type, name);
    }
    if (this.#open !== undefined) this.#context.emit({ type: `${type}-delta`, id: this.#open.id, delta });
  }

  #begin(type: 'text' | 'reasoning', name?: string): void {
    const id = `${type}-${this.#opened++}`;
    this.#open = { type, id, ...(name === undefined ? {} : { field: name }) };
    this.#context.emit({ type: `${type}-start`, id });
  }

  #close(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open?.type === 'text') this.#context.emit({ type: 'text-end', id: open.id });
    if (open?.type !== 'reasoning') return;
    const { providerId, modelId } = this.#context;
    const kept = { ...open, details: this.#details, family: familyOf(modelId) };
    this.#details = [];
    this.#context.emit({ type: 'reasoning-end', id: open.id, providerMetadata: reasoningMetadata(providerId, kept) });
  }

  #reason(): LanguageModelV4FinishReason {
    const raw = this.#finish;
    const unified = REASONS.find(([words]) => words.test(raw ?? ''))?.[1] ?? 'stop';
    return { unified: unified === 'stop' && !this.#calls.isEmpty ? 'tool-calls' : unified, raw };
  }
}

/** Reasons that are no end of a reply. */
const BROKEN = /error|abort|cancel|insufficient_system_resource/i;

const REASONS: readonly (readonly [RegExp, LanguageModelV4FinishReason['unified']])[] = [
  [/length|max_|context_window/i, 'length'],
  [/filter|sensitive|safety|prohibited|recitation|moderation/i, 'content-filter'],
  [/tool|function/i, 'tool-calls'],
];

/** What went wrong, as vendors tell it within an answer of status 200. */
function faultIn(chunk: object): VendorFault | undefined {
  const error = field(chunk, 'error');
  if ((isObject(error) && saysSomething(error)) || (typeof error === 'string' && error !== ''))
    return new VendorFault(chunk);
  const minimax = field(field(chunk, 'base_resp'), 'status_code');
  if (typeof minimax === 'number' && minimax !== 0) return new VendorFault(chunk);
  if (Array.isArray(field(chunk, 'choices'))) return undefined;
  const type = field(chunk, 'type');
  const isError = field(chunk, 'object') === 'error' || (typeof type === 'string' && /error/i.test(type));
  const says = typeof field(chunk, 'message') === 'string' && field(chunk, 'code') != null;
  return isError || says ? new VendorFault(chunk) : undefined;
}

/** Some send the fields of an error with each chunk, and nothing in them. */
function saysSomething(error: object): boolean {
  return Object.values(error).some((value) => value != null && value !== '' && value !== 0 && value !== false);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
