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
  type ScriptedCall,
  type ScriptedFinish,
} from './modelServerWords';

/** Google's streamGenerateContent. */
export const googleProtocol: ProtocolSpeaker = {
  protocol: 'google',
  matches: (path) => path.endsWith(':streamGenerateContent'),
  parse,
  writer,
  failure,
};

function parse(body: unknown, path: string): ParsedRequest {
  const { systemInstruction, contents, tools } = asObject(body);
  return {
    model: decodeURIComponent(/models\/([^/:]+):/.exec(path)?.[1] ?? ''),
    system: textIn(asObject(systemInstruction)['parts']),
    messages: asArray(contents).map(readContent),
    tools: asArray(tools)
      .flatMap((tool) => asArray(tool['functionDeclarations']))
      .map((spec) => ({
        name: asString(spec['name']),
        description: asString(spec['description']),
        schema: spec['parameters'],
      })),
  };
}

function readContent(content: Json): RequestMessage {
  const parts = asArray(content['parts']);
  const toolResults = parts.flatMap((part) => {
    if (part['functionResponse'] === undefined) return [];
    const { id, name, response } = asObject(part['functionResponse']);
    const { content: text } = asObject(response);
    return [{ id: asString(id) || asString(name), text: asString(text) || JSON.stringify(response) }];
  });
  return {
    role: content['role'] === 'model' ? 'assistant' : toolResults.length > 0 ? 'tool' : 'user',
    text: textIn(parts.filter((part) => part['thought'] !== true)),
    reasoning: textIn(parts.filter((part) => part['thought'] === true)),
    toolCalls: parts.flatMap((part) => {
      if (part['functionCall'] === undefined) return [];
      const { id, name, args } = asObject(part['functionCall']);
      return [{ id: asString(id) || asString(name), name: asString(name), input: args }];
    }),
    toolResults,
  };
}

const FINISH: Record<ScriptedFinish, string> = {
  stop: 'STOP',
  'tool-calls': 'STOP',
  length: 'MAX_TOKENS',
  'content-filter': 'SAFETY',
};

/** A call comes whole, in one part: its deltas are gathered until it ends. */
function writer(request: ModelRequest): ReplyWriter {
  const open = new Map<number, { readonly call: Required<ScriptedCall>; text: string }>();
  const head = { modelVersion: request.model, responseId: `resp-${request.index}` };
  const part = (value: Json) => [
    sse({ candidates: [{ content: { role: 'model', parts: [value] }, index: 0 }], ...head }),
  ];
  return {
    interleaves: false,
    open: () => [],
    text: (text) => part({ text }),
    reasoning: (text, thoughtSignature) =>
      part({ text, thought: true, ...(thoughtSignature === undefined ? {} : { thoughtSignature }) }),
    callStart(index, call) {
      open.set(index, { call, text: '' });
      return [];
    },
    callDelta(index, delta) {
      const entry = open.get(index);
      if (entry !== undefined) entry.text += delta;
      return [];
    },
    callEnd(index) {
      const entry = open.get(index);
      if (entry === undefined) return [];
      const { id, name } = entry.call;
      return part({ functionCall: { id, name, args: parseJson(entry.text) } });
    },
    error: (message) => [sse({ error: { code: 503, message, status: 'UNAVAILABLE' } })],
    close: (finish, { input, output, cached = 0, reasoning = 0 }) => [
      sse({
        candidates: [{ content: { role: 'model', parts: [{ text: '' }] }, finishReason: FINISH[finish], index: 0 }],
        usageMetadata: {
          promptTokenCount: input,
          candidatesTokenCount: output - reasoning,
          thoughtsTokenCount: reasoning,
          cachedContentTokenCount: cached,
          totalTokenCount: input + output,
        },
        ...head,
      }),
    ],
  };
}

function failure({ status, why }: HttpFailure, model: string) {
  const body = (code: number, message: string, name: string, details: readonly Json[] = []) => ({
    status: code,
    body: { error: { code, message, status: name, details } },
  });
  if (why === 'context')
    return body(
      400,
      'The input token count (1100000) exceeds the maximum number of tokens allowed (1048576).',
      'INVALID_ARGUMENT',
    );
  switch (status) {
    case 401:
      return body(400, 'API key not valid. Please pass a valid API key.', 'INVALID_ARGUMENT', [
        { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID', domain: 'googleapis.com' },
      ]);
    case 404:
      return body(
        404,
        `models/${model} is not found for API version v1beta, or is not supported for generateContent.`,
        'NOT_FOUND',
      );
    case 429:
      return body(
        429,
        'You exceeded your current quota, please check your plan and billing details.',
        'RESOURCE_EXHAUSTED',
        [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '7s' }],
      );
    case 400:
      return body(400, 'Request contains an invalid argument.', 'INVALID_ARGUMENT');
    case 503:
    case 529:
      return body(503, 'The model is overloaded. Please try again later.', 'UNAVAILABLE');
    default:
      return body(500, 'An internal error has occurred.', 'INTERNAL');
  }
}
