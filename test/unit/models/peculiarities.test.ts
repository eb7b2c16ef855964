import assert from 'node:assert/strict';
import type { LanguageModelV4Prompt } from '@ai-sdk/provider';
import { Peculiarities, type Body } from '../../../src/models/peculiarities';
import type { ProviderKind } from '../../../src/models/providerSettings';
import { eventStream, RawServer } from '../../fakes/rawServer';
import { ask, modelErrorOf, modelOn } from './endpointHarness';

const OK = eventStream([{ choices: [{ index: 0, delta: { content: 'ok' }, finish_reason: 'stop' }] }]);

/** After a call that came without reasoning, or with it. */
function afterCall(reasoning?: string): LanguageModelV4Prompt {
  const options = { acme: { field: 'reasoning_content', family: 'large' } };
  return [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: [{ type: 'text', text: 'hello' }] },
    {
      role: 'assistant',
      content: [
        ...(reasoning === undefined ? [] : [{ type: 'reasoning' as const, text: reasoning, providerOptions: options }]),
        { type: 'tool-call', toolCallId: 'a', toolName: 'read_file', input: {} },
      ],
    },
    {
      role: 'tool',
      content: [{ type: 'tool-result', toolCallId: 'a', toolName: 'read_file', output: { type: 'text', value: 'x' } }],
    },
  ];
}

type Messages = readonly Body[];
const messagesOf = (body: Body) => body['messages'] as Messages;

interface Lesson {
  readonly name: string;
  readonly kind?: ProviderKind;
  /** What the server says as long as the request is `wrong`. */
  readonly refusal: unknown;
  readonly wrong: (body: Body) => boolean;
  readonly right: (body: Body) => boolean;
  readonly prompt?: LanguageModelV4Prompt;
}

const LESSONS: readonly Lesson[] = [
  {
    name: 'M25 max_completion_tokens instead of max_tokens',
    refusal: {
      error: {
        message:
          "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        type: 'invalid_request_error',
        param: 'max_tokens',
        code: 'unsupported_parameter',
      },
    },
    wrong: (body) => 'max_tokens' in body,
    right: (body) => body['max_completion_tokens'] === 8192,
  },
  {
    name: 'the most tokens that the model puts out',
    refusal: {
      error: { message: 'max_tokens is too large: 8192. This model supports at most 4096 completion tokens.' },
    },
    wrong: (body) => Number(body['max_tokens']) > 4096,
    right: (body) => body['max_tokens'] === 4096,
  },
  {
    name: 'the range of max_tokens',
    refusal: { error: { message: 'Invalid max_tokens value, the valid range of max_tokens is [1, 2048]' } },
    wrong: (body) => Number(body['max_tokens']) > 2048,
    right: (body) => body['max_tokens'] === 2048,
  },
  {
    name: 'no stream_options',
    refusal: {
      detail: [
        {
          type: 'extra_forbidden',
          loc: ['body', 'stream_options'],
          msg: 'Extra inputs are not permitted',
        },
      ],
    },
    wrong: (body) => 'stream_options' in body,
    right: (body) => body['stream'] === true,
  },
  {
    name: 'no system role',
    refusal: { error: 'System role not supported' },
    wrong: (body) => messagesOf(body).some(({ role }) => role === 'system'),
    right: (body) => messagesOf(body)[0]?.['content'] === 'Be brief.\n\nhello',
  },
  {
    name: 'M22 an empty reasoning_content with calls that have none',
    refusal: {
      error: {
        message: 'thinking is enabled but reasoning_content is missing in assistant tool call message at index 2',
      },
    },
    prompt: afterCall(),
    wrong: (body) => messagesOf(body).some((message) => 'tool_calls' in message && !('reasoning_content' in message)),
    right: (body) => messagesOf(body).some((message) => message['reasoning_content'] === ''),
  },
  {
    name: 'M20 no reasoning under a name that is refused',
    refusal: {
      error: {
        message:
          "'messages.2' : for 'role:assistant' the following must be satisfied[('messages.2' : property 'reasoning_content' is unsupported)]",
      },
    },
    prompt: afterCall('Hm.'),
    wrong: (body) => messagesOf(body).some((message) => 'reasoning_content' in message),
    right: (body) => messagesOf(body).some((message) => 'tool_calls' in message),
  },
  {
    name: 'M26 no cache_control of the request',
    kind: 'anthropic',
    refusal: {
      type: 'error',
      error: { type: 'invalid_request_error', message: 'cache_control: Extra inputs are not permitted' },
    },
    prompt: [
      { role: 'system', content: 'Be brief.', providerOptions: { anthropic: { cacheControl: { type: 'ephemeral' } } } },
      { role: 'user', content: [{ type: 'text', text: 'hello' }] },
    ],
    wrong: (body) => 'cache_control' in body,
    right: (body) => JSON.stringify(body['system']).includes('cache_control'),
  },
];

