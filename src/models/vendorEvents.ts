import type { ProviderKind } from './providerSettings';
import { field, parseJson } from './vendorAnswer';

/**
 * Takes the data of each event of a stream in turn; gives what the package of `kind` is to read, undefined for what it
 * would take for a fault: events and blocks that nobody here knows (SPEC C75).
 */
export function readableEvent(kind: ProviderKind): (data: string) => string | undefined {
  switch (kind) {
    case 'anthropic':
      return anthropicEvent();
    case 'openai':
      return (data) =>
        data.trim() === '[DONE]' || typeof field(parseJson(data), 'type') === 'string' ? data : undefined;
    case 'google':
      return googleEvent;
    case 'openai-compatible':
      return (data) => data;
  }
}

const EVENTS = new Set([
  'message_start',
  'content_block_start',
  'content_block_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
  'ping',
  'error',
]);
const BLOCKS = new Set(['text', 'thinking', 'redacted_thinking', 'tool_use']);
const DELTAS: Readonly<Record<string, string>> = {
  text_delta: 'text',
  input_json_delta: 'partial_json',
  thinking_delta: 'thinking',
  signature_delta: 'signature',
};

function anthropicEvent(): (data: string) => string | undefined {
  /** Indices of the blocks that were begun and passed on. */
  const open = new Set<unknown>();
  return (data) => {
    const event = parseJson(data);
    const type = field(event, 'type');
    const index = field(event, 'index');
    if (typeof event !== 'object' || event === null || typeof type !== 'string' || !EVENTS.has(type)) return undefined;
    if (type === 'message_start')
      return withCounts(data, event, field(field(event, 'message'), 'usage'), ['input_tokens', 'output_tokens']);
    if (type === 'message_delta') return withCounts(data, event, field(event, 'usage'), ['output_tokens']);
    if (type === 'content_block_start') {
      if (!BLOCKS.has(String(field(field(event, 'content_block'), 'type')))) return undefined;
      open.add(index);
    }
    if (type === 'content_block_delta') {
      const delta = field(event, 'delta');
      const content = DELTAS[String(field(delta, 'type'))];
      if (content === undefined || typeof field(delta, content) !== 'string' || !open.has(index)) return undefined;
    }
    if (type === 'content_block_stop' && !open.delete(index)) return undefined;
    return data;
  };
}

/** The package insists on counts, which some servers do not have: zeros beside an answer mean that they are not known. */
function withCounts(data: string, event: object, usage: unknown, names: readonly string[]): string {
  const missing = names.filter((name) => typeof field(usage, name) !== 'number');
  if (missing.length === 0) return data;
  const counted = {
    ...(typeof usage === 'object' ? usage : {}),
    ...Object.fromEntries(missing.map((name) => [name, 0])),
  };
  const message = field(event, 'message');
  return JSON.stringify(
    typeof message === 'object' ? { ...event, message: { ...message, usage: counted } } : { ...event, usage: counted },
  );
}

/** A chunk is an object; some proxies wrap it in a list. */
function googleEvent(data: string): string | undefined {
  const chunk = parseJson(data);
  const inner: unknown = Array.isArray(chunk) ? chunk[0] : chunk;
  if (typeof inner !== 'object' || inner === null) return undefined;
  return inner === chunk ? data : JSON.stringify(inner);
}
