import assert from 'node:assert/strict';
import type { AgentIdentity } from '../../../src/agent/tool';
import { runTool } from '../../../src/agent/tool';
import { DELEGATIONS, delegations } from '../../../src/tools/delegations';
import { TestEngine } from '../../fakes/testEngine';
import { contextOf } from '../delegation/agentHarness';
import {
  attached,
  inBackground,
  neverAborted,
  poolHarness,
  SESSION,
  summariesOf,
  takeAll,
  whenOver,
  type PoolHarness,
} from '../delegation/poolHarness';

interface Listed {
  readonly active: readonly {
    readonly id: string;
    readonly agents: readonly { readonly id: string; readonly status: string; readonly activity?: string }[];
  }[];
  readonly finished: readonly { readonly id: string; readonly status: string }[];
  readonly finished_earlier?: number;
}

const MAIN: AgentIdentity = { sessionId: SESSION, depth: 0, label: 'Main agent' };

/** What an agent gets for a call, parsed. */
async function call(harness: PoolHarness, input: unknown, agent = MAIN): Promise<Record<string, unknown>> {
  const tool = delegations({ pool: harness.pool, now: () => harness.clock.now() });
  const context = { ...contextOf(), agent };
  const { text, status } = await runTool([tool], { id: 'c', name: DELEGATIONS, input }, context, neverAborted());
  const value = JSON.parse(text) as Record<string, unknown>;
  assert.equal(status === 'error', 'error' in value, 'an error is marked as one');
  return value;
}

async function list(harness: PoolHarness, agent = MAIN): Promise<Listed> {
  return (await call(harness, { action: 'list' }, agent)) as unknown as Listed;
}

/** `a` of the session with one below it, `other` of another session. */
async function world() {
  const harness = poolHarness();
  const top = inBackground(harness, ['a', 'b']);
  const a = await harness.children.held('a');
  await harness.children.held('b');
  const nested = attached(harness, 'n', { wait: 'sync', parentChildId: a.child.id, depth: 2 }, a.signal).delegation;
  const n = await harness.children.held('n');
  const other = inBackground(harness, 'other', { sessionId: 'session-2' });
  await harness.children.held('other');
  const orchestrator: AgentIdentity = { sessionId: SESSION, depth: 1, childId: a.child.id, label: 'a' };
  return { harness, top, a, nested, n, other, orchestrator };
}

