import { ModelError } from '../agent/model';
import type { Failure } from './failure';
import { maskSecrets } from './mask';
import { headOf } from '../util/cutText';

/** Whose request it was: what an error sentence names. */
export interface Subject {
  /** The provider's id in the settings. */
  readonly provider: string;
  /** The model's name in the settings, `acme/large`. */
  readonly model?: string;
  /** `api.acme.com`, with the port where it is not the usual one. */
  readonly host?: string;
  /** Never shown: the API key. */
  readonly secrets?: readonly string[];
}

const MAX_DETAIL = 300;

/** The error that a request ends with once no further attempt is made; `attempts` were. */
export function toModelError(failure: Failure, subject: Subject, attempts: number): ModelError {
  if (failure.told !== undefined) return failure.told;
  const masked = maskSecrets(failure.detail, subject.secrets ?? []);
  return new ModelError(failure.kind, sentence({ ...failure, detail: shorten(masked) }, subject, attempts));
}

/** The provider asks for a longer wait than anyone should sit through unasked. */
export function waitTooLong(failure: Failure, subject: Subject, now: number): ModelError {
  const ms = failure.retryAfterMs ?? 0;
  const end = new Date(now + ms);
  const time = { hour: '2-digit', minute: '2-digit' } as const;
  const isToday = end.toDateString() === new Date(now).toDateString();
  const until = isToday
    ? end.toLocaleTimeString([], time)
    : end.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
  return new ModelError(
    'rate-limit',
    `${subject.provider} takes no further requests for ${duration(ms)}, until ${until}. Nothing was lost: try again then, or choose another model.`,
  );
}

/** `8 s`, `3 min`, `2 h 5 min`. */
export function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)} h${rest === 0 ? '' : ` ${rest} min`}`;
}

function sentence(failure: Failure, subject: Subject, attempts: number): string {
  const { provider, model = provider } = subject;
  const said = inBrackets(failure);
  const times = attempts === 1 ? '' : ` after ${attempts} attempts`;
  if (failure.about === 'credit')
    return `The quota or credit at ${provider} is used up${said}. Add credit there, or choose another model.`;
  if (failure.about === 'tools')
    return `${model} takes no tools, or its server was started without them${said}. Agents work with tools: choose another model with “Fanout: Select Model…”, or mend the server.`;
  if (failure.about === 'address') {
    const what =
      failure.status === undefined ? 'does not answer as a model server does' : 'has nothing at this address';
    return `${subject.host ?? provider} ${what}${said}. Check baseUrl of ${provider} in fanout.providers.`;
  }
  switch (failure.kind) {
    case 'auth':
      return `${provider} did not accept the API key${said}. Set another one with “Fanout: Set API Key…”.`;
    case 'rate-limit':
      return `${provider} still refuses requests${times}: too many at once${said}. Try again later, or lower fanout.requests.maxConcurrent.`;
    case 'overload':
      return `${provider} is overloaded and answered none of ${attempts} attempts${said}. Try again later, or choose another model.`;
    case 'network':
      return networkSentence(failure, subject);
    case 'cut':
      return `The answer of ${model} broke off before it was complete${times}${said}. Try again.`;
    case 'context-overflow':
      return `The conversation is too long for ${model}${said}. Start a new session, or choose a model with a larger context window.`;
    case 'not-found':
      return `${provider} does not offer ${model}${said}. Choose another with “Fanout: Select Model…”, or correct fanout.providers.`;
    case 'refused':
      return `${provider} refused to answer this conversation${said}. Rephrase the last message, or choose another model.`;
    case 'bad-request':
      return `${provider} did not understand the request${said}. Check the settings of ${model} in fanout.providers.`;
    case 'server':
      return `${provider} failed${times}${said}. Try again later.`;
    case 'no-model':
      return `There is no model${said}. Choose one with “Fanout: Select Model…”.`;
  }
}

function networkSentence({ detail }: Failure, { provider, host = provider }: Subject): string {
  const code = detail === '' ? '' : ` (${detail})`;
  if (/CERT|SELF_SIGNED|UNABLE_TO|^ERR_/.test(detail))
    return `The certificate of ${host} is not trusted${code}. Check the proxy, or VS Code’s setting http.proxyStrictSSL.`;
  if (detail === 'ECONNREFUSED') return `Nothing answers at ${host}${code}. Is the server running?`;
  return `${host} cannot be reached${code}. Check the network connection and the proxy, then try again.`;
}

function inBrackets({ status, detail }: Failure): string {
  const words = [status === undefined ? '' : String(status), detail.replace(/[.\s]+$/, '')].filter(
    (word) => word !== '',
  );
  return words.length === 0 ? '' : ` (${words.join(': ')})`;
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= MAX_DETAIL ? line : `${headOf(line, MAX_DETAIL)}…`;
}
