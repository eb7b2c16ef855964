import type { ModelProblem } from '../agent/messages';
import { ModelError, StreamCutError } from '../agent/model';
import { networkFault } from './networkFault';
import { field, googleRetryDelay, retryAfter, vendorWords } from './vendorAnswer';

/** What is known of one failed attempt, in the same shape whoever failed and however. */
export interface Failure {
  readonly kind: ModelProblem;
  /**
   * Whether another attempt can help. `alone`: this request tries again by itself. `together`: the provider asked
   * for fewer requests, so that all of its requests wait.
   */
  readonly retry: 'never' | 'alone' | 'together';
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
  if (error instanceof ModelError) return { kind: error.kind, retry: retryOf(error.kind), detail: '', told: error };
  if (error instanceof StreamCutError) return { kind: 'cut', retry: 'alone', detail: '' };
  const api = field(error, 'statusCode');
  if (typeof api === 'number' && api >= 400) {
    const text = field(error, 'responseBody');
    const body = typeof text === 'string' ? (parseJson(text) ?? text) : error;
    return classifyAnswer(api, body, headersOf(error), now);
  }
  const network = networkFault(error);
  if (network !== undefined) return network;
  return classifyPart(error, now);
}

function classifyAnswer(status: number, body: unknown, headers: Headers, now: number): Failure {
  const words = vendorWords(body);
  const kind = kindOf(status, words.code, words.message);
  const retryAfterMs = retryAfter(headers, now) ?? googleRetryDelay(body);
  const spent = SPENT.test(words.code) || (SPENT.test(words.message) && retryAfterMs === undefined);
  return {
    kind,
    retry: spent ? 'never' : retryOf(kind),
    status,
    detail: words.message,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** An `error` part of a stream: an Error, a string or the vendor's object; the status is only in its words. */
function classifyPart(error: unknown, now: number): Failure {
  // The AI SDK wraps a chunk that it could not read, and keeps what came.
  const value = field(error, 'value') ?? field(error, 'data') ?? error;
  const { code, message } = vendorWords(value);
  const status = /^[45]\d\d$/.test(code) ? Number(code) : STATUS_OF_CODE.find(([words]) => words.test(code))?.[1];
  if (status !== undefined) {
    const failure = classifyAnswer(status, value, new Headers(), now);
    return { ...failure, detail: message };
  }
  const kind = kindOf(400, code, message);
  if (kind !== 'bad-request') return { kind, retry: retryOf(kind), detail: message };
  const sdkCannotRead = /^AI_(TypeValidation|JSONParse|EmptyResponse|InvalidResponse)/.test(nameOf(error));
  const vendorSaid = typeof value === 'string' || (typeof value === 'object' && !(value instanceof Error));
  return { kind: 'server', retry: sdkCannotRead || vendorSaid ? 'alone' : 'never', detail: message };
}

function retryOf(kind: ModelProblem): Failure['retry'] {
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

const SPENT = /insufficient_quota|credit balance|billing_hard_limit|out of credits|insufficient credits/i;
const OVERFLOW =
  /context[_ ]length|context[_ ]window|context size|maximum context|prompt is too long|input is too long|too many (input )?tokens|token count .*exceeds|exceeds? the (maximum|available|context)|reduce the length of the messages/i;
const BAD_KEY =
  /invalid_api_key|authentication_error|permission_error|api key not valid|API_KEY_INVALID|incorrect api key|invalid x-api-key/i;
const REFUSED = /content_filter|content_policy|responsible ?ai|prohibited_content|safety system/i;
const NO_MODEL = /model_not_found|model .*(not found|does not exist)|no such model|unknown model/i;

/** Statuses of the error types that vendors name within a stream. */
const STATUS_OF_CODE: readonly (readonly [RegExp, number])[] = [
  [/rate_limit|resource_exhausted|too_many_requests/i, 429],
  [/overloaded|unavailable/i, 529],
  [/server_error|api_error|internal/i, 500],
  [/authentication|permission/i, 401],
  [/not_found_error/i, 404],
];

function kindOf(status: number, code: string, message: string): ModelProblem {
  const words = `${code} ${message}`;
  if (status === 401 || status === 403 || (status === 400 && BAD_KEY.test(words))) return 'auth';
  if (status === 402 || status === 429) return 'rate-limit';
  if (status === 529 || (status === 503 && /overload|unavailable|capacity/i.test(words))) return 'overload';
  if (status >= 500) return 'server';
  if (status === 413 || OVERFLOW.test(words)) return 'context-overflow';
  if (status === 404 || NO_MODEL.test(words)) return 'not-found';
  if (status === 451 || REFUSED.test(words)) return 'refused';
  if (status === 408 || status === 425) return 'server';
  if (SPENT.test(words)) return 'rate-limit';
  return 'bad-request';
}

function headersOf(error: unknown): Headers {
  const headers = field(error, 'responseHeaders');
  return new Headers(typeof headers === 'object' && headers !== null ? headers : {});
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
