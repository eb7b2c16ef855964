import type { ProviderKind } from './providerSettings';
import { field, vendorWords } from './vendorAnswer';

/** The body of a request, as JSON. */
export type Body = Readonly<Record<string, unknown>>;

/** Whose requests these are: what decides on what is known of them from the start. */
export interface Counterpart {
  readonly kind: ProviderKind;
  /** `api.acme.com` */
  readonly host: string;
  readonly modelId: string;
}

/** One way in which some vendors, or some of their models, differ from the rest. */
interface Peculiarity {
  readonly name: string;
  readonly kinds: readonly ProviderKind[];
  /** Of whom it is known without asking. */
  readonly known?: (counterpart: Counterpart) => boolean;
  /** What a refusal says of it; the argument for {@link amend}, undefined where it says nothing of it. */
  readonly told: (words: string, body: Body) => string | undefined;
  /** The body as this counterpart takes it. */
  readonly amend: (body: Body, argument: string) => Body;
}

const NOT_TAKEN =
  /unsupported|not supported|not support|unrecognized|unknown|unexpected|not permitted|forbidden|not allowed|not valid|invalid|extra|cannot be|isn't|is not/i;

/** The refusal names `field`, and says that it is not taken. */
function refuses(words: string, field: string): boolean {
  return words.includes(field) && NOT_TAKEN.test(words);
}

const CHAT: readonly ProviderKind[] = ['openai-compatible'];

/** In this order: each finds the body as the ones before left it. */
const PECULIARITIES: readonly Peculiarity[] = [
  {
    name: 'max_completion_tokens',
    kinds: CHAT,
    known: ({ host, modelId }) =>
      host === 'api.openai.com' || (host.endsWith('.azure.com') && /^(gpt-[5-9]|o\d)/.test(modelId)),
    told: (words, body) =>
      'max_tokens' in body && words.includes('max_completion_tokens') && refuses(words, 'max_tokens') ? '' : undefined,
    amend: (body) => renamed(body, 'max_tokens', 'max_completion_tokens'),
  },
  {
    name: 'max_tokens',
    kinds: CHAT,
    told: (words, body) =>
      'max_completion_tokens' in body && refuses(words, 'max_completion_tokens') ? '' : undefined,
    amend: (body) => renamed(body, 'max_completion_tokens', 'max_tokens'),
  },
  {
    name: 'output limit',
    kinds: CHAT,
    told: (words, body) => {
      const wanted = Number(body['max_tokens'] ?? body['max_completion_tokens'] ?? 0);
      const limit = OUTPUT_LIMITS.map((pattern) => pattern.exec(words)?.[1]).find((number) => number !== undefined);
      return limit !== undefined && Number(limit) > 0 && Number(limit) < wanted ? limit : undefined;
    },
    amend: (body, limit) => {
      const field = 'max_tokens' in body ? 'max_tokens' : 'max_completion_tokens';
      return typeof body[field] === 'number' ? { ...body, [field]: Math.min(body[field], Number(limit)) } : body;
    },
  },
  {
    name: 'no stream_options',
    kinds: CHAT,
    // Mistral tells its usage unasked, and takes no field that it does not know.
    known: ({ host }) => host === 'api.mistral.ai',
    told: (words, body) => ('stream_options' in body && refuses(words, 'stream_options') ? '' : undefined),
    amend: (body) => without(body, 'stream_options'),
  },
  {
    name: 'no system role',
    kinds: CHAT,
    told: (words) =>
      /(system|developer) (role|message|instruction)s? (is |are )?not (supported|enabled|allowed)|does not support (the )?system/i.test(
        words,
      )
        ? ''
        : undefined,
    amend: withoutSystemRole,
  },
  {
    name: 'reasoning wanted back',
    kinds: CHAT,
    known: ({ host, modelId }) => /\.moonshot\.(ai|cn)$/.test(host) && /kimi-(k2\.\d|k[3-9]|.*thinking)/.test(modelId),
    told: (words) =>
      words.includes('reasoning_content') && /missing|required|must be (passed|provided|included)/i.test(words)
        ? 'reasoning_content'
        : undefined,
    amend: (body, field) =>
      eachCaller(body, (message) => ({ [field === '' ? 'reasoning_content' : field]: '', ...message })),
  },
  {
    name: 'no reasoning back',
    kinds: CHAT,
    told: (words, body) => {
      const field = REASONING_SENT.find((name) => refuses(words, name) && JSON.stringify(body).includes(`"${name}":`));
      return field;
    },
    amend: (body, field) => eachAssistant(body, (message) => without(message, field)),
  },
  {
    // Proxies in front of Bedrock and Vertex: they take the mark on a block, not on the request.
    name: 'no cache_control of the request',
    kinds: ['anthropic'],
    told: (words, body) => ('cache_control' in body && refuses(words, 'cache_control') ? '' : undefined),
    amend: (body) => without(body, 'cache_control'),
  },
  {
    // Of models that do not reason.
    name: 'no encrypted reasoning',
    kinds: ['openai'],
    told: (words, body) => ('include' in body && /encrypted/i.test(words) && NOT_TAKEN.test(words) ? '' : undefined),
    amend: (body) => without(body, 'include'),
  },
];

