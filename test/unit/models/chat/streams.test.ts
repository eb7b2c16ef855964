import assert from 'node:assert/strict';
import fc from 'fast-check';
import { eventStream, RawServer } from '../../../fakes/rawServer';
import { ask } from '../endpointHarness';
import { assistantIn, modelAt, promptAfter } from './chatHarness';
import { HOSTED } from './streamsHosted';
import { MORE } from './streamsMore';
import type { VendorStream } from './vendorStream';

let server: RawServer;
beforeEach(async () => {
  server = await RawServer.start(() => ({ body: '' }));
});
afterEach(() => server.close());

function reading({ calls = [] }: Pick<VendorStream, 'calls'>) {
  return calls.map(({ name, input }) => ({ name, input }));
}

for (const stream of [...HOSTED, ...MORE]) {
  describe(`C75 the stream of ${stream.vendor}`, () => {
    it('is read whole', async () => {
      server.answer = () => ({ body: stream.body });
      const { text, reasoning, calls, finish } = await ask(await modelAt(server.url, stream.modelId));
      const { inputTokens, outputTokens } = finish.usage;
      assert.deepEqual(
        {
          text,
          reasoning,
          calls: calls.map(({ name, input }) => ({ name, input })),
          finish: finish.finishReason.unified,
          usage: [inputTokens.total, outputTokens.total, inputTokens.cacheRead],
        },
        {
          text: stream.text ?? '',
          reasoning: stream.reasoning ?? '',
          calls: reading(stream),
          finish: stream.finish,
          usage: stream.usage,
        },
      );
      assert.equal(new Set(calls.map(({ id }) => id)).size, calls.length);
      assert.equal(server.requests.length, 1);
    });

    it('is read alike in pieces of any size', async () => {
      const bytes = Buffer.from(stream.body);
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 12 }), async (cuts) => {
          const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
          const pieces = at.slice(1).map((to, i) => bytes.subarray(at[i], to));
          server.answer = () => ({ body: pieces });
          const { text, reasoning, calls } = await ask(await modelAt(server.url, stream.modelId));
          assert.deepEqual(
            [text, reasoning, calls.length],
            [stream.text ?? '', stream.reasoning ?? '', (stream.calls ?? []).length],
          );
        }),
        { numRuns: 8 },
      );
    });

    if (stream.back !== undefined) {
      const { back } = stream;
      it('gets back what it wants back, under its own names', async () => {
        server.answer = (_request, index) => ({
          body: index === 0 ? stream.body : eventStream([], 'data: [DONE]\n\n'),
        });
        const asked = await modelAt(server.url, stream.modelId);
        await ask(asked, { prompt: promptAfter(await ask(asked)) });
        const entries = Object.entries(assistantIn(server.requests[1]?.body));
        const more = Object.fromEntries(entries.filter(([name]) => !['role', 'content', 'tool_calls'].includes(name)));
        assert.deepEqual(more, back);
      });
    }

    it('that is cut at any byte is a cut, or was whole already', async () => {
      const bytes = Buffer.from(stream.body);
      const whole = reading(stream);
      const step = Math.max(1, Math.floor(bytes.length / 25));
      const asked = await modelAt(server.url, stream.modelId);
      for (let at = 0; at < bytes.length; at += step) {
        for (const cut of [true, false]) {
          const first = server.requests.length;
          server.answer = (_request, index) =>
            index === first ? { body: [bytes.subarray(0, at)], cut } : { status: 418, body: '' };
          const result = await ask(asked).then(
            ({ text, calls }) => ({ text, calls: calls.map(({ name, input }) => ({ name, input })) }),
            () => 'cut',
          );
          if (result !== 'cut')
            assert.deepEqual(result, { text: stream.text ?? '', calls: whole }, `cut at byte ${at}`);
        }
      }
    });
  });
}
