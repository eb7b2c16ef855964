import { field } from './vendorAnswer';

/** No connection came about, or one broke off. `detail`: the system's code for it; may be empty. */
export interface NetworkFault {
  readonly kind: 'network' | 'cut';
  readonly retry: 'never' | 'alone';
  readonly detail: string;
}

const CUT_CODES = new Set([
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_SOCKET',
  'UND_ERR_BODY_TIMEOUT',
  'ERR_STREAM_PREMATURE_CLOSE',
  // The end of what was compressed has not come.
  'Z_BUF_ERROR',
  'Z_DATA_ERROR',
]);
const UNREACHABLE =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|ETIMEDOUT|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|ECONNABORTED|UND_ERR_\w+)$/;
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|^ERR_(TLS|SSL)/;
const CUT_WORDS = /terminated|premature close|socket hang up|other side closed|network socket disconnected/i;

/** What the network did; undefined where the error is of another kind. */
export function networkFault(error: unknown): NetworkFault | undefined {
  for (const link of causes(error)) {
    const given = field(link, 'code');
    const code = typeof given === 'string' ? given : '';
    if (CUT_CODES.has(code)) return { kind: 'cut', retry: 'alone', detail: code };
    if (UNREACHABLE.test(code)) return { kind: 'network', retry: 'alone', detail: code };
    if (CERTIFICATE.test(code)) return { kind: 'network', retry: 'never', detail: code };
  }
  for (const link of causes(error)) {
    const message = link instanceof Error ? link.message : '';
    if (CUT_WORDS.test(message)) return { kind: 'cut', retry: 'alone', detail: '' };
    if (/fetch failed|cannot connect to api/i.test(message)) return { kind: 'network', retry: 'alone', detail: '' };
  }
  return undefined;
}

/** An error, its causes, and what an AggregateError (several addresses tried) holds. */
function causes(error: unknown): unknown[] {
  const links: unknown[] = [];
  for (let link = error; link !== undefined && link !== null && links.length < 8; link = field(link, 'cause')) {
    links.push(link);
    if (link instanceof AggregateError) links.push(...(link.errors as unknown[]));
  }
  return links;
}
