import { openaiFailure } from './modelServerChat';
import {
  asArray,
  asObject,
  asString,
  parseJson,
  sse,
  textIn,
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

/** OpenAI's Responses. */
export const responsesProtocol: ProtocolSpeaker = {
  protocol: 'responses',
  matches: (path) => path.endsWith('/responses'),
  parse,
  writer: (request) => new ResponsesWriter(request),
  failure: openaiFailure,
};

function parse(body: unknown): ParsedRequest {
  const { model, instructions, input, tools } = asObject(body);
  const items = asArray(input);
  const isSystem = (item: Json) => item['role'] === 'system' || item['role'] === 'developer';
  const system = items.filter(isSystem).map((item) => textIn(item['content']));
  return {
    model: asString(model),
    system: [asString(instructions), ...system].filter((text) => text !== '').join('\n\n'),
    messages: items.filter((item) => !isSystem(item)).map(readItem),
    tools: asArray(tools).map((tool) => ({
      name: asString(tool['name']),
      description: asString(tool['description']),
      schema: tool['parameters'],
    })),
  };
}

/** Items stay single: a message of one text, one call, one result or one reasoning. */
function readItem(item: Json): RequestMessage {
  const nothing = { text: '', reasoning: '', toolCalls: [], toolResults: [] };
  const id = asString(item['call_id']);
  switch (item['type']) {
    case 'function_call': {
      const call = { id, name: asString(item['name']), input: parseJson(asString(item['arguments'])) };
      return { ...nothing, role: 'assistant', toolCalls: [call] };
    }
    case 'function_call_output':
      return { ...nothing, role: 'tool', toolResults: [{ id, text: textIn(item['output']) }] };
    case 'reasoning':
      return { ...nothing, role: 'assistant', reasoning: textIn(item['summary']) };
    default: {
      const role = item['role'] === 'assistant' ? 'assistant' : 'user';
      return { ...nothing, role, text: textIn(item['content']) };
    }
  }
}

class ResponsesWriter implements ReplyWriter {
  readonly interleaves = true;
  readonly #request: ModelRequest;
  readonly #calls = new Map<number, { outputIndex: number; id: string; call: Required<ScriptedCall>; text: string }>();
  #sequence = 0;
  #items = 0;
  #message: { outputIndex: number; id: string; text: string } | undefined;

  constructor(request: ModelRequest) {
    this.#request = request;
  }

  #event(type: string, data: Json): string {
    return sse({ type, sequence_number: this.#sequence++, ...data }, type);
  }

  #response(more: Json = {}): Json {
    const { index, model } = this.#request;
    return { id: `resp_${index}`, object: 'response', created_at: 1_700_000_000, model, ...more };
  }

  open(): string[] {
    return [
      this.#event('response.created', { response: this.#response({ status: 'in_progress' }) }),
      this.#event('response.in_progress', { response: this.#response({ status: 'in_progress' }) }),
    ];
  }

  text(delta: string): string[] {
    const frames: string[] = [];
    if (this.#message === undefined) {
      const outputIndex = this.#items++;
      this.#message = { outputIndex, id: `msg_${this.#request.index}_${outputIndex}`, text: '' };
      frames.push(
        this.#event('response.output_item.added', {
          output_index: outputIndex,
          item: { type: 'message', id: this.#message.id, status: 'in_progress', role: 'assistant', content: [] },
        }),
      );
    }
    const message = this.#message;
    message.text += delta;
    const at = { item_id: message.id, output_index: message.outputIndex, content_index: 0 };
    return [...frames, this.#event('response.output_text.delta', { ...at, delta })];
  }

  #endMessage(): string[] {
    const message = this.#message;
    if (message === undefined) return [];
    this.#message = undefined;
    const content = [{ type: 'output_text', text: message.text, annotations: [] }];
    return [
      this.#event('response.output_item.done', {
        output_index: message.outputIndex,
        item: { type: 'message', id: message.id, status: 'completed', role: 'assistant', content },
      }),
    ];
  }

  reasoning(text: string, signature: string | undefined): string[] {
    const frames = this.#endMessage();
    const outputIndex = this.#items++;
    const id = `rs_${this.#request.index}_${outputIndex}`;
    const item = { type: 'reasoning', id, encrypted_content: signature ?? null };
    const at = { item_id: id, output_index: outputIndex, summary_index: 0 };
    return [
      ...frames,
      this.#event('response.output_item.added', { output_index: outputIndex, item: { ...item, summary: [] } }),
      this.#event('response.reasoning_summary_part.added', { ...at, part: { type: 'summary_text', text: '' } }),
      this.#event('response.reasoning_summary_text.delta', { ...at, delta: text }),
      this.#event('response.reasoning_summary_part.done', { ...at, part: { type: 'summary_text', text } }),
      this.#event('response.output_item.done', {
        output_index: outputIndex,
        item: { ...item, summary: [{ type: 'summary_text', text }] },
      }),
    ];
  }

  callStart(index: number, call: Required<ScriptedCall>): string[] {
    const frames = this.#endMessage();
    const outputIndex = this.#items++;
    const id = `fc_${this.#request.index}_${outputIndex}`;
    this.#calls.set(index, { outputIndex, id, call, text: '' });
    const item = { type: 'function_call', id, call_id: call.id, name: call.name, arguments: '', status: 'in_progress' };
    return [...frames, this.#event('response.output_item.added', { output_index: outputIndex, item })];
  }

  callDelta(index: number, delta: string): string[] {
    const open = this.#calls.get(index);
    if (open === undefined) return [];
    open.text += delta;
    const at = { item_id: open.id, output_index: open.outputIndex };
    return [this.#event('response.function_call_arguments.delta', { ...at, delta })];
  }

  callEnd(index: number): string[] {
    const open = this.#calls.get(index);
    if (open === undefined) return [];
    const { outputIndex, id, call, text } = open;
    const item = {
      type: 'function_call',
      id,
      call_id: call.id,
      name: call.name,
      arguments: text,
      status: 'completed',
    };
    return [
      this.#event('response.function_call_arguments.done', { item_id: id, output_index: outputIndex, arguments: text }),
      this.#event('response.output_item.done', { output_index: outputIndex, item }),
    ];
  }

  error(message: string): string[] {
    return [this.#event('error', { error: { type: 'server_error', code: 'server_error', message, param: null } })];
  }

  close(finish: ScriptedFinish, usage: ScriptedUsage): string[] {
    const reason = { length: 'max_output_tokens', 'content-filter': 'content_filter', stop: null, 'tool-calls': null }[
      finish
    ];
    const response = this.#response({
      status: reason === null ? 'completed' : 'incomplete',
      incomplete_details: reason === null ? null : { reason },
      usage: {
        input_tokens: usage.input,
        input_tokens_details: { cached_tokens: usage.cached ?? 0 },
        output_tokens: usage.output,
        output_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
        total_tokens: usage.input + usage.output,
      },
    });
    const type = reason === null ? 'response.completed' : 'response.incomplete';
    return [...this.#endMessage(), this.#event(type, { response })];
  }
}
