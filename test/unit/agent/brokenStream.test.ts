import assert from 'node:assert/strict';
import { ManualClock } from '../../fakes/manualClock';
import { ModelServer } from '../../fakes/modelServer';
import type { Step } from '../../fakes/modelServerWords';
import { KINDS, modelOn } from '../models/endpointHarness';
import { calls, callsIn, pathTool, resultsIn, start } from './runHarness';

const firstCall = calls(['write_file', { path: 'a' }]);

for (const kind of KINDS) {
  describe(`a stream of a provider of kind ${kind} that breaks off`, () => {
    let server: ModelServer;
    const clock = new ManualClock();
    beforeEach(async () => {
      server = await ModelServer.start(() => 'hello');
    });
    afterEach(() => server.close());

    /** A run whose tool counts how often it ran. */
    async function begin() {
      let written = 0;
      const writeFile = pathTool('write_file', () => `written ${++written}`);
      const model = await modelOn(server, kind, { clock });
      // The back-off after a fault: the clock stands still but for this.
      const onEvent = (event: { type: string }) =>
        event.type === 'waiting' && queueMicrotask(() => clock.advance(60_000));
      return { ...start(model, { tools: [writeFile], onEvent }), written: () => written };
    }

    for (const [where, broken] of [
      ['in the middle of its text', [{ text: 'I am about to wri' }, { cut: true }]],
      ['in the middle of a call', [{ text: 'I write.' }, { ...firstCall, deltas: 1 }, { cut: true }]],
      ['after a whole call', [{ text: 'I write.' }, firstCall, { cut: true }]],
    ] satisfies [string, Step[]][])
      it(`is asked for again, and no tool call is repeated: ${where}`, async () => {
        server.script = ({ index }) => {
          if (index === 0) return broken;
          return index === 1 ? [{ text: 'I write.' }, firstCall] : 'Written.';
        };
        const { outcome, transcript, events, written } = await begin();
        assert.deepEqual(await outcome, { status: 'completed', exitReason: 'completed', text: 'Written.' });
        assert.equal(written(), 1);
        assert.deepEqual(
          [callsIn(transcript).length, resultsIn(transcript).map(({ text }) => text)],
          [1, ['written 1']],
        );
        assert.deepEqual(
          events.flatMap(({ type }) => (type === 'request' || type === 'sent' ? [type] : [])),
          ['request', 'sent', 'sent', 'request', 'sent'],
        );
        // The broken reply is in no prompt.
        const said = server.requests[2]?.messages.flatMap(({ role, text }) => (role === 'assistant' ? [text] : []));
        assert.equal(said?.join(''), 'I write.');
      });

    it('ends as failed after a few tries, with what it said last', async () => {
      server.script = () => [{ text: 'I am about to wri' }, { cut: true }];
      const { outcome, transcript, written } = await begin();
      const { status, exitReason, text, problem } = await outcome;
      assert.deepEqual([status, exitReason, text, problem], ['failed', 'error', 'I am about to wri', 'cut']);
      assert.deepEqual([server.requests.length, written()], [4, 0]);
      const last = transcript.at(-1);
      assert.equal(last?.role === 'assistant' && last.interrupted, true);
    });
  });
}
