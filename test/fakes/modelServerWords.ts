export type Protocol = 'chat' | 'responses' | 'anthropic' | 'google';

export interface RequestCall {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
}

/** One message of a prompt in the same shape for every protocol. */
export interface RequestMessage {
  readonly role: 'user' | 'assistant' | 'tool';
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: readonly RequestCall[];
  readonly toolResults: readonly { readonly id: string; readonly text: string }[];
}

/** What a protocol makes of a request's body. */
export interface ParsedRequest {
  readonly model: string;
  /** All system texts, joined by a blank line. */
  readonly system: string;
  readonly messages: readonly RequestMessage[];
  readonly tools: readonly { readonly name: string; readonly description: string; readonly schema: unknown }[];
}

export interface ModelRequest extends ParsedRequest {
  readonly protocol: Protocol;
  /** The parsed JSON as it came. */
  readonly raw: unknown;
  /** Size of the body. */
  readonly bytes: number;
  /** Order of arrival, from 0. */
  readonly index: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** How it ended; `client-closed`: the client closed its socket before the answer was whole. */
  readonly ended: Promise<'answered' | 'cut' | 'client-closed'>;
}

/** `input` is turned into JSON; a string is sent as it is, so that a script can send broken arguments. */
export interface ScriptedCall {
  readonly name: string;
  readonly input: unknown;
  /** Defaults to `call_<request index>_<call index>`. */
  readonly id?: string;
}

export interface ScriptedUsage {
  readonly input: number;
  readonly output: number;
  /** Part of `input`. */
  readonly cached?: number;
  /** Part of `output`. */
  readonly reasoning?: number;
}

export type ScriptedFinish = 'stop' | 'tool-calls' | 'length' | 'content-filter';

/** One thing that a streamed answer does. An async generator of steps can await a gate between any two. */
export type Step =
  | { readonly text: string; readonly chunkChars?: number }
  | { readonly reasoning: string; readonly signature?: string }
  /** Parallel calls, their argument deltas interleaved where the protocol can. `deltas`: write only so many, and leave the calls open. */
  | { readonly calls: readonly ScriptedCall[]; readonly deltas?: number }
  | { readonly usage: ScriptedUsage }
  | { readonly finish: ScriptedFinish }
  /** An error event within the stream, as an overloaded vendor sends it. */
  | { readonly streamError: string }
  /** Destroys the socket. */
  | { readonly cut: true };

/** An answer with an HTTP error status and the vendor's own body for it. */
export interface HttpFailure {
  readonly status: number;
  /** Picks among bodies of one status. */
  readonly why?: 'context' | 'quota';
  /** Sent as the `Retry-After` header. */
  readonly retryAfter?: number | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of the vendor's body. */
  readonly body?: unknown;
}

/** `hangUp` closes the socket before any header. */
export type Reply =
  string | Step | readonly Step[] | AsyncIterable<Step> | Iterable<Step> | HttpFailure | { readonly hangUp: true };

export type Script = (request: ModelRequest) => Reply | Promise<Reply>;

export interface Failure {
  readonly status: number;
  readonly body: unknown;
}

/** Turns what happens in one answer into the frames of a protocol's event stream. */
export interface ReplyWriter {
  /** Whether calls of one answer may mix their deltas. */
  readonly interleaves: boolean;
  open(): string[];
  text(delta: string): string[];
  reasoning(text: string, signature: string | undefined): string[];
  callStart(index: number, call: Required<ScriptedCall>): string[];
  callDelta(index: number, delta: string): string[];
  callEnd(index: number): string[];
  error(message: string): string[];
  close(finish: ScriptedFinish, usage: ScriptedUsage): string[];
}

/** One vendor protocol: how its requests are read and its answers written. */
export interface ProtocolSpeaker {
  readonly protocol: Protocol;
  matches(path: string): boolean;
  parse(body: unknown, path: string): ParsedRequest;
  writer(request: ModelRequest): ReplyWriter;
  failure(failure: HttpFailure, model: string): Failure;
}

/** A JSON object of unknown shape: the fakes read vendors' bodies loosely. */
export type Json = Readonly<Record<string, unknown>>;

export function asObject(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function asArray(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(asObject) : [];
}

export function asString(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The text of a content field that is a string or a list of parts with `text`. */
export function textIn(content: unknown): string {
  if (typeof content === 'string') return content;
  return asArray(content)
    .map((part) => asString(part['text']))
    .join('');
}

/** Parses JSON; gives the text itself where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** One server-sent event. */
export function sse(data: unknown, event?: string): string {
  const line = `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
  return event === undefined ? line : `event: ${event}\n${line}`;
}
