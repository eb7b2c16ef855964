import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import type { ProviderKind } from '../../../src/models/providerSettings';
import { eventStream, RawServer, type RawAnswer } from '../../fakes/rawServer';
import { readFile, start } from '../agent/runHarness';
import { modelOn } from './endpointHarness';

type Json = Readonly<Record<string, unknown>>;
const named = (...events: readonly Json[]) =>
  events.map((event) => `event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`).join('');

const begun = (message: unknown = { usage: { input_tokens: 12 } }) => ({ type: 'message_start', message });
const block = (content_block: object, more: Json = { index: 0 }) => ({
  type: 'content_block_start',
  content_block,
  ...more,
});
const delta = (given: object, more: Json = { index: 0 }) => ({ type: 'content_block_delta', delta: given, ...more });
const hi = delta({ type: 'text_delta', text: 'Hi.' });
const said = [block({ type: 'text', text: '' }), hi, { type: 'content_block_stop', index: 0 }];
const ended = (usage: unknown = { output_tokens: 5 }) => [
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage },
  { type: 'message_stop' },
];
const anthropic = (...events: readonly Json[]) => named(begun(), ...events, ...ended());

const text = { type: 'response.output_text.delta', item_id: 'm', delta: 'Hi.' };
const completed = (response: unknown) => ({ type: 'response.completed', response });
const openai = (...events: readonly Json[]) =>
  named(...events, completed({ usage: { input_tokens: 3, output_tokens: 2 } }));

const google = (
  parts: unknown,
  more: Json = {},
  usageMetadata: unknown = { promptTokenCount: 3, candidatesTokenCount: 2 },
) => ({
  candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', ...more }],
  usageMetadata,
});
const chunks = (...given: readonly unknown[]) => eventStream(given, '');
const GREETING: Readonly<Record<Exclude<ProviderKind, 'openai-compatible'>, string>> = {
  anthropic: anthropic(...said),
  openai: openai(text),
  google: chunks(google([{ text: 'Hi.' }])),
};

