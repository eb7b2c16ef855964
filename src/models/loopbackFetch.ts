import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';

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
  const headers = new Headers();
  for (const [name, values] of Object.entries(message.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  if (WITHOUT_BODY.has(status)) {
    message.resume();
    return new Response(null, { status, headers });
  }
  return new Response(Readable.toWeb(message) as ReadableStream<Uint8Array>, { status, headers });
}
