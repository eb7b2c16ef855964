import assert from 'node:assert/strict';
import { delegates, gate } from '../../fakes/agentScript';
import { assertLegal } from '../../fakes/promptRules';
import { TestEngine } from '../../fakes/testEngine';
import { newest, turnsOf } from '../../fakes/turns';

describe('a completion that asks before it wakes the agent', () => {
  it('waits for the user’s word where completions.wakeAgent is `ask`', async () => {
    const child = gate();
    await using fanout = new TestEngine({
      main: [delegates('a'), 'It runs.', 'a is here.'],
      children: { a: [child.answer] },
      settings: { wakeAgent: 'ask' },
    });
    await fanout.say('Delegate a.');
    child.open('done a');
    await fanout.over();
    await fanout.idle();
    assert.equal(fanout.session.state, 'waiting');
    assert.equal(turnsOf(fanout).at(-1), `results of ${fanout.delegation.id}`);
    assert.equal(fanout.mainRequests.length, 2, 'the agent did not run');

    fanout.session.goOn();
    await fanout.idle();
    assert.equal(fanout.session.state, 'idle');
    assert.match(newest(await fanout.mainRequest(3)), /done a/);
    fanout.session.goOn();
    assert.equal(fanout.session.state, 'idle', 'there is nothing left to go on with');
  });

  it('that waits for the user’s word still does after a reload', async () => {
    await using fanout = new TestEngine({
      main: [delegates('a'), 'It runs.'],
      children: { a: ['done a'] },
      settings: { wakeAgent: 'ask' },
    });
    await fanout.say('Delegate a.');
    await fanout.over();
    await fanout.idle();
    await fanout.reload({ main: ['a is here.'] });
    fanout.engine.start();
    assert.equal(fanout.session.state, 'waiting');
    fanout.session.goOn();
    await fanout.idle();
    assertLegal((await fanout.mainRequest(1)).prompt);
  });
});
