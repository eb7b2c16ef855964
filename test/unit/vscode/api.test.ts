import assert from 'node:assert/strict';
import { createApi } from '../../../src/vscode/api';
import { delegates, gate } from '../../fakes/agentScript';
import { TestEngine } from '../../fakes/testEngine';
import { until } from '../../fakes/until';

const apiOf = ({ engine, clock }: TestEngine) => {
  const api = createApi(
    engine,
    () => clock.now(),
    () => undefined,
  );
  const completed: string[] = [];
  api.onDidComplete(({ delegation_id }) => completed.push(delegation_id));
  return { api, completed };
};

describe('the API', () => {
  // P23
  it('tells of the end of what this window ran, not of what another one did', async () => {
    const held = gate();
    await using first = new TestEngine({
      main: [delegates('a'), 'It runs.', 'a is here.'],
      children: { a: [held.answer] },
    });
    const one = apiOf(first);
    await first.say('Delegate a.');
    await using second = new TestEngine({ beside: first });
    const two = apiOf(second);
    const { id } = first.delegation;
    assert.deepEqual([one.api.list()[0]?.window, two.api.list()[0]?.window], ['this', 'other']);
    held.open('A');
    await first.over();
    await first.idle();
    second.engine.refresh();
    assert.deepEqual([one.completed, two.completed], [[id], []]);
  });

  // P13, P5
  it('C61 C62 gives figures of all below, and what those had found below one that was cut off', async () => {
    const held = gate();
    await using fanout = new TestEngine({
      children: { lead: [delegates('found', 'waits')], found: ['grand finding'], waits: [held.answer] },
      delegation: { maxSpawnDepth: 2 },
    });
    const { api } = apiOf(fanout);
    const answer = api.delegate({ goal: 'lead', role: 'orchestrator' });
    await fanout.childRequest('waits');
    const [top] = fanout.engine.pool.list();
    await until(() => fanout.delegation.children[0]?.state.status === 'completed', fanout.engine.pool.onDidChange);
    api.cancel(top?.id ?? '');
    const results = await answer;
    assert.ok('results' in results);
    const [lead] = results.results;
    assert.deepEqual(
      lead?.nested?.map(({ goal, status, summary }) => [goal, status, summary]),
      [
        ['found', 'completed', 'grand finding'],
        ['waits', 'interrupted', ''],
      ],
    );
    assert.deepEqual([lead.model_calls, results.model_calls, results.count], [3, 3, 1]);
    assert.deepEqual([lead.tokens, results.cost_usd], [results.tokens, null]);
    held.open('Late.');
  });

  // P23
  it('tells once of a delegation with others below it', async () => {
    await using fanout = new TestEngine({
      main: ['All is here.'],
      children: { a: [delegates('b'), 'A'], b: ['B'] },
      delegation: { maxSpawnDepth: 2 },
    });
    const { api, completed } = apiOf(fanout);
    const results = await api.delegate({ goal: 'a', role: 'orchestrator' });
    assert.ok('results' in results);
    assert.deepEqual(completed, [results.delegation_id]);
    assert.deepEqual(
      api.list().map(({ nested }) => nested),
      [false, true],
    );
  });
});
