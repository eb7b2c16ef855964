import { createParser } from 'eventsource-parser';
import { HttpFault, NotAReplyError } from './answerFaults';
import { FAILURE_BOUNDS, type TextBounds } from './http';
import { httpFetch, type Handling, type Rewrite } from './httpFetch';
import type { Body, Peculiarities } from './peculiarities';
import type { ProviderKind } from './providerSettings';
import { field, parseJson } from './vendorAnswer';
import { eventsOf } from './vendorEvents';

/** Those whose vendors' packages we use. */
type SdkKind = Exclude<ProviderKind, 'openai-compatible'>;

export interface SdkFetchOptions {
  readonly kind: SdkKind;
  /** Put into every request as it is; a field of null is left out of it. */
  readonly extraBody: Body;
  readonly peculiarities: Peculiarities;
}

/**
 * The `fetch` that the vendors' packages get: it follows no redirect, sends what the settings add, repeats a request whose
 * refusal taught something, and keeps from the package the events of a stream that it would take for a fault.
 */
export function createSdkFetch({ kind, extraBody, peculiarities }: SdkFetchOptions): typeof fetch {
  const handle: Handling = ({ statusCode = 0, headers }) => {
    if (statusCode >= 400) return FAILURE_BOUNDS;
    return /html|json/i.test(headers['content-type'] ?? '') ? REPLY_BOUNDS : readableEvents(kind);
  };
  return async (input, init = {}) => {
    const { body } = init;
    if (typeof body !== 'string') return replyOf(await httpFetch(input, init, handle), kind);
    for (;;) {
      const sent = amendedText(body, extraBody, peculiarities);
      const response = await httpFetch(input, { ...init, body: sent }, handle);
      if (response.status !== 400 && response.status !== 422) return replyOf(response, kind);
      const text = await response.text();
      if (!peculiarities.learn(response.status, parseJson(text) ?? text, parseJson(sent) as Body))
        throw new HttpFault(response.status, text, Object.fromEntries(response.headers));
    }
  };
}

/** Of a reply that comes in one piece: beyond this, what has no end is none. */
const REPLY_BOUNDS: TextBounds = { most: 64_000_000 };

/** All that is asked for here is streamed: a page, or JSON in one piece, is no reply. */
async function replyOf(response: Response, kind: SdkKind): Promise<Response> {
  const type = response.headers.get('content-type') ?? '';
  if (!response.ok || !/html|json/i.test(type)) return response;
  const text = await response.text();
  const events = eventsIn(text.trim(), kind);
  if (events === undefined) throw new NotAReplyError(parseJson(text) ?? text);
  const { piece, rest } = readableEvents(kind);
  const read = Buffer.concat([piece(Buffer.from(events)), rest()]);
  return new Response(read, { headers: { 'content-type': 'text/event-stream' } });
}

/** A stream under a wrong type, or Google's chunks as a list, which it sends to who leaves `alt=sse` out: some proxies do. */
function eventsIn(text: string, kind: SdkKind): string | undefined {
  if (/^(data|event|id|retry|):/.test(text)) return text;
  const value = kind === 'google' ? parseJson(text) : undefined;
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return field(first, 'candidates') === undefined ? undefined : `data: ${JSON.stringify(value)}\n\n`;
}

/** Mostly nothing is to be amended: then the text stays as it is, which may be a megabyte. */
function amendedText(text: string, extraBody: Body, peculiarities: Peculiarities): string {
  if (peculiarities.isEmpty && Object.keys(extraBody).length === 0) return text;
  const body = peculiarities.amend({ ...(parseJson(text) as Body), ...extraBody });
  return JSON.stringify(Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null)));
}

/** The events of a stream as the package of `kind` can read them. */
function readableEvents(kind: SdkKind): Rewrite {
  const decoder = new TextDecoder();
  const { take, isOver } = eventsOf(kind);
  let out = '';
  const parser = createParser({
    onEvent({ data }) {
      for (const event of take(data)) out += textOf(event);
    },
  });
  const read = (text: string) => {
    out = '';
    parser.feed(text);
    return Buffer.from(out);
  };
  return {
    piece: (piece) => read(decoder.decode(piece, { stream: true })),
    // The last event may lack the line that ends it.
    rest: () => read(`${decoder.decode()}\n\n`),
    isOver,
  };
}

function textOf(event: object): string {
  const type = field(event, 'type');
  return `${typeof type === 'string' ? `event: ${type}\n` : ''}data: ${JSON.stringify(event)}\n\n`;
}
