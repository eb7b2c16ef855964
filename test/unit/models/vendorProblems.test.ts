import assert from 'node:assert/strict';
import { eventStream, RawServer } from '../../fakes/rawServer';
import { classify, type Failure } from '../../../src/models/failure';
import { HttpFault } from '../../../src/models/answerFaults';
import { ask, modelErrorOf, modelOn } from './endpointHarness';

function failureOf(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Failure {
  return classify(new HttpFault(status, typeof body === 'string' ? body : JSON.stringify(body), headers), 0);
}

type Case = readonly [status: number, body: unknown];

const error = (message: string, more: object = {}) => ({ error: { message, ...more } });

// M24
const TOO_LONG: readonly Case[] = [
  [400, error("This model's maximum prompt length is 131072 but the request contains 136973 tokens.")],
  [400, error('Prompt exceeds max length', { code: '1261' })],
  [
    400,
    {
      code: 'InvalidParameter',
      message: '<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 129024]',
    },
  ],
  [
    422,
    {
      error:
        'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 `inputs` tokens and 512 `max_new_tokens`',
      error_type: 'validation',
    },
  ],
  [422, { error: '`inputs` must have less than 4096 tokens. Given: 5000' }],
  [
    400,
    error("This model's maximum context length is 65536 tokens. However, you requested 70000 tokens", {
      code: 'context_length_exceeded',
    }),
  ],
  [400, error('prompt is too long: 210000 tokens > 200000 maximum', { type: 'invalid_request_error' })],
  [400, error('input length and `max_tokens` exceed context limit: 190000 + 32000 > 200000')],
  [413, error('Request exceeds the maximum size', { type: 'request_too_large' })],
  [400, error('Input is too long for requested model.')],
  [
    400,
    error('The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).', {
      status: 'INVALID_ARGUMENT',
    }),
  ],
  [
    413,
    error('Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 9000', {
      code: 'rate_limit_exceeded',
    }),
  ],
  [
    400,
    error('Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192', {
      code: 'context_length_exceeded',
    }),
  ],
  [400, error('Invalid request: Your request exceeded model token limit: 8192 (requested: 9000)')],
  [
    400,
    {
      message: 'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
      object: 'error',
    },
  ],
  [400, { message: 'too many tokens: total number of tokens in the prompt exceeds the limit of 4081' }],
  [400, error('The prompt is too long: 140000, model maximum context length: 131071')],
  [
    400,
    {
      object: 'error',
      message: 'The decoder prompt (length 5000) is longer than the maximum model length of 4096.',
      code: 400,
    },
  ],
  [
    400,
    {
      object: 'error',
      message: "The input (9000 tokens) is longer than the model's context length (8192 tokens).",
      code: 400,
    },
  ],
  [
    400,
    error('the request exceeds the available context size. try increasing the context size', {
      type: 'exceed_context_size_error',
      n_ctx: 4096,
    }),
  ],
  [500, { error: 'input length exceeds maximum context length' }],
  [
    400,
    {
      error:
        'Trying to keep the first 9000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens',
    },
  ],
  [
    400,
    error('prompt token count of 140000 exceeds the limit of 128000', { code: 'model_max_prompt_tokens_exceeded' }),
  ],
  [400, { base_resp: { status_code: 2013, status_msg: 'invalid params, context window exceeds limit' } }],
  [400, { code: 20015, message: 'length of prompt_tokens (70000) must be less than max_seq_len (32768).' }],
  [400, error('Total tokens of image and text exceed max message tokens')],
  [400, { error_code: 336103, error_msg: 'Prompt tokens too long' }],
  [400, error('输入内容超过模型最大长度限制')],
  [400, error('请求的token数超出限制')],
  [
    400,
    error('Provider returned error', {
      code: 400,
      metadata: { raw: '{"error":{"message":"Input is too long for requested model"}}' },
    }),
  ],
];

// M23
const NO_MONEY: readonly Case[] = [
  [402, error('Insufficient Balance', { type: 'unknown_error', code: 'invalid_request_error' })],
  [429, error('余额不足或无可用资源包,请充值。', { code: '1113' })],
  [
    429,
    error('You exceeded your current token quota, please check your account balance', {
      type: 'exceeded_current_quota_error',
    }),
  ],
  [403, error('Your account is suspended due to insufficient balance, please recharge')],
  [
    429,
    error('You exceeded your current quota, please check your plan and billing details.', {
      code: 'insufficient_quota',
    }),
  ],
  [400, error('Your credit balance is too low to access the Anthropic API.', { type: 'invalid_request_error' })],
  [402, error('This request requires more credits, or fewer max_tokens.', { code: 402 })],
  [403, { error: 'Your newly created team doesn’t have any credits yet, or has used all available credits' }],
  [400, { code: 'Arrearage', message: 'Access denied, please make sure your account is in good standing.' }],
  [200, { base_resp: { status_code: 1008, status_msg: 'insufficient balance' } }],
];

// M34
const NO_TOOLS: readonly Case[] = [
  [500, error('tools param requires --jinja flag', { code: 500, type: 'server_error' })],
  [400, error('registry.ollama.ai/library/gemma:2b does not support tools', { type: 'api_error' })],
  [
    400,
    {
      object: 'error',
      message: '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
    },
  ],
  [404, error('No endpoints found that support tool use. To learn more about provider routing…', { code: 404 })],
  [400, error('Function calling is not enabled for models/gemma-3')],
  [400, error('`tool calling` is not supported with this model')],
];

describe('a failed answer', () => {
  for (const [status, body] of TOO_LONG) {
    it(`M24 is an overflow: ${JSON.stringify(body)}`, () => {
      const { kind, retry } = failureOf(status, body);
      assert.deepEqual([kind, retry], ['context-overflow', 'never']);
    });
  }

  for (const [status, body] of NO_MONEY.filter(([code]) => code !== 200)) {
    it(`M23 is a matter of credit, tried once: ${JSON.stringify(body)}`, () => {
      const { about, retry } = failureOf(status, body);
      assert.deepEqual([about, retry], ['credit', 'never']);
    });
  }

  for (const [status, body] of NO_TOOLS) {
    it(`M34 is about tools, tried once: ${JSON.stringify(body)}`, () => {
      const { about, retry } = failureOf(status, body);
      assert.deepEqual([about, retry], ['tools', 'never']);
    });
  }

  /** What sounds like one of these and is none. */
  const others: readonly [number, unknown, Failure['kind'], Failure['retry']][] = [
    [
      429,
      error('Rate limit reached: Limit 30000 tokens per minute, input tokens exceed', { code: 'rate_limit_exceeded' }),
      'rate-limit',
      'together',
    ],
    [
      429,
      [
        {
          error: {
            code: 429,
            status: 'RESOURCE_EXHAUSTED',
            message: 'You exceeded your current quota, please check your plan and billing details.',
            details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34s' }],
          },
        },
      ],
      'rate-limit',
      'together',
    ],
    [
      400,
      error("Invalid 'tools[0].function.name': string too long. Expected a string with maximum length 64"),
      'bad-request',
      'never',
    ],
    [
      400,
      error('The response was filtered', {
        code: 'content_filter',
        status: 400,
        innererror: { code: 'ResponsibleAIPolicyViolation' },
      }),
      'refused',
      'never',
    ],
    [
      400,
      { code: 'data_inspection_failed', message: 'Input data may contain inappropriate content.' },
      'refused',
      'never',
    ],
    [400, error('系统检测到输入或生成内容可能包含不安全或敏感内容', { code: '1301' }), 'refused', 'never'],
    [429, error('您的账户已达到速率限制', { code: '1302' }), 'rate-limit', 'together'],
    [
      429,
      error('The engine is currently overloaded, please try again later', { type: 'engine_overloaded_error' }),
      'overload',
      'together',
    ],
    [503, error('Loading model', { code: 503, type: 'unavailable_error' }), 'overload', 'together'],
    [500, error('Something broke'), 'server', 'alone'],
    [401, error('Invalid Authentication', { type: 'invalid_authentication_error' }), 'auth', 'never'],
    [404, error('The model `x` does not exist', { code: 'model_not_found' }), 'not-found', 'never'],
    [422, { detail: [{ loc: ['body', 'messages'], msg: 'field required' }] }, 'bad-request', 'never'],
  ];
  for (const [status, body, kind, retry] of others) {
    it(`is ${kind}: ${JSON.stringify(body).slice(0, 100)}`, () => {
      const failure = failureOf(status, body);
      assert.deepEqual([failure.kind, failure.retry], [kind, retry]);
    });
  }

  it('M13 without a word of a model is about the address', () => {
    for (const [status, body] of [
      [404, '404 page not found'],
      [404, '<html>Not Found</html>'],
      [404, ''],
      [405, { detail: 'Method Not Allowed' }],
      [404, { detail: 'Not Found' }],
    ] as const) {
      assert.equal(failureOf(status, body).about, 'address');
    }
  });

  it('M27 is told in the words of the one who failed', () => {
    for (const [body, words] of [
      [
        error('Provider returned error', {
          code: 502,
          metadata: { provider_name: 'Some', raw: '{"error":{"message":"The GPU is on fire"}}' },
        }),
        'The GPU is on fire',
      ],
      [error('Provider returned error', { metadata: { raw: 'upstream said: on fire' } }), 'upstream said: on fire'],
      [[{ error: { code: 500, message: 'Internal fire', status: 'INTERNAL' } }], 'Internal fire'],
      [{ errors: [{ message: 'AiError: fire', code: 5007 }], success: false }, 'AiError: fire'],
      [{ error: { message: '{"error":{"message":"inner fire"}}' } }, 'inner fire'],
      [{ detail: [{ loc: ['body', 'messages', 0], msg: 'fire' }] }, 'body.messages.0: fire'],
      [{ error: { error: { message: 'deep fire' } } }, 'deep fire'],
      ['plain fire', 'plain fire'],
    ] as const) {
      assert.equal(failureOf(500, body).detail, words);
    }
  });

  it('M27 waits as long as Google asks for, also where the body is a list', () => {
    const [, body] = others[1] ?? assert.fail();
    assert.equal(failureOf(429, body).retryAfterMs, 34_000);
  });
});

describe('a failure that is told in words only, as models of VS Code do', () => {
  for (const [message, kind, retry] of [
    ['429 Too Many Requests: rate limit exceeded', 'rate-limit', 'together'],
    ['Error: HTTP 429', 'rate-limit', 'together'],
    ['The service is overloaded. Try later.', 'overload', 'together'],
    ['502 Bad Gateway', 'server', 'alone'],
    ['Insufficient balance', 'rate-limit', 'never'],
    ['prompt is too long', 'context-overflow', 'never'],
    ['Cannot read properties of undefined (reading 429)', 'server', 'never'],
  ] as const) {
    it(`is ${kind}: ${message}`, () => {
      const failure = classify(new Error(message), 0);
      assert.deepEqual([failure.kind, failure.retry], [kind, retry]);
    });
  }
});

describe('what cannot be mended by trying again', () => {
  let server: RawServer;
  beforeEach(async () => {
    server = await RawServer.start(() => ({ body: '' }));
  });
  afterEach(() => server.close());

  for (const [status, body] of [...NO_MONEY, ...NO_TOOLS]) {
    it(`costs one attempt and says why: ${JSON.stringify(body)}`, async () => {
      server.answer = () => ({ status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
      const { message } = await modelErrorOf(ask(await modelOn(server, 'openai-compatible')));
      assert.match(message, /^The quota or credit at acme is used up|^acme\/large takes no tools/);
      assert.equal(server.requests.length, 1);
    });
  }

  it('is told within a stream as well', async () => {
    server.answer = () => ({ body: eventStream([error('Insufficient Balance', { code: 402 })]) });
    await modelErrorOf(ask(await modelOn(server, 'openai-compatible')));
    assert.equal(server.requests.length, 1);
  });
});