const OUTPUT_LIMITS: readonly RegExp[] = [
  /max(?:_completion)?_tokens.{0,60}(?:at most|less than or equal to|maximum(?: value)?(?: is| of)?:?|<=)\s*`?(\d+)/i,
  /supports at most (\d+) completion tokens/i,
  /max_tokens.{0,60}range.{0,30}\[\s*\d+\s*,\s*(\d+)\s*\]/i,
];

/** Names under which reasoning is sent back; the longest first, since one holds another. */
const REASONING_SENT = [
  'reasoning_content',
  'reasoning_details',
  'reasoning_text',
  'thinking_content',
  'reasoning',
  'thinking',
];

/**
 * What is known of one counterpart beyond the protocol: from the table, and learned from its refusals. Kept for as long as
 * the provider's gate, so that each costs one refused request at most.
 */
export class Peculiarities {
  readonly #counterpart: Counterpart;
  readonly #found = new Map<Peculiarity, string>();

  constructor(counterpart: Counterpart) {
    this.#counterpart = counterpart;
    for (const peculiarity of this.#possible()) if (peculiarity.known?.(counterpart)) this.#found.set(peculiarity, '');
  }

  /** The body as the counterpart takes it. */
  amend(body: Body): Body {
    return this.#possible().reduce((amended, peculiarity) => {
      const argument = this.#found.get(peculiarity);
      return argument === undefined ? amended : peculiarity.amend(amended, argument);
    }, body);
  }

  /** Whether anything would be amended. */
  get isEmpty(): boolean {
    return this.#found.size === 0;
  }

  /** Whether the refusal of `body` (as it was sent) taught something, so that the request is worth repeating. */
  learn(status: number, answer: unknown, body: Body): boolean {
    if (status !== 400 && status !== 422) return false;
    const { code, message } = vendorWords(answer);
    const param = field(field(answer, 'error'), 'param');
    const words = `${code} ${message} ${typeof param === 'string' ? param : ''}`;
    for (const peculiarity of this.#possible()) {
      if (this.#found.has(peculiarity)) continue;
      const argument = peculiarity.told(words, body);
      if (argument === undefined) continue;
      this.#found.set(peculiarity, argument);
      return true;
    }
    return false;
  }

  #possible(): readonly Peculiarity[] {
    return PECULIARITIES.filter(({ kinds }) => kinds.includes(this.#counterpart.kind));
  }
}

function without(body: Body, field: string): Body {
  return Object.fromEntries(Object.entries(body).filter(([name]) => name !== field));
}

function renamed(body: Body, from: string, to: string): Body {
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name === from ? to : name, value]));
}

function eachMessage(body: Body, change: (message: Body) => Body): Body {
  const { messages } = body;
  return Array.isArray(messages) ? { ...body, messages: messages.map((message) => change(message as Body)) } : body;
}

function eachAssistant(body: Body, change: (message: Body) => Body): Body {
  return eachMessage(body, (message) => (message['role'] === 'assistant' ? change(message) : message));
}

/** Those that call tools. */
function eachCaller(body: Body, change: (message: Body) => Body): Body {
  return eachAssistant(body, (message) => ('tool_calls' in message ? change(message) : message));
}

/** Models whose template knows users and assistants only: what the system has to say comes first in the user's words. */
function withoutSystemRole(body: Body): Body {
  const messages = (body['messages'] ?? []) as readonly Body[];
  const [system, first, ...rest] = messages;
  if (system?.['role'] !== 'system') return body;
  if (first?.['role'] !== 'user' || typeof first['content'] !== 'string')
    return { ...body, messages: [{ ...system, role: 'user' }, ...messages.slice(1)] };
  return {
    ...body,
    messages: [{ role: 'user', content: `${String(system['content'])}\n\n${first['content']}` }, ...rest],
  };
}
