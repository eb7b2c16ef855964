import {
  asArray,
  asObject,
  asString,
  sse,
  textIn,
  type HttpFailure,
  type Json,
  type ModelRequest,
  type ParsedRequest,
  type ProtocolSpeaker,
  type ReplyWriter,
  type RequestMessage,
  type ScriptedCall,
  type ScriptedFinish,
  type ScriptedUsage,
} from './modelServerWords';

/** Anthropic's messages. */
export const anthropicProtocol: ProtocolSpeaker = {
  protocol: 'anthropic',
  matches: (path) => path.endsWith('/messages'),
  parse,
  writer: (request) => new AnthropicWriter(request),
  failure,
};

function parse(body: unknown): ParsedRequest {
  const { model, system, messages, tools } = asObject(body);
  return {
    model: asString(model),
    system: textIn(system),
    messages: asArray(messages).map(readMessage),
    tools: asArray(tools).map((tool) => ({
      name: asString(tool['name']),
      description: asString(tool['description']),
      schema: tool['input_schema'],
    })),
  };
}

function readMessage(message: Json): RequestMessage {
  const content = message['content'];
  const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : asArray(content);
  const of = (type: string): readonly Json[] => parts.filter((part: Json) => part['type'] === type);
  const toolResults = of('tool_result').map((part) => ({
    id: asString(part['tool_use_id']),
    text: textIn(part['content']),
  }));
  return {
    role: message['role'] === 'assistant' ? 'assistant' : toolResults.length > 0 ? 'tool' : 'user',
    text: of('text')
      .map((part) => asString(part['text']))
      .join(''),
    reasoning: of('thinking')
      .map((part) => asString(part['thinking']))
      .join(''),
    toolCalls: of('tool_use').map((part) => ({
      id: asString(part['id']),
      name: asString(part['name']),
      input: part['input'],
    })),
    toolResults,
  };
}

const STOP: Record<ScriptedFinish, string> = {
  stop: 'end_turn',
  'tool-calls': 'tool_use',
  length: 'max_tokens',
  'content-filter': 'refusal',
};

/** Blocks come one after the other: this protocol never mixes the deltas of two calls. */
class AnthropicWriter implements ReplyWriter {
  readonly interleaves = false;
  readonly #request: ModelRequest;
  #blocks = 0;
  #textOpen = false;

  constructor(request: ModelRequest) {
    this.#request = request;
  }

  open(): string[] {
    const { index, model } = this.#request;
    const message = {
      id: `msg_${index}`,
      type: 'message',
      role: 'assistant',
      model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 },
    };
    return [event('message_start', { message }), event('ping', {})];
  }

  #start(block: Json): string {
    return event('content_block_start', { index: this.#blocks, content_block: block });
  }

  #delta(delta: Json): string {
    return event('content_block_delta', { index: this.#blocks, delta });
  }

  #stop(): string {
    return event('content_block_stop', { index: this.#blocks++ });
  }

  text(text: string): string[] {
    const start = this.#textOpen ? [] : [this.#start({ type: 'text', text: '' })];
    this.#textOpen = true;
    return [...start, this.#delta({ type: 'text_delta', text })];
  }

  #endText(): string[] {
    if (!this.#textOpen) return [];
    this.#textOpen = false;
    return [this.#stop()];
  }

  reasoning(thinking: string, signature: string | undefined): string[] {
    return [
      ...this.#endText(),
      this.#start({ type: 'thinking', thinking: '', signature: '' }),
      this.#delta({ type: 'thinking_delta', thinking }),
      this.#delta({ type: 'signature_delta', signature: signature ?? `signature-${this.#request.index}` }),
      this.#stop(),
    ];
  }

  callStart(_index: number, { id, name }: Required<ScriptedCall>): string[] {
    return [...this.#endText(), this.#start({ type: 'tool_use', id, name, input: {} })];
  }

  callDelta(_index: number, partial_json: string): string[] {
    return [this.#delta({ type: 'input_json_delta', partial_json })];
  }

  callEnd(): string[] {
    return [this.#stop()];
  }

  error(message: string): string[] {
    return [event('error', { error: { type: 'overloaded_error', message } })];
  }

  close(finish: ScriptedFinish, { input, output, cached = 0 }: ScriptedUsage): string[] {
    const usage = {
      input_tokens: input - cached,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: cached,
      output_tokens: output,
    };
    return [
      ...this.#endText(),
      event('message_delta', { delta: { stop_reason: STOP[finish], stop_sequence: null }, usage }),
      event('message_stop', {}),
    ];
  }
}

function event(type: string, data: Json): string {
  return sse({ type, ...data }, type);
}

function failure({ status, why }: HttpFailure, model: string) {
  const body = (type: string, message: string) => ({
    status,
    body: { type: 'error', error: { type, message }, request_id: 'req_011CSHoEeqs5C35K2UUqR7Fy' },
  });
  if (why === 'context') return body('invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum');
  if (why === 'quota')
    return body('invalid_request_error', 'Your credit balance is too low to access the Anthropic API.');
  switch (status) {
    case 401:
      return body('authentication_error', 'invalid x-api-key');
    case 404:
      return body('not_found_error', `model: ${model}`);
    case 429:
      return body(
        'rate_limit_error',
        'This request would exceed your organization’s rate limit of 50 requests per minute.',
      );
    case 400:
      return body('invalid_request_error', 'messages: at least one message is required');
    case 529:
      return body('overloaded_error', 'Overloaded');
    default:
      return body('api_error', 'Internal server error');
  }
}
