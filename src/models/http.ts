import type { IncomingMessage, request as requestOf } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
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

/**
 * What the server wrote: we ask for no compression, and some compress all the same. Destroying it closes the socket; what
 * breaks the one breaks the other.
 */
export function decodedBody(message: IncomingMessage): Readable {
  const decoder = DECODERS[message.headers['content-encoding']?.trim().toLowerCase() ?? '']?.();
  // The error is told by the decoder, which is read.
  return decoder === undefined ? message : pipeline(message, decoder, () => undefined);
}

const DECODERS: Readonly<Partial<Record<string, () => ReturnType<typeof createGunzip>>>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** Where the reading of a body ends though its end has not come. */
export interface TextBounds {
  /** In characters. */
  readonly most: number;
  /** Without a further piece for so long. */
  readonly silenceMs?: number;
}

/** Of words about a failure: some servers never end them, and no sentence needs more. */
export const FAILURE_BOUNDS: TextBounds = { most: 1_000_000, silenceMs: 5_000 };

/** The body of an answer that is not streamed, or its beginning. Rejects with the signal's reason where that is aborted. */
export async function wholeText(
  message: IncomingMessage,
  signal?: AbortSignal,
  { most, silenceMs }: TextBounds = FAILURE_BOUNDS,
): Promise<string> {
  const body = decodedBody(message).setEncoding('utf8');
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = '';
  const enough = () => {
    resolve(text.slice(0, most));
    message.destroy();
  };
  const timer = silenceMs === undefined ? undefined : setTimeout(enough, silenceMs);
  const abort = () => {
    reject(signal?.reason as Error);
    message.destroy();
  };
  body.on('data', (piece: string) => {
    text += piece;
    timer?.refresh();
    if (text.length > most) enough();
  });
  body.once('end', () => resolve(text));
  body.on('error', reject);
  if (signal?.aborted === true) abort();
  else signal?.addEventListener('abort', abort, { once: true });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

/** After a reply is whole, the server has so long to close its answer before we do. */
const CLOSING_MS = 2_000;

/** Lets the connection be used again once the server has closed its answer. */
export function release(message: IncomingMessage, body: Readable): void {
  // What is compressed may end in the middle of it.
  if (body !== message) return void body.destroy();
  message.resume();
  if (message.complete) return;
  // No time limit of the socket's: that would outlive this answer, since the socket is used again.
  const timer = setTimeout(() => message.destroy(), CLOSING_MS).unref();
  message.once('close', () => clearTimeout(timer));
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
