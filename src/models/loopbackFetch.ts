import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

/**
 * `fetch` for servers on this machine, which may think for many minutes before the first token: Node's own gives up
 * after 300 seconds of silence. An abort closes the socket. Bodies are strings; redirects are not followed.
 */
export const loopbackFetch: typeof fetch = async (input, init = {}) => {
  const { method, url, headers, body, signal } = readArguments(input, init);
  signal?.throwIfAborted();
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(url, { method, headers, ...(signal === undefined ? {} : { signal }) }, resolve);
    request.once('error', reject);
    request.end(body);
  });
  return toResponse(response);
};

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

function toResponse(message: IncomingMessage): Response {
  const status = message.statusCode ?? 500;
  const headers = Object.entries(message.headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  if (WITHOUT_BODY.has(status)) {
    message.resume();
    return new Response(null, { status, headers });
  }
  return new Response(bodyOf(message), { status, headers });
}

/**
 * All that has come since the last look is one chunk: a reply streams in many small pieces, often several at a time, and
 * each chunk goes through a whole chain of streams. Nothing is taken from the socket while nobody reads.
 */
function bodyOf(message: IncomingMessage): ReadableStream<Uint8Array> {
  const passOn = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const chunk = message.read() as Buffer | null;
    if (chunk !== null) controller.enqueue(chunk);
  };
  let isCancelled = false;
  return new ReadableStream({
    start(controller) {
      message.on('readable', () => {
        if ((controller.desiredSize ?? 0) > 0) passOn(controller);
      });
      message.once('end', () => {
        // The end may be on its way already when the reader has had enough.
        if (!isCancelled) controller.close();
      });
      message.once('error', (error) => controller.error(error));
    },
    pull: passOn,
    cancel() {
      isCancelled = true;
      message.destroy();
    },
  });
}
