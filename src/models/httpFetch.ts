import type { IncomingMessage } from 'node:http';
import { decodedBody, release, send, wholeText, type HttpRequest, type TextBounds } from './http';

/** How a body is passed on where it is not as it comes. */
export interface Rewrite {
  /** What takes the place of a piece. */
  readonly piece: (piece: Buffer) => Buffer;
  /** What is still to come once the body has ended. */
  readonly rest: () => Buffer;
  /** Nothing comes any more that anybody wants: the body need not have ended. */
  readonly isOver: () => boolean;
}

/** What is to become of an answer: its text is read first, within bounds; it is rewritten; or it is passed on. */
export type Handling = (message: IncomingMessage) => TextBounds | Rewrite | undefined;

/**
 * `fetch` over {@link send}, for packages that want one: without Node's own limit of 300 seconds of silence, and without
 * redirects. An abort closes the socket. Bodies are strings.
 */
export async function httpFetch(
  input: Parameters<typeof fetch>[0],
  init: RequestInit = {},
  handle: Handling = () => undefined,
): Promise<Response> {
  const signal = init.signal ?? undefined;
  const message = await send(readArguments(input, init), signal);
  const handling = handle(message);
  if (handling !== undefined && 'most' in handling)
    return new Response(await wholeText(message, signal, handling), headOf(message));
  return toResponse(message, signal, handling);
}

function readArguments(input: Parameters<typeof fetch>[0], init: RequestInit): HttpRequest {
  if (input instanceof Request) throw new TypeError('This fetch takes a URL, not a Request.');
  const { body, method = 'GET' } = init;
  if (body !== undefined && body !== null && typeof body !== 'string')
    throw new TypeError('This fetch takes a text body only.');
  const headers = Object.fromEntries(new Headers(init.headers));
  return { method, url: new URL(input), headers, ...(typeof body === 'string' ? { body } : {}) };
}

const WITHOUT_BODY = new Set([204, 205, 304]);

function headOf(message: IncomingMessage): { readonly status: number; readonly headers: [string, string][] } {
  const headers = Object.entries(message.headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  return { status: message.statusCode ?? 500, headers };
}

function toResponse(message: IncomingMessage, signal: AbortSignal | undefined, rewrite: Rewrite | undefined): Response {
  const head = headOf(message);
  if (WITHOUT_BODY.has(head.status)) {
    message.resume();
    return new Response(null, head);
  }
  return new Response(bodyOf(message, signal, rewrite), head);
}

/**
 * All that has come since the last look is one chunk: a reply streams in many small pieces, often several at a time, and
 * each chunk goes through a whole chain of streams. Nothing is taken from the socket while nobody reads.
 */
function bodyOf(
  message: IncomingMessage,
  signal: AbortSignal | undefined,
  rewrite: Rewrite | undefined,
): ReadableStream<Uint8Array> {
  const body = decodedBody(message);
  const over = new AbortController();
  /** Once, whatever comes first: the end, an error, an abort, or a reader that has had enough. */
  const end = (tell: () => void) => {
    if (over.signal.aborted) return;
    over.abort();
    tell();
  };
  const passOn = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const chunk = over.signal.aborted ? null : (body.read() as Buffer | null);
    if (chunk === null) return;
    const passed = rewrite === undefined ? chunk : rewrite.piece(chunk);
    // Of what is left out nothing is passed on, and the next piece is asked for by its coming.
    if (passed.length > 0) controller.enqueue(passed);
    if (rewrite?.isOver() !== true) return;
    end(() => controller.close());
    release(message, body);
  };
  return new ReadableStream({
    start(controller) {
      body.on('readable', () => {
        if ((controller.desiredSize ?? 0) > 0) passOn(controller);
      });
      body.once('end', () =>
        end(() => {
          const rest = rewrite?.rest();
          if (rest !== undefined && rest.length > 0) controller.enqueue(rest);
          controller.close();
        }),
      );
      body.on('error', (error) => end(() => controller.error(error)));
      const abort = () => {
        end(() => controller.error(signal?.reason));
        message.destroy();
      };
      if (signal?.aborted === true) abort();
      else signal?.addEventListener('abort', abort, { once: true, signal: over.signal });
    },
    pull: passOn,
    cancel() {
      end(() => message.destroy());
    },
  });
}
