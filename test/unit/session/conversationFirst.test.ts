import assert from 'node:assert/strict';
import { RequestGate } from '../../../src/models/requestGate';
import { delegates, gate, goalOf } from '../../fakes/agentScript';
import { ManualClock } from '../../fakes/manualClock';
import { TestEngine } from '../../fakes/testEngine';
import { newest } from '../../fakes/turns';
import { until } from '../../fakes/until';

describe('a conversation beside agents in the background', () => {
  it('C58 gets its answer before the agents that wait at the provider', async () => {
    // P7
    const goals = ['a', 'b', 'c', 'd', 'e', 'f'];
    const first = gate();
    const one = new RequestGate({ provider: 'ollama', cap: 1, clock: new ManualClock() });
    await using fanout = new TestEngine({
      main: [delegates(...goals), 'They run.', 'Hello to you.', 'I see.'],
      children: Object.fromEntries(goals.map((goal) => [goal, [goal === 'a' ? first.answer : `${goal} is done.`]])),
      model: { runRequest: one.run },
    });
    fanout.session.send('Delegate.');
    await fanout.childRequest('a');
    fanout.session.send('Hello.');
    await until(() => fanout.session.live.activity.startsWith('waiting'), fanout.session.onDidChange);
    first.open('a is done.');
    await fanout.over();
    await fanout.idle();
    assert.deepEqual(
      fanout.model.requests
        .map((request) => goalOf(request) ?? `user: ${newest(request).split('\n', 1)[0]}`)
        .slice(0, 5),
      ['user: Delegate.', 'user: ', 'a', 'user: Hello.', 'b'],
    );
  });
});
