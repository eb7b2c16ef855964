import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AgentModel } from '../../../../src/agent/model';
import { eventStream, RawServer, type RawAnswer } from '../../../fakes/rawServer';
import { ask, modelErrorOf } from '../endpointHarness';
import { assistantIn, modelAt, promptAfter } from './chatHarness';

describe('a stream of chat completions', () => {
  let server: RawServer;
  beforeEach(async () => {
    server = await RawServer.start(() => ({ body: '' }));
  });
  afterEach(() => server.close());

  const model = (modelId?: string, id?: string): Promise<AgentModel> => modelAt(server.url, modelId, id);
  const said = (body: RawAnswer['body'], more: Partial<RawAnswer> = {}) => {
    server.answer = () => ({ body, ...more });
  };
  const chunk = (delta: unknown, more: object = {}) => ({ choices: [{ index: 0, delta, ...more }] });

  it('M28 is complete without a finish_reason where the server says so in another way, else it is a cut', async () => {
    said(eventStream([chunk({ content: 'Yes.' })]));
    assert.equal((await ask(await model())).text, 'Yes.');
    said(eventStream([chunk({ content: 'Yes.' })], ''));
    assert.equal((await modelErrorOf(ask(await model()))).kind, 'cut');
  });

  it('is a cut where the server ends it with an error of its own (M10)', async () => {
    for (const reason of ['error', 'abort', 'network_error', 'insufficient_system_resource']) {
      said(eventStream([chunk({ content: 'Do' }), chunk({}, { finish_reason: reason })]));
      assert.equal((await modelErrorOf(ask(await model()))).kind, 'cut', reason);
    }
  });

  it('is a cut where a chunk cannot be read', async () => {
    said(eventStream([chunk({ content: 'Do' }), '{"choices":[{', chunk({}, { finish_reason: 'stop' })]));
    assert.equal((await modelErrorOf(ask(await model()))).kind, 'cut');
  });

  it('tells the fault that the server reports in the middle of it, in its words', async () => {
    for (const fault of [
      { error: { message: 'The disk is full of cats', code: 500 } },
      { error: 'The disk is full of cats' },
      { object: 'error', message: 'The disk is full of cats', code: 50001 },
      {
        ...chunk(
          { content: '' },
          { finish_reason: 'error', error: { code: 502, message: 'The disk is full of cats' } },
        ),
      },
      { choices: null, base_resp: { status_code: 2048, status_msg: 'The disk is full of cats' } },
    ]) {
      said(eventStream([chunk({ content: 'Do' }), fault]));
      const error = await modelErrorOf(ask(await model()));
      assert.equal(error.kind, 'server', JSON.stringify(fault));
      assert.match(error.message, /full of cats/);
    }
    said(`event: error\ndata: {"message":"The disk is full of cats"}\n\n`);
    assert.match((await modelErrorOf(ask(await model()))).message, /full of cats/);
  });

  it('may come in one piece, unstreamed', async () => {
    const body = JSON.stringify({
      object: 'chat.completion',
      choices: [
        {
          message: {
            role: 'assistant',
            content: 'Whole.',
            tool_calls: [{ id: 'a', function: { name: 'read_file', arguments: '{}' } }],
          },
          finish_reason: 'tool_calls',
        },
      ],
      usage: { prompt_tokens: 3, completion_tokens: 2 },
    });
    said(body, { headers: { 'content-type': 'application/json' } });
    const { text, calls, finish } = await ask(await model());
    assert.deepEqual([text, calls.length, finish.usage.outputTokens.total], ['Whole.', 1, 2]);
  });

  it('M13 that is none costs one attempt, and says what came instead', async () => {
    for (const [body, words] of [
      ['{"error":"Unexpected endpoint or method. (POST /chat/completions)"}', /Unexpected endpoint or method/],
      ['<!doctype html><title>Welcome</title>', /Check baseUrl/],
      ['Welcome to nginx', /Welcome to nginx/],
      ['{"status":"ok"}', /Check baseUrl/],
      ['"fine"', /Check baseUrl/],
    ] as const) {
      const before = server.requests.length;
      said(body, { headers: { 'content-type': 'text/html' } });
      const error = await modelErrorOf(ask(await model()));
      assert.equal(error.kind, 'not-found');
      assert.match(error.message, words);
      assert.match(error.message, /Check baseUrl of acme/);
      assert.equal(server.requests.length, before + 1);
    }
  });

  it('M5 holds arguments in every form, and a call without a name is told to the model', async () => {
    const call = (fn: object, more: object = {}) =>
      chunk({ tool_calls: [{ index: 0, id: 'a', function: fn, ...more }] });
    for (const [chunks, input] of [
      [[call({ name: 'read_file', arguments: null })], {}],
      [[call({ name: 'read_file', arguments: 'null' })], {}],
      [[call({ name: 'read_file' })], {}],
      [[call({ name: 'read_file', arguments: '{}' }), call({ arguments: '{"path":"a"}' })], { path: 'a' }],
      [[call({ name: 'read_file', arguments: '"{\\"path\\":\\"a\\"}"' })], { path: 'a' }],
      [
        [
          call({ name: 'read_file', arguments: '{"path":"a"}' }),
          call({ name: 'read_file', arguments: '{"path":"a"}' }),
        ],
        { path: 'a' },
      ],
    ] as const) {
      said(eventStream([...chunks, chunk({}, { finish_reason: 'tool_calls' })]));
      const { calls } = await ask(await model());
      assert.deepEqual(
        calls.map(({ name, input: got }) => [name, got]),
        [['read_file', input]],
      );
    }
    said(eventStream([call({ arguments: '{"path":"a"}' }), chunk({}, { finish_reason: 'tool_calls' })]));
    assert.deepEqual(
      (await ask(await model())).calls.map(({ name }) => name),
      ['unnamed_tool'],
    );
  });

  // C75
  const whole = JSON.stringify({ choices: [{ message: { content: 'Hi.' }, finish_reason: 'stop' }] });
  const hi = [chunk({ content: 'Hi.' }), chunk({}, { finish_reason: 'stop' })];
  const lines = hi.map((one) => JSON.stringify(one)).join('\n');
  for (const [how, body] of [
    ['in one piece behind a mark of byte order', `\uFEFF${whole}`],
    ['behind a mark of byte order, with CRLF', `\uFEFF${eventStream(hi).replaceAll('\n', '\r\n')}`],
    ['as lines of JSON', lines],
    ['as a list of chunks', JSON.stringify(hi)],
    ['without blank lines between its events', eventStream(hi).replaceAll('\n\n', '\n')],
    ['wrapped twice', eventStream(hi).replaceAll('data: ', 'data: data: ')],
    ['with an error of empty fields', eventStream(hi.map((one) => ({ ...one, error: { code: 0, message: '' } })))],
    [
      'under a number that is a text',
      eventStream(hi.map(({ choices }) => ({ choices: choices.map((one) => ({ ...one, index: '0' })) }))),
    ],
    [
      'under another number',
      eventStream(hi.map(({ choices }) => ({ choices: choices.map((one) => ({ ...one, index: 1 })) }))),
    ],
    ['after its reason for the end', eventStream(hi.toReversed())],
    ['before more than one end', `${eventStream(hi)}data: [DONE]\n\n${eventStream(hi)}`],
  ] as const)
    it(`is read ${how}`, async () => {
      said(body);
      assert.equal((await ask(await model())).text, 'Hi.');
      assert.equal(server.requests.length, 1);
    });

  const piece = (id: string, args: unknown, more: object = { index: 0 }) => ({
    id,
    function: { name: 'read_file', arguments: args },
    ...more,
  });
  for (const [how, pieces, paths] of [
    ['of one id and one index', [piece('x', '{"path":"a"}'), piece('x', '{"path":"b"}')], ['a', 'b']],
    ['of one id without an index', [piece('x', '{"path":"a"}', {}), piece('x', '{"path":"b"}', {})], ['a', 'b']],
    ['of one id and two indices', [piece('x', '{"path":"a"}'), piece('x', '{"path":"b"}', { index: 1 })], ['a', 'b']],
    ['of which each piece has an id of its own', [piece('x', '{"pa'), piece('y', 'th":'), piece('z', '"a"}')], ['a']],
    [
      'of which each piece repeats those before',
      [piece('x', '{"path"'), piece('x', '{"path":"a'), piece('x', '{"path":"a"}')],
      ['a'],
    ],
    [
      'with arguments under the name of another protocol',
      [{ id: 'x', index: 0, function: { name: 'read_file', input: { path: 'a' } } }],
      ['a'],
    ],
  ] as const)
    it(`M5 holds calls ${how}`, async () => {
      said(
        eventStream([...pieces.map((one) => chunk({ tool_calls: [one] })), chunk({}, { finish_reason: 'tool_calls' })]),
      );
      const { calls } = await ask(await model());
      assert.deepEqual(
        calls.map(({ input }) => input),
        paths.map((path) => ({ path })),
      );
      assert.equal(new Set(calls.map(({ id }) => id)).size, paths.length);
    });

  it('ends, whatever comes: nothing hangs, nothing is called twice', async () => {
    const json = fc.jsonValue({ maxDepth: 3 });
    const piece = fc.oneof(
      json.map((value) => `data: ${JSON.stringify(value)}\n\n`),
      fc
        .record({ content: json, tool_calls: json, reasoning: json, reasoning_details: json })
        .map((delta) => eventStream([chunk(delta)], '')),
      fc
        .record({ index: json, id: json, function: json, name: json })
        .map((call) => eventStream([chunk({ tool_calls: [call] })], '')),
      fc.record({ usage: json, choices: json, error: fc.constant(null) }).map((odd) => eventStream([odd], '')),
      fc.string({ unit: 'binary' }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
        const first = server.requests.length;
        server.answer = (_request, index) => (index === first ? { body: pieces } : { status: 418, body: '' });
        const ids = await ask(await model()).then(
          ({ calls }) => calls.map(({ id }) => id),
          () => [],
        );
        assert.equal(new Set(ids).size, ids.length);
      }),
      { numRuns: 80 },
    );
  });

  it('leaves its connection to the next one, and waits for no end once the server is done', async () => {
    const body = eventStream([chunk({ content: 'Yes.' }, { finish_reason: 'stop' })]);
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on('warning', listen);
    said(body);
    for (let i = 0; i < 12; i++) await ask(await model());
    assert.equal(server.connections, 1);
    said(body, { open: true });
    assert.equal((await ask(await model())).text, 'Yes.');
    process.off('warning', listen);
    assert.deepEqual(warnings, []);
  });

  it('M20 reasoning goes back to the family that wrote it only', async () => {
    server.answer = () => ({
      body: eventStream([chunk({ reasoning: 'Secret.' }), chunk({ content: 'Hi.' }, { finish_reason: 'stop' })]),
    });
    const prompt = promptAfter(await ask(await model('qwen3-32b')));
    for (const [modelId, provider, back] of [
      ['qwen3-32b', 'acme', true],
      ['qwen4', 'acme', true],
      ['gpt-oss', 'acme', false],
      ['qwen3-32b', 'other', false],
    ] as const) {
      await ask(await model(modelId, provider), { prompt });
      const { reasoning, reasoning_content } = assistantIn(server.requests.at(-1)?.body);
      assert.deepEqual([reasoning, reasoning_content], [back ? 'Secret.' : undefined, undefined]);
    }
  });
});