const ANTHROPIC_OK = [
  {
    type: 'message_start',
    message: { id: 'm', role: 'assistant', content: [], model: 'c', usage: { input_tokens: 1, output_tokens: 1 } },
  },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'ok' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } },
  { type: 'message_stop' },
];

describe('what a model server refuses', () => {
  let server: RawServer;
  beforeEach(async () => {
    server = await RawServer.start(() => ({ body: OK }));
  });
  afterEach(() => server.close());

  for (const { name, kind = 'openai-compatible', refusal, wrong, right, prompt } of LESSONS) {
    it(`is learned from its answer, once: ${name}`, async () => {
      server.answer = ({ body }) =>
        wrong(body as Body)
          ? { status: 400, headers: { 'content-type': 'application/json' }, body: JSON.stringify(refusal) }
          : { body: kind === 'anthropic' ? eventStream(ANTHROPIC_OK, '') : OK };
      const counterpart = { kind, host: 'acme', modelId: 'large' };
      const peculiarities = new Peculiarities(counterpart);
      // A model is made anew for each turn; what was learned stays.
      for (const requests of [2, 3]) {
        const model = await modelOn(server, kind, { peculiarities });
        const waits: string[] = [];
        const options = { ...(prompt === undefined ? {} : { prompt }), onWait: () => waits.push('waited') };
        assert.equal((await ask(model, options)).text, 'ok');
        assert.deepEqual([server.requests.length, waits], [requests, []]);
        assert.ok(right(server.requests.at(-1)?.body as Body));
      }
    });
  }

  it('ends the request where it refuses what was learned, too', async () => {
    const [{ refusal }] = LESSONS as readonly [Lesson];
    server.answer = () => ({ status: 400, body: JSON.stringify(refusal) });
    const error = await modelErrorOf(ask(await modelOn(server, 'openai-compatible')));
    assert.equal(error.kind, 'bad-request');
    assert.ok(server.requests.length <= 3);
  });

  it('is known of some vendors without asking', () => {
    const body: Body = { max_tokens: 5, stream_options: {}, messages: [{ role: 'assistant', tool_calls: [] }] };
    const amended = (host: string, modelId: string) =>
      new Peculiarities({ kind: 'openai-compatible', host, modelId }).amend(body);
    assert.deepEqual(amended('api.example.com', 'gpt-5'), body);
    assert.equal(amended('api.openai.com', 'gpt-4o')['max_completion_tokens'], 5);
    assert.equal(amended('me.openai.azure.com', 'gpt-5-mini')['max_completion_tokens'], 5);
    assert.equal('stream_options' in amended('api.mistral.ai', 'magistral'), false);
    const [kimi] = messagesOf(amended('api.moonshot.ai', 'kimi-k2-thinking'));
    assert.equal(kimi?.['reasoning_content'], '');
  });
});

describe('what the settings add to a request (M33)', () => {
  let server: RawServer;
  beforeEach(async () => {
    server = await RawServer.start(() => ({ status: 418, body: '{"error":{"message":"no: gw-0123456789abcdef"}}' }));
  });
  afterEach(() => server.close());

  const efforts: readonly [ProviderKind, RegExp][] = [
    ['openai-compatible', /"reasoning_effort":"high"/],
    ['openai', /"reasoning":\{"effort":"high"/],
    ['anthropic', /"thinking":\{/],
    ['google', /"thinking(Config|Level|Budget)/],
  ];
  for (const [kind, effort] of efforts) {
    it(`is sent by kind ${kind}, and a header’s value is never shown`, async () => {
      const provider = { headers: { 'X-Gateway': 'gw-0123456789abcdef' }, extraBody: { route: 'fast', user: 'me' } };
      const model = { reasoningEffort: 'high' as const, extraBody: { user: 'you', max_tokens: null } };
      const error = await modelErrorOf(ask(await modelOn(server, kind, { provider, model })));
      const { headers, body } = server.requests[0] ?? assert.fail();
      assert.equal(headers['x-gateway'], 'gw-0123456789abcdef');
      const sent = body as Body;
      assert.deepEqual([sent['route'], sent['user'], 'max_tokens' in sent], ['fast', 'you', false]);
      assert.match(JSON.stringify(body), effort);
      assert.ok(error.message.includes('no: ***') && !error.message.includes('gw-0123'));
    });
  }

  it('a header of the user’s takes the place of ours', async () => {
    const provider = { headers: { Authorization: 'Token abc', 'api-key': 'k' } };
    await modelErrorOf(ask(await modelOn(server, 'openai-compatible', { provider })));
    const { headers } = server.requests[0] ?? assert.fail();
    assert.deepEqual([headers.authorization, headers['api-key']], ['Token abc', 'k']);
  });

  it('a query in baseUrl stays behind the path', async () => {
    const provider = { baseUrl: `${server.url}/openai/deployments/x?api-version=2025-01-01` };
    await modelErrorOf(ask(await modelOn(server, 'openai-compatible', { provider })));
    assert.equal(server.requests[0]?.path, '/openai/deployments/x/chat/completions?api-version=2025-01-01');
  });
});
