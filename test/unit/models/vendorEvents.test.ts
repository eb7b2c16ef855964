import assert from 'node:assert/strict';
import type { ProviderKind } from '../../../src/models/providerSettings';
import { RawServer } from '../../fakes/rawServer';
import { ask, modelErrorOf, modelOn } from './endpointHarness';

const named = (events: readonly { readonly type: string }[]) =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');

const COUNTS = { input_tokens: 12, output_tokens: 1 };

/** A reply of Anthropic's with what nobody knows in between. */
function anthropic(usage: object = { usage: COUNTS }) {
  return [
    {
      type: 'message_start',
      message: { id: 'm', type: 'message', role: 'assistant', model: 'claude', content: [], ...usage },
    },
    { type: 'vertex_event', data: { a: 1 } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi ' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'mood_delta', mood: 'good' } },
    { type: 'content_block_start', index: 1, content_block: { type: 'hologram', beams: 3 } },
    { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'no text of ours' } },
    { type: 'content_block_stop', index: 1 },
    { type: 'ping' },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'there.' } },
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn' },
      ...('usage' in usage ? { usage: { output_tokens: 5 } } : {}),
    },
    { type: 'message_stop' },
  ];
}

describe('a stream that a vendor’s package reads', () => {
  let server: RawServer;
  beforeEach(async () => {
    server = await RawServer.start(() => ({ body: '' }));
  });
  afterEach(() => server.close());

  it('C75 of Anthropic may hold events, blocks and deltas that nobody knows (M4)', async () => {
    server.answer = () => ({ body: `: comment\n\ndata: hello\n\n${named(anthropic())}` });
    const { text, finish } = await ask(await modelOn(server, 'anthropic'));
    assert.deepEqual([text, finish.usage.inputTokens.total, finish.usage.outputTokens.total], ['Hi there.', 12, 5]);
    assert.equal(server.requests.length, 1);
  });

  it('C75 of Anthropic may come in any pieces', async () => {
    const bytes = Buffer.from(named(anthropic()).replace('Hi ', 'Hí '));
    server.answer = () => ({ body: Array.from(bytes, (byte) => Buffer.from([byte])) });
    assert.equal((await ask(await modelOn(server, 'anthropic'))).text, 'Hí there.');
  });

  it('C75 of Anthropic may lack its usage (M19)', async () => {
    server.answer = () => ({ body: named(anthropic({})) });
    const { text } = await ask(await modelOn(server, 'anthropic'));
    assert.equal(text, 'Hi there.');
  });

  it('C75 of OpenAI’s Responses may hold events that nobody knows', async () => {
    const item = { id: 'msg_1', type: 'message', role: 'assistant', content: [] };
    server.answer = () => ({
      body: `data: hello\n\ndata: {"a":1}\n\n${named([
        { type: 'response.created', response: { id: 'r', created_at: 1, model: 'gpt-5' } } as { type: string },
        { type: 'response.mood.changed', mood: 1 } as { type: string },
        { type: 'response.output_item.added', output_index: 0, item } as { type: string },
        { type: 'response.output_text.delta', item_id: 'msg_1', output_index: 0, content_index: 0, delta: 'Hi.' } as {
          type: string;
        },
        { type: 'response.output_item.done', output_index: 0, item } as { type: string },
        { type: 'response.completed', response: { id: 'r', usage: { input_tokens: 3, output_tokens: 2 } } } as {
          type: string;
        },
      ])}`,
    });
    assert.equal((await ask(await modelOn(server, 'openai'))).text, 'Hi.');
  });

  it('M27 of OpenAI’s Responses tells why it failed', async () => {
    server.answer = () => ({
      body: named([
        { type: 'response.created', response: { id: 'r', created_at: 1, model: 'gpt-5' } } as { type: string },
        {
          type: 'response.failed',
          sequence_number: 2,
          response: {
            id: 'r',
            status: 'failed',
            error: { code: 'invalid_prompt', message: 'The prompt is made of cheese.' },
          },
        } as { type: string },
      ]),
    });
    assert.match((await modelErrorOf(ask(await modelOn(server, 'openai')))).message, /made of cheese/);
  });

  it('C75 of Google may be wrapped in a list, and hold what nobody knows', async () => {
    const candidate = { content: { role: 'model', parts: [{ text: 'Hi.' }] }, finishReason: 'STOP', mood: 1 };
    server.answer = () => ({
      body: `data: "hello"\n\ndata: null\n\ndata: ${JSON.stringify([{ candidates: [candidate], usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2 } }])}\n\n`,
    });
    assert.equal((await ask(await modelOn(server, 'google'))).text, 'Hi.');
  });

  const pages: readonly ProviderKind[] = ['openai', 'anthropic', 'google'];
  for (const kind of pages) {
    it(`M13 that is a page costs one attempt at kind ${kind}, and baseUrl is named`, async () => {
      for (const [body, type] of [
        ['<!doctype html><title>Welcome</title>', 'text/html'],
        ['{"error":"Unexpected endpoint or method. (POST /v1)"}', 'application/json'],
      ] as const) {
        const before = server.requests.length;
        server.answer = () => ({ headers: { 'content-type': type }, body });
        const { message } = await modelErrorOf(ask(await modelOn(server, kind)));
        assert.match(message, /Check baseUrl of acme/);
        assert.equal(server.requests.length, before + 1);
      }
    });
  }
});
