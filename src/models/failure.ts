import type { ModelProblem } from '../agent/messages';
import { ModelError, StreamCutError } from '../agent/model';
import { NotAReplyError } from './answerFaults';
import { networkFault } from './networkFault';
import { field, googleRetryDelay, parseJson, retryAfter, vendorWords } from './vendorAnswer';
import { diagnose, type Diagnosis } from './vendorProblems';

/** What is known of one failed attempt, in the same shape whoever failed and however. */
export interface Failure {
  readonly kind: ModelProblem;
  /**
   * Whether another attempt can help. `alone`: this request tries again by itself. `together`: the provider asked
   * for fewer requests, so that all of its requests wait.
   */
  readonly retry: 'never' | 'alone' | 'together';
  /** Set where the kind alone gives the wrong advice. */
  readonly about?: Diagnosis['about'];
  /** What the provider asked for, in milliseconds. */
  readonly retryAfterMs?: number;
  readonly status?: number;
  /** The vendor's own words, or the network's error code; may be empty. */
  readonly detail: string;
  /** Set where the error is a sentence for people already. */
  readonly told?: ModelError;
}

/** `now`: milliseconds since 1970, for a Retry-After that names a date. */
export function classify(error: unknown, now: number): Failure {
  if (error instanceof ModelError)
    return { kind: error.kind, retry: retryOf({ kind: error.kind }), detail: '', told: error };
  if (error instanceof StreamCutError) return { kind: 'cut', retry: 'alone', detail: '' };
  if (error instanceof NotAReplyError) return classifyNoReply(error.body, now);
  const api = field(error, 'statusCode');
  if (typeof api === 'number' && api >= 400) {
    const text = field(error, 'responseBody');
    const body = typeof text === 'string' && text !== '' ? (parseJson(text) ?? text) : error;
    return classifyAnswer(api, body, headersOf(error), now);
  }
  const network = networkFault(error);
  if (network !== undefined) return network;
  return classifyPart(error, now);
}

function classifyAnswer(status: number, body: unknown, headers: Headers, now: number): Failure {
  const words = vendorWords(body);
  const retryAfterMs = retryAfter(headers, now) ?? googleRetryDelay(body);
  const diagnosis = diagnose(status, words, retryAfterMs !== undefined);
  return {
    ...diagnosis,
    retry: retryOf(diagnosis),
    status,
    detail: words.message,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** An answer of status 200 with something else than a reply: told by its words where they say enough, else by the address. */
function classifyNoReply(body: unknown, now: number): Failure {
  const failure = classifyPart(body, now);
  return failure.kind === 'server' && failure.status === undefined
    ? { kind: 'not-found', about: 'address', retry: 'never', detail: failure.detail }
    : failure;
}

/** An `error` part of a stream: an Error, a string or the vendor's object; the status is only in its words. */
function classifyPart(error: unknown, now: number): Failure {
  // The AI SDK wraps a chunk that it could not read, and keeps what came.
  const value = field(error, 'value') ?? field(error, 'data') ?? error;
  const words = vendorWords(value);
  const status =
    words.status ??
    STATUS_OF_CODE.find(([pattern]) => pattern.test(words.code))?.[1] ??
    STATUS_OF_MESSAGE.find(([pattern]) => pattern.test(words.message))?.[1];
  if (status !== undefined) return classifyAnswer(status, value, new Headers(), now);
  const diagnosis = diagnose(400, words, false);
  if (diagnosis.kind !== 'bad-request' || diagnosis.about !== undefined)
    return { ...diagnosis, retry: retryOf(diagnosis), detail: words.message };
  const sdkCannotRead = /^AI_(TypeValidation|JSONParse|EmptyResponse|InvalidResponse)/.test(nameOf(error));
  const vendorSaid = typeof value === 'string' || (typeof value === 'object' && !(value instanceof Error));
  return { kind: 'server', retry: sdkCannotRead || vendorSaid ? 'alone' : 'never', detail: words.message };
}

function retryOf({ kind, about }: Pick<Diagnosis, 'kind' | 'about'>): Failure['retry'] {
  if (about !== undefined) return 'never';
  switch (kind) {
    case 'rate-limit':
    case 'overload':
      return 'together';
    case 'network':
    case 'cut':
    case 'server':
      return 'alone';
    case 'no-model':
    case 'auth':
    case 'context-overflow':
    case 'not-found':
    case 'bad-request':
    case 'refused':
      return 'never';
  }
}

/** Statuses of the error types that vendors name within a stream. */
const STATUS_OF_CODE: readonly (readonly [RegExp, number])[] = [
  [/rate_?limit|resource_exhausted|too_?many_?requests/i, 429],
  [/overloaded|unavailable/i, 529],
  [/server_error|api_error|internal/i, 500],
  [/authentication|permission/i, 401],
  [/not_found_error/i, 404],
];

/** Models of VS Code, and servers that send bare text, tell it in words only. */
const STATUS_OF_MESSAGE: readonly (readonly [RegExp, number])[] = [
  [/^\W*(error\W+|http\W+|status\W+|code\W+)*429\b|too many requests|rate.?limit(ed| reached| exceeded| hit)/i, 429],
  [/^\W*(error\W+|http\W+|status\W+|code\W+)*529\b|\boverloaded\b|server is busy|at capacity/i, 529],
  [/^\W*(error\W+|http\W+|status\W+|code\W+)*50[0234]\b|internal server error|bad gateway|gateway time-?out/i, 500],
];

function headersOf(error: unknown): Headers {
  const headers = field(error, 'responseHeaders');
  return new Headers(typeof headers === 'object' && headers !== null ? headers : {});
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}
