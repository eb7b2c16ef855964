import assert from 'node:assert/strict';
import type { LanguageModelV4Prompt } from '@ai-sdk/provider';
import type { ProviderData } from '../../../src/agent/messages';
import { createEndpointModel } from '../../../src/models/endpoints';
import { RequestGate } from '../../../src/models/requestGate';
import { ModelServer } from '../../fakes/modelServer';
import type { Step } from '../../fakes/modelServerWords';
import { API_KEY, ask, KINDS, modelErrorOf, modelOn } from './endpointHarness';

const TWO_CALLS = {
  calls: [
    { name: 'read_file', input: { path: 'src/some/rather/long/path.ts' } },
    { name: 'list_files', input: { path: 'src/another/rather/long/folder' } },
  ],
} satisfies Step;

for (const kind of KINDS) {
  describe(`a model of a provider of kind ${kind}`, () => {
    let server: ModelServer;
    beforeEach(async () => {
      server = await ModelServer.start(() => 'hello');
    });
    afterEach(() => server.close());

    it('streams text in several deltas and reports its usage', async () => {
      server.script = () => [{ text: 'Hello there, dear coder.' }, { usage: { input: 100, output: 7, cached: 40 } }];
      const { text, finish, parts } = await ask(await modelOn(server, kind));
      assert.equal(text, 'Hello there, dear coder.');
      assert.ok(parts.filter(({ type }) => type === 'text-delta').length > 1);
      assert.equal(finish.finishReason.unified, 'stop');
      assert.equal(finish.usage.inputTokens.total, 100);
      assert.equal(finish.usage.inputTokens.cacheRead, 40);
      assert.equal(finish.usage.outputTokens.total, 7);
    });

    it('sends the system prompt, the tools, the output limit and the key', async () => {
      const model = await modelOn(server, kind);
      await ask(model);
      const request = await server.waitForRequest(1);
      assert.equal(request.system, 'Be brief.');
      assert.deepEqual(
        request.messages.map(({ role, text }) => [role, text]),
        [['user', 'hello']],
      );
      assert.deepEqual(
        request.tools.map(({ name }) => name),
        ['read_file', 'list_files'],
      );
      assert.ok(JSON.stringify(request.raw).includes(String(model.maxOutputTokens)));
      const { authorization, 'x-api-key': anthropic, 'x-goog-api-key': google } = request.headers;
      assert.ok([`Bearer ${API_KEY}`, API_KEY].includes(String(authorization ?? anthropic ?? google)));
    });

    it('streams reasoning apart from text', async () => {
      server.script = () => [{ reasoning: 'Let me think.', signature: 'signed' }, { text: 'Done.' }];
      const { text, reasoning } = await ask(await modelOn(server, kind));
      assert.deepEqual([reasoning, text], ['Let me think.', 'Done.']);
    });

    it('keeps the arguments of parallel, interleaved tool calls apart', async () => {
      server.script = () => [{ text: 'Two at once.' }, TWO_CALLS];
      const { calls, finish } = await ask(await modelOn(server, kind));
      assert.deepEqual(
        calls.map(({ name, input }) => ({ name, input })),
        TWO_CALLS.calls,
      );
      assert.equal(new Set(calls.map(({ id }) => id)).size, 2);
      assert.equal(finish.finishReason.unified, 'tool-calls');
    });

    it('says when the answer ran out of tokens', async () => {
      server.script = () => [{ text: 'Once upon' }, { finish: 'length' }];
      const { finish } = await ask(await modelOn(server, kind));
      assert.equal(finish.finishReason.unified, 'length');
    });

    it('passes tool results and signed reasoning back', async () => {
      server.script = ({ index }) => (index === 0 ? [{ reasoning: 'Hm.', signature: 'signed' }, TWO_CALLS] : 'Read.');
      const model = await modelOn(server, kind);
      const first = await ask(model);
      await ask(model, { prompt: continued(first) });
      const { messages, raw } = await server.waitForRequest(2);
      const calls = messages.flatMap(({ toolCalls }) => toolCalls);
      const results = messages.flatMap(({ toolResults }) => toolResults);
      assert.deepEqual(
        calls.map(({ name, input }) => ({ name, input })),
        TWO_CALLS.calls,
      );
      assert.deepEqual(
        results.map(({ text }) => text),
        ['content of read_file', 'content of list_files'],
      );
      // This protocol has no place for a signature.
      if (kind !== 'openai-compatible') assert.ok(JSON.stringify(raw).includes('signed'));
    });

    it('tries again when the stream is cut in the middle of a tool call, and gives each call once', async () => {
      server.script = ({ index }) =>
        index === 0
          ? [{ text: 'First. ' }, { ...TWO_CALLS, deltas: 1 }, { cut: true }]
          : [{ text: 'Again. ' }, TWO_CALLS];
      const { text, calls } = await ask(await modelOn(server, kind));
      assert.equal(text, 'Again. ');
      assert.equal(calls.length, 2);
      assert.equal(server.requests.length, 2);
    });

    it('tries again when the socket closes before any answer', async () => {
      server.script = ({ index }) => (index === 0 ? { hangUp: true } : 'Here.');
      const { text } = await ask(await modelOn(server, kind));
      assert.equal(text, 'Here.');
    });

    it('closes the socket of a stalled answer when it is aborted', async () => {
      const released = Promise.withResolvers<void>();
      server.script = () =>
        (async function* () {
          yield { text: 'Wait for it, it takes its time' };
          await released.promise;
        })();
      const abort = new AbortController();
      const streaming = Promise.withResolvers<void>();
      const onPart = ({ type }: { type: string }) => type === 'text-delta' && streaming.resolve();
      const answer = ask(await modelOn(server, kind), { signal: abort.signal, onPart });
      await streaming.promise;
      abort.abort(new Error('stopped by the test'));
      await assert.rejects(answer, /stopped by the test/);
      const request = await server.waitForRequest(1);
      assert.equal(await request.ended, 'client-closed');
      released.resolve();
    });

    it('closes the socket of a request that is aborted before any header', async () => {
      const released = Promise.withResolvers<string>();
      server.script = () => released.promise;
      const abort = new AbortController();
      const answer = ask(await modelOn(server, kind), { signal: abort.signal });
      const request = await server.waitForRequest(1);
      abort.abort(new Error('stopped by the test'));
      await assert.rejects(answer, /stopped by the test/);
      assert.equal(await request.ended, 'client-closed');
      released.resolve('too late');
    });

    it('needs no key on loopback', async () => {
      const gate = new RequestGate({ provider: 'acme', cap: 1 });
      const provider = { id: 'acme', kind, baseUrl: `${server.url}/`, models: [] };
      const model = await createEndpointModel(provider, 'any', { apiKey: undefined, gate });
      assert.equal((await ask(model)).text, 'hello');
    });
  });
}

