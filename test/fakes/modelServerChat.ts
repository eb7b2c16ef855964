import {
  asArray,
  asObject,
  asString,
  parseJson,
  sse,
  textIn,
  type HttpFailure,
  type Json,
  type ModelRequest,
  type ParsedRequest,
  type ProtocolSpeaker,
  type ReplyWriter,
  type RequestMessage,
  type ScriptedFinish,
} from './modelServerWords';

/** OpenAI's chat completions, which OpenAI-compatible vendors and local servers speak. */
export const chatProtocol: ProtocolSpeaker = {
  protocol: 'chat',
  matches: (path) => path.endsWith('/chat/completions'),
  parse,
  writer,
  failure: openaiFailure,
};

function parse(body: unknown): ParsedRequest {
  const { model, messages, tools } = asObject(body);
  const all = asArray(messages);
  const isSystem = (message: Json) => message['role'] === 'system' || message['role'] === 'developer';
  return {
    model: asString(model),
    system: all
      .filter(isSystem)
      .map((message) => textIn(message['content']))
      .join('\n\n'),
    messages: all.filter((message) => !isSystem(message)).map(readMessage),
    tools: asArray(tools).map((tool) => {
      const spec = asObject(tool['function']);
      return { name: asString(spec['name']), description: asString(spec['description']), schema: spec['parameters'] };
    }),
  };
}

function readMessage(message: Json): RequestMessage {
  const role = message['role'] === 'assistant' ? 'assistant' : message['role'] === 'tool' ? 'tool' : 'user';
  const text = textIn(message['content']);
  return {
    role,
    text: role === 'tool' ? '' : text,
    reasoning: asString(message['reasoning_content']),
    toolCalls: asArray(message['tool_calls']).map((call) => {
      const spec = asObject(call['function']);
      return {
        id: asString(call['id']),
        name: asString(spec['name']),
        input: parseJson(asString(spec['arguments'])),
      };
    }),
    toolResults: role === 'tool' ? [{ id: asString(message['tool_call_id']), text }] : [],
  };
}

const FINISH: Record<ScriptedFinish, string> = {
  stop: 'stop',
  'tool-calls': 'tool_calls',
  length: 'length',
  'content-filter': 'content_filter',
};

function writer(request: ModelRequest): ReplyWriter {
  const head = {
    id: `chatcmpl-${request.index}`,
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: request.model,
  };
  const delta = (change: unknown) => [
    sse({ ...head, choices: [{ index: 0, delta: change, logprobs: null, finish_reason: null }] }),
  ];
  return {
    interleaves: true,
    open: () => delta({ role: 'assistant', content: '' }),
    text: (content) => delta({ content }),
    reasoning: (reasoning_content) => delta({ reasoning_content }),
    callStart: (index, { id, name }) =>
      delta({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }),
    callDelta: (index, text) => delta({ tool_calls: [{ index, function: { arguments: text } }] }),
    callEnd: () => [],
    error: (message) => [sse({ error: { message, type: 'server_error', param: null, code: null } })],
    close: (finish, { input, output, cached = 0, reasoning = 0 }) => [
      sse({ ...head, choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: FINISH[finish] }] }),
      sse({
        ...head,
        choices: [],
        usage: {
          prompt_tokens: input,
          completion_tokens: output,
          total_tokens: input + output,
          prompt_tokens_details: { cached_tokens: cached },
          completion_tokens_details: { reasoning_tokens: reasoning },
        },
      }),
      sse('[DONE]'),
    ],
  };
}

/** OpenAI's error bodies, of chat completions and of Responses. */
export function openaiFailure({ status, why }: HttpFailure, model: string) {
  const body = (message: string, type: string, code: string | null) => ({
    status,
    body: { error: { message, type, param: null, code } },
  });
  if (why === 'context')
    return body(
      "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens. Please reduce the length of the messages.",
      'invalid_request_error',
      'context_length_exceeded',
    );
  if (why === 'quota')
    return body(
      'You exceeded your current quota, please check your plan and billing details.',
      'insufficient_quota',
      'insufficient_quota',
    );
  switch (status) {
    case 401:
      return body(
        'Incorrect API key provided: sk-wrong-********3456. You can find your API key at https://platform.openai.com/account/api-keys.',
        'invalid_request_error',
        'invalid_api_key',
      );
    case 404:
      return body(
        `The model \`${model}\` does not exist or you do not have access to it.`,
        'invalid_request_error',
        'model_not_found',
      );
    case 429:
      return body(
        `Rate limit reached for ${model} in organization org-1 on requests per min (RPM): Limit 3, Used 3, Requested 1.`,
        'requests',
        'rate_limit_exceeded',
      );
    case 400:
      return body("Invalid type for 'messages'.", 'invalid_request_error', 'invalid_type');
    case 503:
    case 529:
      return body('The engine is currently overloaded, please try again later.', 'server_error', null);
    default:
      return body('The server had an error while processing your request. Sorry about that!', 'server_error', null);
  }
}
