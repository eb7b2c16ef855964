import { createParser } from 'eventsource-parser';
import { HttpFault, NotAReplyError } from './answerFaults';
import { httpFetch, type Rewrite } from './httpFetch';
import type { Body, Peculiarities } from './peculiarities';
import type { ProviderKind } from './providerSettings';
import { parseJson } from './vendorAnswer';
import { readableEvent } from './vendorEvents';

export interface SdkFetchOptions {
  readonly kind: ProviderKind;
  /** Put into every request as it is; a field of null is left out of it. */
  readonly extraBody: Body;
  readonly peculiarities: Peculiarities;
}

/**
 * The `fetch` that the vendors' packages get: it follows no redirect, sends what the settings add, repeats a request whose
 * refusal taught something, and keeps from the package the events of a stream that it would take for a fault.
 */
export function createSdkFetch({ kind, extraBody, peculiarities }: SdkFetchOptions): typeof fetch {
  const rewrite: Rewrite = ({ statusCode, headers }) =>
    statusCode === 200 && /event-stream/i.test(headers['content-type'] ?? '') ? readableEvents(kind) : undefined;
  return async (input, init = {}) => {
    const { body } = init;
    if (typeof body !== 'string') return replyOf(await httpFetch(input, init, rewrite));
    for (;;) {
      const sent = amendedText(body, extraBody, peculiarities);
      const response = await httpFetch(input, { ...init, body: sent }, rewrite);
      if (response.status !== 400 && response.status !== 422) return replyOf(response);
      const text = await response.text();
      if (!peculiarities.learn(response.status, parseJson(text) ?? text, parseJson(sent) as Body))
        throw new HttpFault(response.status, text, Object.fromEntries(response.headers));
    }
  };
}

/** All that is asked for here is streamed: a page, or JSON in one piece, is no reply. */
async function replyOf(response: Response): Promise<Response> {
  const type = response.headers.get('content-type') ?? '';
  if (!response.ok || !/html|json/i.test(type)) return response;
  const text = await response.text();
  // Some name the wrong type.
  if (/^\s*(data|event|id|retry|):/.test(text))
    return new Response(text, { headers: { 'content-type': 'text/event-stream' } });
  throw new NotAReplyError(parseJson(text) ?? text);
}

/** Mostly nothing is to be amended: then the text stays as it is, which may be a megabyte. */
function amendedText(text: string, extraBody: Body, peculiarities: Peculiarities): string {
  if (peculiarities.isEmpty && Object.keys(extraBody).length === 0) return text;
  const body = peculiarities.amend({ ...(parseJson(text) as Body), ...extraBody });
  return JSON.stringify(Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null)));
}

/** The events of a stream less those that the package of `kind` cannot read. */
function readableEvents(kind: ProviderKind): (piece: Buffer) => Buffer {
  const decoder = new TextDecoder();
  const readable = readableEvent(kind);
  let out = '';
  const parser = createParser({
    onEvent({ event, data }) {
      const passed = readable(data);
      if (passed === undefined) return;
      out += `${event === undefined ? '' : `event: ${event}\n`}${passed.replace(/^/gm, 'data: ')}\n\n`;
    },
  });
  return (piece) => {
    out = '';
    parser.feed(decoder.decode(piece, { stream: true }));
    return Buffer.from(out);
  };
}
