/** Vendors agree on `{error: {message, type | code | status}}` and little else; local servers also send bare strings. */
export function vendorWords(body: unknown): { readonly code: string; readonly message: string } {
  if (typeof body === 'string') return { code: '', message: /^\s*</.test(body) ? '' : body.trim() };
  const inner = field(body, 'error');
  if (inner !== undefined && inner !== null) return vendorWords(inner);
  const codes = ['type', 'code', 'status'].map((name) => field(body, name)).filter((value) => value != null);
  const message = field(body, 'message') ?? field(body, 'detail') ?? '';
  const numeric = codes.find((value) => typeof value === 'number');
  return {
    code: numeric === undefined ? codes.map(String).join(' ') : String(numeric),
    message: typeof message === 'string' ? message : JSON.stringify(message),
  };
}

/** In milliseconds: `retry-after-ms`, or `retry-after` as seconds or as an HTTP date. */
export function retryAfter(headers: Headers, now: number): number | undefined {
  const ms = Number(headers.get('retry-after-ms') ?? NaN);
  if (Number.isFinite(ms) && ms >= 0) return ms;
  const value = headers.get('retry-after');
  if (value === null || value.trim() === '') return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Google names the wait in the body: `{"@type": "…RetryInfo", "retryDelay": "34s"}`. */
export function googleRetryDelay(body: unknown): number | undefined {
  const details = field(field(body, 'error'), 'details');
  if (!Array.isArray(details)) return undefined;
  const delays = details.map((detail: unknown) => field(detail, 'retryDelay'));
  const delay = delays.find((value) => typeof value === 'string');
  const seconds = delay === undefined ? NaN : Number.parseFloat(delay);
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}

/** A field of anything; undefined where there is none. */
export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
