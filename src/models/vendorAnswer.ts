/** What a vendor says of a failure. */
export interface VendorWords {
  /** Its names for it, such as `invalid_request_error context_length_exceeded`; may be empty. */
  readonly code: string;
  /** For people; may be empty. */
  readonly message: string;
  /** The HTTP status that the body names. */
  readonly status?: number;
}

/** How deep vendors, gateways and proxies wrap each other's answers. */
const MAX_DEPTH = 6;
/** What wraps the words proper. */
const WRAPPERS = ['error', 'errors', 'base_resp', 'response'] as const;
const CODES = ['type', 'code', 'status', 'error_code', 'status_code', 'statusCode', 'reason'] as const;
const MESSAGES = ['message', 'detail', 'error_msg', 'status_msg', 'msg', 'error_message', 'error_description'] as const;

/** Vendors agree on `{error: {message, type | code | status}}` and little else; some wrap it once more, or send bare text. */
export function vendorWords(body: unknown): VendorWords {
  return wordsOf(body, 0);
}

function wordsOf(body: unknown, depth: number): VendorWords {
  if (typeof body === 'string') return wordsOfText(body, depth);
  if (typeof body !== 'object' || body === null || depth > MAX_DEPTH) return { code: '', message: '' };
  if (Array.isArray(body)) return wordsOf(body[0], depth + 1);
  const own = ownWords(body, depth);
  const inner = WRAPPERS.map((name) => field(body, name)).find((value) => value != null && value !== '');
  const raw = field(field(body, 'metadata'), 'raw');
  const wrapped = [inner, raw].reduce<VendorWords>(
    (outer, value) => (value == null ? outer : within(outer, wordsOf(value, depth + 1))),
    own,
  );
  return wrapped;
}

/** The words of the one who failed are worth more than those of the one who passes them on. */
function within(outer: VendorWords, inner: VendorWords): VendorWords {
  const status = outer.status ?? inner.status;
  return {
    code: [outer.code, inner.code].filter((code) => code !== '').join(' '),
    message: inner.message === '' ? outer.message : inner.message,
    ...(status === undefined ? {} : { status }),
  };
}

function wordsOfText(text: string, depth: number): VendorWords {
  const trimmed = text.trim();
  const json = /^[[{]/.test(trimmed) ? parseJson(trimmed) : undefined;
  if (json !== undefined) return wordsOf(json, depth + 1);
  // A page is for a browser.
  return { code: '', message: /^<[!?a-z]/i.test(trimmed) ? '' : trimmed };
}

function ownWords(body: object, depth: number): VendorWords {
  const values = CODES.map((name) => field(body, name)).filter((value) => value != null && typeof value !== 'object');
  const inner = field(field(body, 'innererror'), 'code');
  const reasons = asArray(field(body, 'details')).map((detail) => field(detail, 'reason'));
  const codes = [...values, inner, ...reasons].filter(
    (value) => typeof value === 'string' || typeof value === 'number',
  );
  const status = codes.map(Number).find((code) => code >= 400 && code < 600);
  const text = MESSAGES.map((name) => field(body, name)).find((value) => value != null && value !== '');
  const said = typeof text === 'string' ? wordsOfText(text, depth) : { code: '', message: messagesOf(text) };
  const own = {
    code: codes.filter((code) => Number(code) !== status).join(' '),
    message: '',
    ...(status === undefined ? {} : { status }),
  };
  return within(own, said);
}

/** FastAPI: a list of what is wrong where. */
function messagesOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  const texts = asArray(value).flatMap((item) => {
    const message = field(item, 'msg') ?? field(item, 'message');
    const place = asArray(field(item, 'loc')).join('.');
    return typeof message === 'string' ? [place === '' ? message : `${place}: ${message}`] : [];
  });
  return texts.length > 0 ? texts.join('; ') : JSON.stringify(value);
}

/**
 * In milliseconds: `retry-after-ms`, or `retry-after` as seconds or as an HTTP date. Undefined where it names no wait: who
 * is told “0”, or a time that has passed, and comes back at once is refused again, until no attempt is left.
 */
export function retryAfter(headers: Headers, now: number): number | undefined {
  const ms = Number(headers.get('retry-after-ms') ?? NaN);
  if (Number.isFinite(ms) && ms > 0) return bounded(ms);
  const value = headers.get('retry-after')?.trim() ?? '';
  const seconds = value === '' ? NaN : Number(value);
  const wait = Number.isNaN(seconds) ? Date.parse(value) - now : seconds * 1000;
  return wait > 0 ? bounded(wait) : undefined;
}

/** No date is further away than this. */
function bounded(ms: number): number {
  return Math.min(ms, MOST_WAIT_MS);
}

const MOST_WAIT_MS = 365 * 24 * 3_600_000;

/** Google names the wait in the body: `{"@type": "…RetryInfo", "retryDelay": "34s"}`. */
export function googleRetryDelay(body: unknown): number | undefined {
  const whole: unknown = Array.isArray(body) ? body[0] : body;
  const delays = asArray(field(field(whole, 'error'), 'details')).map((detail) => field(detail, 'retryDelay'));
  const delay = delays.find((value) => typeof value === 'string');
  const seconds = delay === undefined ? NaN : Number.parseFloat(delay);
  return seconds > 0 ? bounded(seconds * 1000) : undefined;
}

/** A field of anything; undefined where there is none. */
export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** Undefined where it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
