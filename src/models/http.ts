import type { IncomingMessage, request as requestOf } from 'node:http';
import { ModelError } from '../agent/model';

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * Sends a request over Node's own HTTP, which knows no time limit for a silent answer: a model may think for many
 * minutes. Resolves with the answer once its headers are here; the body is the caller's, as is ending it. Rejects with the
 * signal's reason where that is aborted before. A redirect is an error: key and prompt go where they were meant to, and
 * nowhere else (SPEC 10.6).
 *
 * The `signal` of Node's own requests will not do: it makes an error of the socket, which may be on its way back to the
 * agent just then, where nobody listens, and says nothing to a body of which the end has come unread.
 */
export async function send(request: HttpRequest, signal?: AbortSignal): Promise<IncomingMessage> {
  const answer = await attempt(request, signal, true);
  const { statusCode = 0, headers } = answer;
  if (!REDIRECTS.has(statusCode)) return answer;
  answer.destroy();
  throw redirectRefused(request.url, headers.location);
}

/** The body of an answer that is not streamed. Rejects with the signal's reason where that is aborted. */
export async function wholeText(message: IncomingMessage, signal?: AbortSignal): Promise<string> {
  const abort = () => message.destroy(signal?.reason as Error);
  signal?.addEventListener('abort', abort, { once: true });
  let text = '';
  try {
    for await (const piece of message.setEncoding('utf8')) text += piece as string;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
  return text;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** `again`: whether a connection that had been kept, and turns out to be closed, is replaced by a new one. */
async function attempt(
  request: HttpRequest,
  signal: AbortSignal | undefined,
  again: boolean,
): Promise<IncomingMessage> {
  signal?.throwIfAborted();
  const { method, url, headers, body } = request;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const sent = moduleFor(url).request(url, { method, headers }, resolve);
  const abort = () => sent.destroy(signal?.reason as Error);
  signal?.addEventListener('abort', abort, { once: true });
  sent.on('error', reject);
  sent.end(body);
  try {
    return await promise;
  } catch (error) {
    // The server had closed it while nobody used it: nothing of this request has been read.
    if (again && sent.reusedSocket && isReset(error) && signal?.aborted !== true)
      return await attempt(request, signal, false);
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

function isReset(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

/**
 * The module object itself, on use: VS Code puts its proxy support into that, which a name that was imported would never
 * see; and importing it costs every start of VS Code the whole of undici.
 */
function moduleFor({ protocol }: URL): { readonly request: typeof requestOf } {
  return protocol === 'https:' ? process.getBuiltinModule('node:https') : process.getBuiltinModule('node:http');
}

function redirectRefused(from: URL, location: string | undefined): ModelError {
  const to = location !== undefined && URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  // From http to https, say: then the host alone would not tell the difference.
  const name = (url: URL) => (to?.host === from.host ? `${url.origin}${url.pathname}` : url.host);
  const target = to === undefined ? 'another address' : name(to);
  return new ModelError(
    'not-found',
    `${name(from)} redirects to ${target}, where neither the key nor the conversation was sent. If you trust that address, set it as baseUrl in fanout.providers.`,
  );
}
