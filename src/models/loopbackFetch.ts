import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

/**
 * `fetch` for servers on this machine, which may think for many minutes before the first token: Node's own gives up
 * after 300 seconds of silence. An abort closes the socket. Bodies are strings; redirects are not followed.
 */
export const loopbackFetch: typeof fetch = async (input, init = {}) => {
  const { signal, ...request } = readArguments(input, init);
  signal?.throwIfAborted();
  return toResponse(await answerTo(request, signal), signal);
};

/**
 * Sends the request. The `signal` of Node's own requests will not do: it makes an error of the socket, which may be on its
 * way back to the agent just then, where nobody listens, and says nothing to a body of which the end has come unread.
 */
function answerTo(
  { method, url, headers, body }: Omit<ReturnType<typeof readArguments>, 'signal'>,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, { method, headers }, resolve);
  const abort = () => request.destroy(signal?.reason as Error);
  signal?.addEventListener('abort', abort, { once: true });
  request.on('error', reject);
  request.end(body);
  return promise.finally(() => signal?.removeEventListener('abort', abort));
}

function readArguments(input: Parameters<typeof fetch>[0], init: RequestInit) {
  if (input instanceof Request) throw new TypeError('The fetch for loopback servers takes a URL, not a Request.');
  const { body } = init;
  if (body !== undefined && body !== null && typeof body !== 'string')
    throw new TypeError('The fetch for loopback servers takes a text body only.');
  return {
    method: init.method ?? 'GET',
    url: new URL(input),
    headers: Object.fromEntries(new Headers(init.headers)),
    body: body ?? undefined,
    signal: init.signal ?? undefined,
  };
}

const WITHOUT_BODY = new Set([204, 205, 304]);

function toResponse(message: IncomingMessage, signal: AbortSignal | undefined): Response {
  const status = message.statusCode ?? 500;
  const headers = Object.entries(message.headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  if (WITHOUT_BODY.has(status)) {
    message.resume();
    return new Response(null, { status, headers });
  }
  return new Response(bodyOf(message, signal), { status, headers });
}

/**
 * All that has come since the last look is one chunk: a reply streams in many small pieces, often several at a time, and
 * each chunk goes through a whole chain of streams. Nothing is taken from the socket while nobody reads.
 */
function bodyOf(message: IncomingMessage, signal: AbortSignal | undefined): ReadableStream<Uint8Array> {
  const over = new AbortController();
  const passOn = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const chunk = message.read() as Buffer | null;
    if (chunk !== null) controller.enqueue(chunk);
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
