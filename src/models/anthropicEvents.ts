import { countsIn, numberOr, textOr, textsIn, type VendorEvents } from './eventFields';
import { field, parseJson, vendorWords } from './vendorAnswer';

/** The field of a delta that holds what is new. */
const DELTAS: Readonly<Record<string, string>> = {
  text_delta: 'text',
  input_json_delta: 'partial_json',
  thinking_delta: 'thinking',
  signature_delta: 'signature',
};
/** Blocks that a delta may begin: some servers announce none. */
const BLOCK_OF: Readonly<Record<string, object>> = {
  text_delta: { type: 'text', text: '' },
  thinking_delta: { type: 'thinking', thinking: '' },
};
const CACHED = ['cache_creation_input_tokens', 'cache_read_input_tokens'];

export function anthropicEvents(): VendorEvents {
  const stream = new AnthropicStream();
  return { take: (data) => stream.take(parseJson(data)), isOver: () => stream.isOver };
}

class AnthropicStream {
  /** Indices of the blocks that were begun and passed on. */
  readonly #open = new Set<number>();
  /** Those of blocks that nobody here knows. */
  readonly #unknown = new Set<number>();
  #calls = 0;
  isOver = false;

  take(event: unknown): readonly object[] {
    const type = field(event, 'type');
    const index = numberOr(field(event, 'index'), 0);
    switch (type) {
      case 'message_start':
        return [{ type, message: messageOf(field(event, 'message')) }];
      case 'content_block_start':
        return this.#begin(index, field(event, 'content_block'));
      case 'content_block_delta':
        return this.#delta(index, field(event, 'delta'));
      case 'content_block_stop':
        this.#unknown.delete(index);
        return this.#open.delete(index) ? [{ type, index }] : [];
      case 'message_delta':
        return [...this.#closed(), { type, ...endOf(event) }];
      case 'message_stop':
        this.isOver = true;
        return [...this.#closed(), { type }];
      case 'error':
        return [faultOf(event)];
      default:
        return type === undefined && field(event, 'error') != null ? [faultOf(event)] : [];
    }
  }

  #begin(index: number, given: unknown): readonly object[] {
    const block = this.#blockOf(given);
    if (block === undefined) {
      this.#unknown.add(index);
      return [];
    }
    this.#open.add(index);
    const start = { type: 'content_block_start', index, content_block: block };
    // What the beginning holds already would be passed over.
    const text = textOr(field(given, 'text'), '');
    const thinking = textOr(field(given, 'thinking'), '');
    if (text !== '') return [start, deltaOf(index, { type: 'text_delta', text })];
    return thinking === '' ? [start] : [start, deltaOf(index, { type: 'thinking_delta', thinking })];
  }

  #blockOf(given: unknown): object | undefined {
    const type = field(given, 'type');
    if (type === 'text' || type === 'thinking') return { type, [type]: '' };
    if (type === 'redacted_thinking')
      return typeof field(given, 'data') === 'string' ? { ...textsIn(given, 'type', 'data') } : undefined;
    if (type !== 'tool_use') return undefined;
    const input = field(given, 'input');
    const isObject = typeof input === 'object' && input !== null && !Array.isArray(input);
    this.#calls += 1;
    return {
      type,
      id: textOr(field(given, 'id'), `call_${this.#calls}`),
      name: textOr(field(given, 'name'), 'unnamed_tool'),
      input: isObject ? input : {},
    };
  }

  #delta(index: number, given: unknown): readonly object[] {
    const type = textOr(field(given, 'type'), '');
    const content = DELTAS[type];
    if (content === undefined || typeof field(given, content) !== 'string' || this.#unknown.has(index)) return [];
    const delta = deltaOf(index, textsIn(given, 'type', content));
    if (this.#open.has(index)) return [delta];
    const block = BLOCK_OF[type];
    return block === undefined ? [] : [...this.#begin(index, block), delta];
  }

  /** Some servers leave the ends of blocks out. */
  #closed(): readonly object[] {
    const stops = [...this.#open].map((index) => ({ type: 'content_block_stop', index }));
    this.#open.clear();
    return stops;
  }
}

function deltaOf(index: number, delta: object): object {
  return { type: 'content_block_delta', index, delta };
}

/** The package insists on counts, which some servers do not have: zeros beside an answer mean that they are not known. */
function messageOf(message: unknown): object {
  const counts = countsIn(field(message, 'usage'), 'input_tokens', 'output_tokens', ...CACHED);
  return { ...textsIn(message, 'id', 'model', 'role'), usage: { input_tokens: 0, output_tokens: 0, ...counts } };
}

function endOf(event: unknown): object {
  const counts = countsIn(field(event, 'usage'), 'input_tokens', 'output_tokens', ...CACHED);
  return {
    delta: textsIn(field(event, 'delta'), 'stop_reason', 'stop_sequence'),
    usage: { output_tokens: 0, ...counts },
  };
}

function faultOf(event: unknown): object {
  const { code, message } = vendorWords(event);
  const error = field(event, 'error');
  return {
    type: 'error',
    error: { type: textOr(field(error, 'type'), textOr(code.replace(/^error\s*/, ''), 'api_error')), message },
  };
}
