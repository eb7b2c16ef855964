import assert from 'node:assert/strict';
import { costOf } from '../../../src/agent/model';
import { childPrompt, childTask, sessionPrompt } from '../../../src/agent/prompts';

describe('the cost of a request', () => {
  const tokens = { input: 1_000_000, output: 100_000, cached: 400_000 };

  it('is unknown where the price is, never 0', () => assert.equal(costOf(tokens, undefined), null));

  it('takes cached input at its own price, or at that of input', () => {
    assert.equal(costOf(tokens, { input: 2, output: 10, cachedInput: 0.5 }), 0.6 * 2 + 0.4 * 0.5 + 1);
    assert.equal(costOf(tokens, { input: 2, output: 10 }), 3);
  });
});

describe('the system prompts', () => {
  const workspace = { place: 'The workspace is /shop.', instructions: '' };

  it('speak of delegation to a child only where it may delegate', () => {
    assert.ok(sessionPrompt(workspace).includes('delegate_task'));
    const assignment = { goal: 'Look', context: '', orchestrator: false };
    assert.ok(!childPrompt(workspace, assignment).includes('delegate_task'));
    assert.ok(childPrompt(workspace, { ...assignment, orchestrator: true }).includes('delegate_task'));
  });

  it('C26 are the same for every task of a workspace, so that their children share a cached prefix', () => {
    const [one, other] = ['Look', 'Listen'].map((goal) =>
      childPrompt(workspace, { goal, context: goal, orchestrator: false }),
    );
    assert.equal(one, other);
  });

  it('leave out the project instructions where there are none', () => {
    assert.ok(!sessionPrompt(workspace).includes('AGENTS.md'));
    assert.ok(sessionPrompt({ ...workspace, instructions: 'Use tabs.' }).endsWith('(AGENTS.md):\nUse tabs.'));
  });

  it('give a child its goal and its context as its first message', () => {
    assert.equal(childTask({ goal: 'Look', context: '', orchestrator: false }), 'Look');
    assert.equal(childTask({ goal: 'Look', context: 'Here.', orchestrator: false }), 'Look\n\nContext:\nHere.');
  });
});
