import assert from 'node:assert/strict';
import {
  attached,
  everythingSettled,
  inBackground,
  neverAborted,
  poolHarness,
  refusal,
  requestFor,
  summariesOf,
  takeAll,
  whenOver,
} from './poolHarness';

describe('a full or paused pool', () => {
  it('C11 two dispatches racing for the last slot: exactly one is accepted and the other runs inline', async () => {
    const harness = poolHarness({ settings: { maxAsyncDelegations: 2 } });
    inBackground(harness, 'first');
    const race = await Promise.all(
      ['left', 'right'].map(async (goal) => harness.pool.dispatch(requestFor(goal), neverAborted())),
    );
    assert.deepEqual(
      race.map(({ kind }) => kind),
      ['background', 'attached'],
    );
  });

  it('C12 full, inline: runs within the turn, says so in its note, and nothing is dropped', async () => {
    const harness = poolHarness({ settings: { maxAsyncDelegations: 1 } });
    const { id } = inBackground(harness, 'a');
    const { delegation, note, over } = attached(harness, 'b');
    assert.equal(delegation.mode, 'inline');
    assert.match(note ?? '', /^The pool was full \(1 of 1 .*\), so this ran inline/);
    await harness.children.release('b', 'B');
    assert.deepEqual(summariesOf(await over), ['B']);
    await harness.children.release('a', 'A');
    assert.deepEqual(summariesOf(await whenOver(harness.pool, id)), ['A']);
    assert.deepEqual(takeAll(harness), [id]);
  });

  it('C13 full, queue: starts when a slot frees, in order of dispatch', async () => {
    const harness = poolHarness({ settings: { maxAsyncDelegations: 1, whenFull: 'queue' } });
    const { pool, children } = harness;
    const ids = ['a', 'b', 'c'].map((goal) => inBackground(harness, goal).id);
    const statuses = () => ids.map((id) => pool.get(id)?.status);
    await children.held('a');
    await everythingSettled();
    assert.deepEqual([children.goals, statuses()], [['a'], ['running', 'queued', 'queued']]);
    await children.release('a', 'A');
    await children.held('b');
    await everythingSettled();
    assert.deepEqual(
      [children.goals, statuses()],
      [
        ['a', 'b'],
        ['completed', 'running', 'queued'],
      ],
    );
    await children.release('b', 'B');
    await children.release('c', 'C');
    await whenOver(pool, ids[2] ?? '');
    assert.deepEqual(takeAll(harness), ids);
  });

  it('C14 full, reject: a clear error that names both numbers and the setting', async () => {
    const harness = poolHarness({ settings: { maxAsyncDelegations: 1, whenFull: 'reject' } });
    inBackground(harness, 'a');
    assert.equal(
      refusal(harness),
      'The pool is full: 1 of 1 background delegations are running (fanout.delegation.maxAsyncDelegations). Try again when one has finished.',
    );
    await everythingSettled();
    assert.deepEqual([harness.pool.list().length, harness.children.goals], [1, ['a']]);
  });

  it('C17 a rejected dispatch was never detached: nothing is listed, recorded, told of or listening', () => {
    const harness = poolHarness({ settings: { maxAsyncDelegations: 1, whenFull: 'reject' } });
    const first = inBackground(harness, 'a');
    const told: string[] = [];
    harness.pool.onDidDispatch(({ id }) => told.push(id));
    harness.pool.onDidChange(({ delegation }) => told.push(delegation.id));
    refusal(harness);
    assert.deepEqual(
      [told, harness.pool.list().map(({ id }) => id), harness.store.load().map(({ id }) => id)],
      [[], [first.id], [first.id]],
    );
  });

  it('queues what the user dispatches, whatever the setting: it has no turn to run in', async () => {
    const harness = poolHarness({ settings: { maxAsyncDelegations: 1, whenFull: 'reject' } });
    inBackground(harness, 'a');
    const queued = inBackground(harness, 'b', { origin: 'user', whenFull: 'queue' });
    await harness.children.release('a', 'A');
    await harness.children.release('b', 'B');
    assert.equal((await whenOver(harness.pool, queued.id)).status, 'completed');
  });

  it('starts more when its cap is raised', async () => {
    const harness = poolHarness({ settings: { maxAsyncDelegations: 1, whenFull: 'queue' } });
    inBackground(harness, 'a');
    inBackground(harness, 'b');
    await harness.children.held('a');
    await everythingSettled();
    assert.deepEqual(harness.children.goals, ['a']);
    harness.settings.maxAsyncDelegations = 2;
    harness.pool.refreshSettings();
    await harness.children.held('b');
  });

  it('starts more children of a running batch when their cap is raised, and fewer when it is lowered', async () => {
    // P21
    const harness = poolHarness({ settings: { maxConcurrentChildren: 1 } });
    inBackground(harness, ['a', 'b', 'c', 'd']);
    await harness.children.held('a');
    harness.settings.maxConcurrentChildren = 3;
    harness.pool.refreshSettings();
    await harness.children.held('c');
    harness.settings.maxConcurrentChildren = 1;
    harness.pool.refreshSettings();
    await harness.children.release('a', 'A');
    await harness.children.release('b', 'B');
    await everythingSettled();
    assert.deepEqual(harness.children.goals, ['a', 'b', 'c']);
    await harness.children.release('c', 'C');
    await harness.children.held('d');
  });

  for (const whenFull of ['inline', 'reject'] as const) {
    it(`C52 refuses while it is paused and accepts once it is resumed (${whenFull})`, async () => {
      const harness = poolHarness({ settings: { whenFull } });
      const paused: boolean[] = [];
      harness.pool.onDidChangePaused((now) => paused.push(now));
      inBackground(harness, 'goes on');
      await harness.children.held('goes on');
      harness.pool.pause();
      assert.match(refusal(harness), /^Delegation is paused by the user\./);
      assert.match(refusal(harness, { wait: 'sync' }), /^Delegation is paused by the user\./);
      assert.equal(harness.children.started[0]?.signal.aborted, false);
      harness.pool.resume();
      inBackground(harness, 'a');
      await harness.children.held('a');
      assert.deepEqual([paused, harness.pool.list().length], [[true, false], 2]);
    });
  }

  it('C52 queues while it is paused where the pool queues, and starts once it is resumed', async () => {
    const harness = poolHarness({ settings: { whenFull: 'queue' } });
    harness.pool.pause();
    const { id } = inBackground(harness, 'a');
    await everythingSettled();
    assert.deepEqual([harness.pool.get(id)?.status, harness.children.goals], ['queued', []]);
    harness.pool.resume();
    await harness.children.held('a');
    assert.equal(harness.pool.get(id)?.status, 'running');
  });

  it('stays paused for what waits where it is resumed and paused again at once', async () => {
    const harness = poolHarness({ settings: { whenFull: 'queue' } });
    harness.pool.pause();
    inBackground(harness, 'a');
    await everythingSettled();
    harness.pool.resume();
    harness.pool.pause();
    await everythingSettled();
    assert.deepEqual(harness.children.goals, []);
    harness.pool.resume();
    await harness.children.held('a');
  });
});
