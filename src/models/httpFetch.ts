import type { IncomingMessage } from 'node:http';
import { send, type HttpRequest } from './http';

/** Turns each piece of a body into what takes its place; made anew for each body. */
export type Rewrite = (message: IncomingMessage) => ((piece: Buffer) => Buffer) | undefined;

/**
 * `fetch` over {@link send}, for packages that want one: without Node's own limit of 300 seconds of silence, and without
 * redirects. An abort closes the socket. Bodies are strings.
 */
export async function httpFetch(
  input: Parameters<typeof fetch>[0],
  init: RequestInit = {},
  rewrite: Rewrite = () => undefined,
): Promise<Response> {
  const signal = init.signal ?? undefined;
  const message = await send(readArguments(input, init), signal);
  return toResponse(message, signal, rewrite(message));
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

function toResponse(message: IncomingMessage, signal: AbortSignal | undefined, rewrite: ReturnType<Rewrite>): Response {
  const status = message.statusCode ?? 500;
  const headers = Object.entries(message.headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  if (WITHOUT_BODY.has(status)) {
    message.resume();
    return new Response(null, { status, headers });
  }
  return new Response(bodyOf(message, signal, rewrite), { status, headers });
}

/**
 * All that has come since the last look is one chunk: a reply streams in many small pieces, often several at a time, and
 * each chunk goes through a whole chain of streams. Nothing is taken from the socket while nobody reads.
 */
function bodyOf(
  message: IncomingMessage,
  signal: AbortSignal | undefined,
  rewrite: ReturnType<Rewrite>,
): ReadableStream<Uint8Array> {
  const over = new AbortController();
  const passOn = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const chunk = message.read() as Buffer | null;
    if (chunk === null) return;
    const passed = rewrite === undefined ? chunk : rewrite(chunk);
    // Of what is left out nothing is passed on, and the next piece is asked for by its coming.
    if (passed.length > 0) controller.enqueue(passed);
  };
  /** Once, whatever comes first: the end, an error, an abort, or a reader that has had enough. */
  const end = (tell: () => void) => {
    if (over.signal.aborted) return;
    over.abort();
    tell();
  };
  return new ReadableStream({
    start(controller) {
      message.on('readable', () => {
        if ((controller.desiredSize ?? 0) > 0) passOn(controller);
      });
      message.once('end', () => end(() => controller.close()));
      message.on('error', (error) => end(() => controller.error(error)));
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
