import type { IncomingMessage } from 'node:http';
import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { createParser, type EventSourceMessage, type ParseError } from 'eventsource-parser';
import { StreamCutError } from '../../agent/model';
import { NotAReplyError, VendorFault } from '../answerFaults';
import { field, parseJson } from '../vendorAnswer';
import type { ChatReply } from './chatReply';

/** Beyond this, what has no end is no reply. In characters. */
const MAX_EVENT = 64_000_000;
/** After the server has said that it was done, it has so long to close its answer before we do. */
const CLOSING_MS = 2_000;
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
): ReadableStream<LanguageModelV4StreamPart> {
  const over = new AbortController();
  return new ReadableStream(
    {
      start(controller) {
        const reader = new BodyReader(replyTo((part) => controller.enqueue(part)));
        const end = (tell: () => void) => {
          over.abort();
          tell();
        };
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
          release(message);
        };
        const take = (text: string) => {
          reader.feed(text);
          if (reader.isDone) finish();
          else if ((controller.desiredSize ?? 1) <= 0) message.pause();
        };
        message.setEncoding('utf8');
        message.on('data', (text: string) => attempt(() => take(text)));
        message.once('end', () => attempt(finish));
        // What was complete before the connection broke is complete.
        message.on('error', (error) => (reader.isComplete ? attempt(finish) : fail(error)));
        const abort = () => fail(signal?.reason);
        if (signal?.aborted === true) abort();
        else signal?.addEventListener('abort', abort, { once: true, signal: over.signal });
      },
      pull() {
        message.resume();
      },
      cancel() {
        over.abort();
        message.destroy();
      },
    },
    { highWaterMark: PARTS_AHEAD },
  );
}

/** Lets the connection be used again once the server has closed its answer. */
function release(message: IncomingMessage): void {
  message.resume();
  if (message.complete) return;
  // No time limit of the socket's: that would outlive this answer, since the socket is used again.
  const timer = setTimeout(() => message.destroy(), CLOSING_MS).unref();
  message.once('close', () => clearTimeout(timer));
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

  #take({ event, data }: EventSourceMessage): void {
    if (this.#isDone) return;
    if (data.trim() === '[DONE]') {
      this.#isDone = true;
      return this.#reply.done();
    }
    const chunk = parseJson(data);
    if (event === 'error') throw new VendorFault(chunk ?? data);
    // Words between the chunks are signs of life; a chunk that cannot be read is a piece of the reply that is lost.
    if (chunk === undefined && /^\s*[[{]/.test(data))
      throw new StreamCutError('The server sent a chunk that cannot be read.');
    this.#reply.add(chunk);
  }

  /** A server that does not stream gives the reply in one piece. */
  #takeWhole(): void {
    const answer = parseJson(this.#text);
    if (!Array.isArray(field(answer, 'choices'))) throw new NotAReplyError(answer ?? this.#text);
    this.#reply.add(answer);
    this.#reply.done();
  }
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
