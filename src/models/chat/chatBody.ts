import type { IncomingMessage } from 'node:http';
import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { createParser, type EventSourceMessage, type ParseError } from 'eventsource-parser';
import { StreamCutError } from '../../agent/model';
import { NotAReplyError, VendorFault } from '../answerFaults';
import { decodedBody, release } from '../http';
import { field, parseJson } from '../vendorAnswer';
import type { ChatReply } from './chatReply';

/** Beyond this, what has no end is no reply. In characters. */
const MAX_EVENT = 64_000_000;
/** What may still come of a reply that is complete, its counts say, comes at once: after so long nobody waits for the end. */
const SILENCE_MS = 5_000;
/** So many parts may wait for their reader before nothing more is taken from the socket. */
const PARTS_AHEAD = 64;

/**
 * The body of an answer as the parts of a reply. Errors with the fault that the server reports, a StreamCutError where it
 * ends too early, or a {@link NotAReplyError} where it holds something else. An abort and a cancelled stream close the socket.
 */
export function readChatBody(
  message: IncomingMessage,
  replyTo: (emit: (part: LanguageModelV4StreamPart) => void) => ChatReply,
  signal: AbortSignal | undefined,
  silenceMs = SILENCE_MS,
): ReadableStream<LanguageModelV4StreamPart> {
  const body = decodedBody(message);
  const over = new AbortController();
  return new ReadableStream(
    {
      start(controller) {
        const reader = new BodyReader(replyTo((part) => controller.enqueue(part)));
        const end = (tell: () => void) => {
          over.abort();
          clearTimeout(silence);
          tell();
        };
        let silence: NodeJS.Timeout | undefined;
        // While nobody reads, it is we who are silent.
        const tire = () => (body.isPaused() ? void silence?.refresh() : attempt(finish));
        const fail = (error: unknown) => {
          if (over.signal.aborted) return;
          end(() => controller.error(error));
          message.destroy();
        };
        /** Does `step` unless all is over; what it throws is the end. */
        const attempt = (step: () => void) => {
          if (over.signal.aborted) return;
          try {
            step();
          } catch (error) {
            fail(error);
          }
        };
        const finish = () => {
          reader.end();
          end(() => controller.close());
          release(message, body);
        };
        const take = (text: string) => {
          reader.feed(text);
          if (reader.isDone) return finish();
          if (reader.isComplete) silence = silence?.refresh() ?? setTimeout(tire, silenceMs);
          if ((controller.desiredSize ?? 1) <= 0) body.pause();
        };
        body.setEncoding('utf8');
        body.on('data', (text: string) => attempt(() => take(text)));
        body.once('end', () => attempt(finish));
        // What was complete before the connection broke is complete.
        body.on('error', (error) => (reader.isComplete ? attempt(finish) : fail(error)));
        onAbort(() => fail(signal?.reason), signal, over.signal);
      },
      pull() {
        if (!over.signal.aborted) body.resume();
      },
      cancel() {
        over.abort();
        message.destroy();
      },
    },
    { highWaterMark: PARTS_AHEAD },
  );
}

/** Until all is over. */
function onAbort(abort: () => void, signal: AbortSignal | undefined, over: AbortSignal): void {
  if (signal?.aborted === true) abort();
  else signal?.addEventListener('abort', abort, { once: true, signal: over });
}

/** Tells an event stream from an answer in one piece by how it begins: content types are not to be relied on. */
class BodyReader {
  readonly #reply: ChatReply;
  readonly #parser = createParser({ maxBufferSize: MAX_EVENT, onEvent: (event) => this.#take(event), onError: refuse });
  #form: 'unknown' | 'events' | 'whole' = 'unknown';
  /** All of an answer in one piece; of an event stream, its beginning. */
  #text = '';
  #isDone = false;

  constructor(reply: ChatReply) {
    this.#reply = reply;
  }

  /** The server has said that nothing more comes. */
  get isDone(): boolean {
    return this.#isDone;
  }

  get isComplete(): boolean {
    return this.#isDone || this.#reply.isComplete;
  }

  feed(text: string): void {
    if (this.#form === 'events') return this.#parser.feed(text);
    this.#text += text;
    if (this.#text.length > MAX_EVENT) throw new NotAReplyError(this.#text);
    if (this.#form === 'whole') return;
    this.#form = formOf(this.#text);
    if (this.#form === 'events') this.#parser.feed(this.#text.trimStart());
  }

  end(): void {
    if (this.#form === 'events') {
      // The last event may lack the line that ends it.
      if (!this.#isDone) this.#parser.feed('\n\n');
    } else if (this.#text.trim() !== '') this.#takeWhole();
    this.#reply.end();
  }

  #take({ event, data: given }: EventSourceMessage): void {
    if (this.#isDone) return;
    // Some proxies wrap an event that was one already.
    const data = given.replace(/^(?:data:\s*)+/gm, '');
    if (data.trim() === '[DONE]') {
      this.#isDone = true;
      return this.#reply.done();
    }
    const chunk = parseJson(data) ?? severalIn(data);
    if (event === 'error') throw new VendorFault(chunk ?? data);
    // Words between the chunks are signs of life; a chunk that cannot be read is a piece of the reply that is lost.
    if (chunk === undefined && /^\s*[[{]/.test(data))
      throw new StreamCutError('The server sent a chunk that cannot be read.');
    this.#reply.add(chunk);
  }

  /** A server that does not stream gives the reply in one piece; some give its chunks as a list, or one a line. */
  #takeWhole(): void {
    const text = this.#text.trim();
    const whole = parseJson(text);
    const chunks = Array.isArray(whole) ? whole : whole === undefined ? linesOf(text) : [whole];
    if (!chunks.some((chunk) => Array.isArray(field(chunk, 'choices')))) throw new NotAReplyError(whole ?? this.#text);
    for (const chunk of chunks) this.#reply.add(chunk);
    // Of lines the last ones may be missing.
    if (whole !== undefined) this.#reply.done();
  }
}

/** The chunks of an event that lacks the blank lines between them; undefined where it is something else. */
function severalIn(data: string): readonly unknown[] | undefined {
  if (!data.includes('\n')) return undefined;
  const chunks = linesOf(data.replace(/\n\[DONE\]\s*$/, ''));
  return chunks.length === 0 ? undefined : chunks;
}

/** JSON, one a line; nothing where one of the lines is none. */
function linesOf(text: string): readonly unknown[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const values = lines.map(parseJson);
  return values.includes(undefined) ? [] : values;
}

const FIELDS = ['data', 'event', 'id', 'retry', ':'];

function formOf(text: string): 'unknown' | 'events' | 'whole' {
  const start = text.trimStart();
  if (FIELDS.some((name) => start.startsWith(name))) return 'events';
  return FIELDS.some((name) => name.startsWith(start)) ? 'unknown' : 'whole';
}

function refuse(error: ParseError): void {
  if (error.type === 'max-buffer-size-exceeded') throw new StreamCutError('The server sent an event without an end.');
}