describe('what vendors’ servers leave out or write otherwise', () => {
  let server: RawServer;
  beforeEach(async () => {
    server = await RawServer.start(() => ({ body: '' }));
  });
  afterEach(() => server.close());

  const answers = async (kind: ProviderKind, answer: RawAnswer, later: RawAnswer = answer) => {
    server.answer = (_request, index) => (index === 0 ? answer : later);
    const model = await modelOn(server, kind, { model: { price: { input: 1, output: 1 } } });
    const run = start(model, { tools: [readFile] });
    return { ...run, outcome: await run.outcome };
  };

  // C75, M4, M19
  const readable: readonly (readonly [ProviderKind, string, string])[] = [
    [
      'anthropic',
      'counts of odd forms',
      named(
        begun({ usage: { input_tokens: 'x', cache_read_input_tokens: [] } }),
        ...said,
        ...ended({ output_tokens: '5', iterations: 7 }),
      ),
    ],
    ['anthropic', 'a beginning without a message', named({ type: 'message_start' }, ...said, ...ended())],
    [
      'anthropic',
      'an end without a delta',
      named(begun(), ...said, { type: 'message_delta' }, { type: 'message_stop' }),
    ],
    ['anthropic', 'a block that was not begun', anthropic(hi)],
    ['anthropic', 'a block without its text', anthropic(block({ type: 'text' }), hi)],
    ['anthropic', 'a text in the beginning of its block', anthropic(block({ type: 'text', text: 'Hi.' }))],
    [
      'anthropic',
      'no index',
      anthropic(block({ type: 'text', text: '' }, {}), delta({ type: 'text_delta', text: 'Hi.' }, {})),
    ],
    [
      'anthropic',
      'a hidden thought with nothing in it',
      anthropic(block({ type: 'redacted_thinking' }, { index: 9 }), ...said),
    ],
    ['anthropic', 'no blank line at the end', anthropic(...said).trimEnd()],
    ['openai', 'a beginning without fields', openai({ type: 'response.created' }, text)],
    ['openai', 'an end without fields', named(text, { type: 'response.completed' })],
    [
      'openai',
      'counts of odd forms',
      named(text, completed({ usage: { input_tokens: '3', output_tokens_details: 7 } })),
    ],
    ['openai', 'no blank line at the end', openai(text).trimEnd()],
    [
      'google',
      'counts of odd forms',
      chunks(google([{ text: 'Hi.' }], {}, { promptTokenCount: null, candidatesTokenCount: '5' })),
    ],
    [
      'google',
      'odd notes beside it',
      chunks(
        google([{ text: 'Hi.' }], { groundingMetadata: 5, urlContextMetadata: 'x', safetyRatings: [{ category: 1 }] }),
      ),
    ],
    ['google', 'one part, unlisted', chunks(google({ text: 'Hi.' }))],
    [
      'google',
      'several chunks in one event',
      chunks([google([{ text: 'H' }], { finishReason: null }), google([{ text: 'i.' }])]),
    ],
    ['google', 'no blank line at the end', chunks(google([{ text: 'Hi.' }])).trimEnd()],
  ];
  for (const [kind, what, body] of readable)
    it(`${kind} is read with ${what}`, async () => {
      const { outcome } = await answers(kind, { body });
      assert.deepEqual([outcome.status, outcome.text, server.requests.length], ['completed', 'Hi.', 1]);
    });

  it('Google’s chunks may come as one list, streamed by a proxy that leaves alt=sse out', async () => {
    const body = JSON.stringify([google([{ text: 'H' }], { finishReason: null }), google([{ text: 'i.' }])]);
    const { outcome } = await answers('google', { body, headers: { 'content-type': 'application/json' } });
    assert.equal(outcome.text, 'Hi.');
  });

  const uncounted: readonly (readonly [ProviderKind, string])[] = [
    ['anthropic', named(begun({}), ...said, ...ended(null))],
    [
      'anthropic',
      named(begun({ usage: { input_tokens: 0, output_tokens: 0 } }), ...said, ...ended({ output_tokens: 0 })),
    ],
    ['openai', named(text, completed({}))],
    ['openai', named(text, completed({ usage: { input_tokens: 0, output_tokens: 0 } }))],
    ['google', chunks(google([{ text: 'Hi.' }], {}, null))],
    ['google', chunks(google([{ text: 'Hi.' }], {}, { promptTokenCount: 0, candidatesTokenCount: 0 }))],
  ];
  for (const [kind, body] of uncounted)
    it(`M11 M19 ${kind}: what was not counted has no cost, and is estimated: ${body.slice(-90).trim()}`, async () => {
      const { events } = await answers(kind, { body });
      const [usage] = events.filter((event) => event.type === 'usage');
      assert.ok(usage?.costUsd === null && usage.tokens.estimated);
      assert.ok(usage.tokens.input > 10 && usage.tokens.output > 0);
    });

  const calling: readonly (readonly [ProviderKind, string, string])[] = [
    [
      'anthropic',
      'without an id',
      anthropic(
        block({ type: 'tool_use', name: 'read_file' }),
        delta({ type: 'input_json_delta', partial_json: '{"path":"a"}' }),
      ),
    ],
    [
      'openai',
      'without its own id or its state',
      openai(
        { type: 'response.output_item.added', item: { type: 'function_call', call_id: 'c', name: 'read_file' } },
        {
          type: 'response.output_item.done',
          item: { type: 'function_call', call_id: 'c', name: 'read_file', arguments: '{"path":"a"}' },
        },
      ),
    ],
    [
      'google',
      'with its arguments as a text',
      chunks(google([{ functionCall: { name: 'read_file', args: '{"path":"a"}' } }])),
    ],
  ];
  for (const [kind, how, body] of calling)
    it(`${kind}: a call ${how} runs`, async () => {
      const { outcome, transcript } = await answers(kind, { body }, { body: GREETING[kind as 'openai'] });
      assert.equal(outcome.text, 'Hi.');
      assert.deepEqual(
        transcript.flatMap((message) => (message.role === 'tool' ? message.results.map((result) => result.text) : [])),
        ['The text of a.'],
      );
    });

  for (const kind of ['anthropic', 'openai', 'google'] as const) {
    it(`${kind}: unknown events are passed over whatever the type of the answer`, async () => {
      for (const type of ['text/plain', 'application/json', 'text/html']) {
        const { outcome } = await answers(kind, {
          headers: { 'content-type': type },
          body: `data: hello\n\n${GREETING[kind]}`,
        });
        assert.equal(outcome.text, 'Hi.', type);
      }
    });
  }

  for (const kind of ['anthropic', 'openai', 'google', 'openai-compatible'] as const) {
    it(`${kind}: an answer may be compressed unasked`, async () => {
      const plain =
        kind === 'openai-compatible'
          ? eventStream([{ choices: [{ delta: { content: 'Hi.' }, finish_reason: 'stop' }] }])
          : GREETING[kind];
      const packed = gzipSync(plain);
      const { outcome } = await answers(kind, {
        headers: { 'content-encoding': 'gzip' },
        body: [packed.subarray(0, 20), packed.subarray(20)],
      });
      assert.equal(outcome.text, 'Hi.');
      const refusal = gzipSync('{"error":{"message":"The cheese is off"}}');
      const refused = await answers(kind, { status: 422, headers: { 'content-encoding': 'gzip' }, body: [refusal] });
      assert.match('error' in refused.outcome ? (refused.outcome.error ?? '') : '', /cheese/);
    });
  }

  for (const kind of ['anthropic', 'openai'] as const)
    it(`${kind}: nobody waits for the end of the body once the reply is whole`, async () => {
      assert.equal((await answers(kind, { body: GREETING[kind], open: true })).outcome.text, 'Hi.');
    });
});