describe('the tool delegations', () => {
  it('C65 lists what its own session runs, of a child what is below it', async () => {
    const { harness, top, a, nested, n, orchestrator } = await world();
    a.progress({ type: 'tool-started', activity: 'read_file src/cart.ts' });
    harness.clock.advance(1500);
    n.progress({ type: 'usage', tokens: { input: 10, output: 5, cached: 0 }, costUsd: 0 });
    const listed = await list(harness);
    assert.deepEqual(listed.active, [
      {
        id: top.id,
        tasks: 2,
        status: 'running',
        seconds: 1.5,
        agents: [
          {
            id: `${top.id}.1`,
            task: 'a',
            status: 'running',
            activity: 'read_file src/cart.ts',
            seconds: 1.5,
            tokens: 15,
          },
          { id: `${top.id}.2`, task: 'b', status: 'running', seconds: 1.5, tokens: 0 },
        ],
      },
      {
        id: nested.id,
        task: 'n',
        status: 'running',
        mode: 'sync',
        dispatched_by: a.child.id,
        seconds: 1.5,
        agents: [{ id: `${nested.id}.1`, task: 'n', status: 'running', seconds: 1.5, tokens: 15 }],
      },
    ]);
    assert.deepEqual(
      (await list(harness, orchestrator)).active.map(({ id }) => id),
      [nested.id],
    );
  });

  it('lists of what is over the newest, and how many there are besides', async () => {
    const harness = poolHarness({ settings: { maxAsyncDelegations: 9 } });
    const ids = Array.from({ length: 7 }, (_, i) => inBackground(harness, `${i}`).id);
    for (const [i, id] of ids.entries()) {
      await harness.children.release(`${i}`, 'Done.');
      await whenOver(harness.pool, id);
    }
    const { active, finished, finished_earlier } = await list(harness);
    assert.deepEqual([active, finished.map(({ id }) => id), finished_earlier], [[], ids.slice(2), 2]);
  });

  it('C65 steers one agent, or every running one of a delegation, in the name of the agent that asks', async () => {
    const { harness, top, a, nested, n, orchestrator } = await world();
    assert.deepEqual(
      (await call(harness, { action: 'steer', id: a.child.id, message: ' Leave the tests. ' }))['steered'],
      [a.child.id],
    );
    assert.deepEqual(a.hooks.takeSteer(), ['From the agent that gave you this task: Leave the tests.']);
    await harness.children.release('b', 'B');
    await Promise.resolve();
    await call(harness, { action: 'STEER', id: nested.id, message: 'Hurry.' }, orchestrator);
    assert.equal(n.hooks.takeSteer().length, 1);
    const { steered, not_running } = await call(harness, { action: 'steer', id: top.id, message: 'Hurry.' });
    assert.deepEqual([steered, not_running], [[a.child.id], [`${top.id}.2`]]);
  });

  it('C65 stops an agent or a delegation; what was done comes back in the one completion', async () => {
    const { harness, top, a, n } = await world();
    a.progress({ type: 'text', delta: 'half of a' });
    const { stopped } = await call(harness, { action: 'stop', id: a.child.id });
    assert.deepEqual([stopped, n.signal.aborted], [a.child.id, true]);
    assert.equal(harness.pool.get(top.id)?.status, 'running');
    await call(harness, { action: 'stop', id: top.id });
    const over = await whenOver(harness.pool, top.id);
    assert.deepEqual([over.status, summariesOf(over)[0], takeAll(harness)], ['interrupted', 'half of a', [top.id]]);
    assert.match(String((await call(harness, { action: 'stop', id: top.id }))['error']), /is over already/);
  });

  it('C65 takes nothing of others: of another session, of a sibling, of itself or those above, of another window', async () => {
    const { harness, top, a, other, nested, orchestrator } = await world();
    const [first] = top.children;
    assert.ok(first);
    const elsewhere = { ...top, id: 'deleg_ffffffff', children: [{ ...first, id: 'deleg_ffffffff.1' }] };
    harness.pool.showElsewhere([elsewhere]);
    for (const [agent, ids] of [
      [MAIN, [other.id, `${other.id}.1`, elsewhere.id, 'deleg_00000000', 'nonsense', `${top.id}.9`]],
      [orchestrator, [top.id, a.child.id, `${top.id}.2`, other.id]],
    ] as const)
      for (const id of ids)
        for (const action of ['stop', 'steer'])
          assert.match(
            String((await call(harness, { action, id, message: 'x' }, agent))['error']),
            /is none of your delegations/,
          );
    for (const { id } of [top, other, nested]) assert.equal(harness.pool.get(id)?.status, 'running');
    assert.deepEqual(a.hooks.takeSteer(), []);
  });

  for (const [what, input, error] of [
    ['no action', {}, /^action is missing; the actions are: list, steer, stop\.$/],
    ['an unknown one', { action: 'start' }, /^there is no action "start"; the actions are/],
    ['no id', { action: 'stop', id: '  ' }, /^id is missing: stop needs/],
    ['an id that is no text', { action: 'stop', id: 7 }, /^id is missing/],
    ['no message', { action: 'steer', id: 'TOP', message: '' }, /^message is missing/],
    ['a message that is too long', { action: 'steer', id: 'TOP', message: 'x'.repeat(20_001) }, /^message has 20001/],
  ] as const)
    it(`C65 answers what cannot be done in one sentence: ${what}`, async () => {
      const { harness, top } = await world();
      const given = 'id' in input && input.id === 'TOP' ? { ...input, id: top.id } : input;
      assert.match(String((await call(harness, given))['error']), error);
    });

  it('C65 is held by the agent of a session and by orchestrators, and by no leaf', async () => {
    const tasks = [{ goal: 'leads', role: 'orchestrator' }, { goal: 'does' }];
    await using fanout = new TestEngine({
      main: [{ calls: [{ name: 'delegate_task', input: { tasks } }] }, 'They run.', 'I see.'],
      children: { leads: ['Led.'], does: ['Done.'] },
      delegation: { maxSpawnDepth: 2 },
    });
    await fanout.say('Go.');
    const held = await Promise.all([fanout.mainRequest(1), ...tasks.map(({ goal }) => fanout.childRequest(goal))]);
    assert.deepEqual(
      held.map(({ tools }) => tools.includes(DELEGATIONS)),
      [true, true, false],
    );
  });

  it('says so where nobody is left to be steered', async () => {
    const harness = poolHarness();
    const { id } = inBackground(harness, 'a');
    await harness.children.release('a', 'A');
    await whenOver(harness.pool, id);
    const { error } = await call(harness, { action: 'steer', id, message: 'Hurry.' });
    assert.equal(error, `No agent of ${id} runs (completed), so nobody would read it.`);
  });
});