describe('createEndpointModel', () => {
  const gate = new RequestGate({ provider: 'acme', cap: 1 });

  it('asks for a key where the provider is not on loopback', async () => {
    const provider = { id: 'acme', kind: 'openai' as const, models: [] };
    const error = await modelErrorOf(createEndpointModel(provider, 'gpt-5', { apiKey: undefined, gate }));
    assert.equal(error.kind, 'auth');
    assert.equal(error.message, 'acme has no API key. Set it with “Fanout: Set API Key…”.');
  });

  it('takes limits and price from the settings, else the defaults of the kind', async () => {
    const price = { input: 3, output: 15, cachedInput: 0.3 };
    const models = [
      { id: 'a', contextWindow: 9_000, price },
      { id: 'b', maxOutputTokens: 77 },
    ];
    const provider = { id: 'acme', kind: 'anthropic' as const, models };
    const make = (id: string) => createEndpointModel(provider, id, { apiKey: 'k', gate });
    const [a, b] = [await make('a'), await make('b')];
    assert.deepEqual([a.name, a.contextWindow, a.maxOutputTokens, a.price], ['acme/a', 9_000, 4_500, price]);
    assert.deepEqual([b.contextWindow, b.maxOutputTokens, b.price], [200_000, 77, undefined]);
    assert.equal(a.cacheControl, 'anthropic');
  });
});

/** The conversation after `first`, with a result for each of its calls. */
function continued(first: Awaited<ReturnType<typeof ask>>): LanguageModelV4Prompt {
  const metadata = first.parts.reduce<ProviderData | undefined>(
    (found, part) =>
      (part.type.startsWith('reasoning') && 'providerMetadata' in part ? part.providerMetadata : undefined) ?? found,
    undefined,
  );
  return [
    { role: 'user', content: [{ type: 'text', text: 'hello' }] },
    {
      role: 'assistant',
      content: [
        { type: 'reasoning', text: first.reasoning, ...(metadata === undefined ? {} : { providerOptions: metadata }) },
        ...first.calls.map(({ id, name, input }) => ({
          type: 'tool-call' as const,
          toolCallId: id,
          toolName: name,
          input,
        })),
      ],
    },
    {
      role: 'tool',
      content: first.calls.map(({ id, name }) => ({
        type: 'tool-result',
        toolCallId: id,
        toolName: name,
        output: { type: 'text', value: `content of ${name}` },
      })),
    },
  ];
}
