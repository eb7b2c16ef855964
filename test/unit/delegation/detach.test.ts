import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import {
  attached,
  everythingSettled,
  inBackground,
  poolHarness,
  refusal,
  summariesOf,
  takeAll,
  whenOver,
} from './poolHarness';

/** A full pool, and `b` inline within a turn that `abort` interrupts. */
async function inlineBeside(more: Parameters<typeof poolHarness>[0] = {}) {
  const harness = poolHarness({ settings: { maxAsyncDelegations: 1, ...more.settings } });
  const a = inBackground(harness, 'a');
  const turn = new AbortController();
  const dispatched = attached(harness, 'b', {}, turn.signal);
  const b = await harness.children.held('b');
  return { ...harness, a, b, turn, dispatched, id: dispatched.delegation.id };
}

describe('a delegation that is moved from its turn to the background', () => {
  it('C57 is no longer waited for, goes on, and yields one completion', async () => {
    // P8
    const harness = await inlineBeside();
    assert.equal(harness.pool.detach(harness.id), true);
    const left = await harness.dispatched.left;
    assert.deepEqual([left.mode, left.status, left.delivery], ['background', 'running', 'none']);
    harness.turn.abort();
    await everythingSettled();
    assert.equal(harness.b.signal.aborted, false);
    harness.b.release('B');
    const over = await whenOver(harness.pool, harness.id);
    assert.deepEqual([over.delivery, summariesOf(over)], ['pending', ['B']]);
    assert.deepEqual(takeAll(harness), [harness.id]);
    assert.equal(harness.pool.detach(harness.id), false);
  });

  it('C57 is recorded as one of the background before its caller hears of it', async () => {
    const harness = await inlineBeside();
    harness.pool.detach(harness.id);
    assert.equal(harness.store.load().find(({ id }) => id === harness.id)?.mode, 'background');
  });

  it('lets go of the signal of its turn though the turn is interrupted in the same moment', async () => {
    const harness = await inlineBeside();
    harness.pool.detach(harness.id);
    harness.turn.abort();
    await everythingSettled();
    assert.equal(harness.pool.get(harness.id)?.status, 'running');
  });

  it('gives its results to its caller, and no completion, where it ended just before', async () => {
    const harness = await inlineBeside();
    harness.b.release('B');
    await whenOver(harness.pool, harness.id);
    assert.equal(harness.pool.detach(harness.id), false);
    const left = await harness.dispatched.left;
    assert.deepEqual([left.mode, summariesOf(left)], ['inline', ['B']]);
    assert.deepEqual(takeAll(harness), []);
  });

  it('gives results or a completion, never both and never neither, in whatever order things happen', async () => {
    const acts = fc.shuffledSubarray(['detach', 'release', 'cancel', 'abort', 'settle', 'settle'] as const);
    await fc.assert(
      fc.asyncProperty(acts, async (order) => {
        const harness = await inlineBeside();
        for (const act of order) {
          if (act === 'detach') harness.pool.detach(harness.id);
          if (act === 'release') harness.b.release('B');
          if (act === 'cancel') harness.pool.cancel(harness.id);
          if (act === 'abort') harness.turn.abort();
          if (act === 'settle') await everythingSettled();
        }
        harness.b.release('B');
        const left = await harness.dispatched.left;
        await whenOver(harness.pool, harness.id);
        await everythingSettled();
        const got = left.mode === 'inline' ? 'results' : 'handle';
        assert.deepEqual([got, takeAll(harness)], got === 'results' ? ['results', []] : ['handle', [harness.id]]);
      }),
      { numRuns: 60 },
    );
  });

  it('has the slot that a raised cap adds, before what waits for one', async () => {
    const harness = await inlineBeside();
    harness.pool.detach(harness.id);
    const c = inBackground(harness, 'c', { whenFull: 'queue' });
    harness.settings.maxAsyncDelegations = 2;
    harness.pool.refreshSettings();
    await everythingSettled();
    assert.deepEqual(harness.children.goals, ['a', 'b']);
    harness.b.release('B');
    await harness.children.held('c');
    const d = inBackground(harness, 'd', { whenFull: 'queue' });
    await everythingSettled();
    assert.equal(harness.pool.get(d.id)?.status, 'queued');
    assert.equal(harness.pool.get(c.id)?.status, 'running');
    await harness.children.release('a', 'A');
    await harness.children.held('d');
  });

  it('counts as soon as a slot is free: what is queued starts when it is over, too', async () => {
    const harness = await inlineBeside();
    harness.pool.detach(harness.id);
    const c = inBackground(harness, 'c', { whenFull: 'queue' });
    await harness.children.release('a', 'A');
    await whenOver(harness.pool, harness.a.id);
    await everythingSettled();
    assert.equal(harness.pool.get(c.id)?.status, 'queued');
    assert.match(refusal(harness, { whenFull: 'reject' }), /The pool is full: 2 of 1/);
    harness.b.release('B');
    await harness.children.release('c', 'C');
    await whenOver(harness.pool, c.id);
    assert.deepEqual(takeAll(harness), [harness.a.id, harness.id, c.id]);
    inBackground(harness, 'd');
  });

  it('takes a slot at once that became free while it ran inline', async () => {
    const harness = await inlineBeside();
    await harness.children.release('a', 'A');
    await whenOver(harness.pool, harness.a.id);
    await everythingSettled();
    harness.pool.detach(harness.id);
    const c = inBackground(harness, 'c', { whenFull: 'queue' });
    await everythingSettled();
    assert.equal(harness.pool.get(c.id)?.status, 'queued');
    harness.b.release('B');
    await harness.children.held('c');
  });

  it('leaves what is nested or synchronous, and what other sessions run, as it is', async () => {
    const harness = await inlineBeside();
    const nested = attached(harness, 'n', { wait: 'sync', parentChildId: harness.b.child.id, depth: 2 });
    const direct = attached(harness, 's', { wait: 'sync' });
    const other = attached(harness, 'o', { sessionId: 'session-2' });
    assert.equal(harness.pool.detachAll('session-1'), 1);
    const modeOf = (id: string) => harness.pool.get(id)?.mode;
    assert.deepEqual([harness.id, nested.delegation.id, direct.delegation.id, other.delegation.id].map(modeOf), [
      'background',
      'sync',
      'sync',
      'inline',
    ]);
    assert.equal(harness.pool.detachAll('session-1'), 0);
  });
});

describe('delegations that run inline', () => {
  it('are no more at a time than the pool has slots; the others wait for one of them', async () => {
    // P16
    const harness = poolHarness({ settings: { maxAsyncDelegations: 2 } });
    ['a', 'b'].forEach((goal) => inBackground(harness, goal));
    const inline = ['c', 'd', 'e', 'f'].map((goal) => attached(harness, [`${goal}1`, `${goal}2`]));
    await harness.children.held('d2');
    await everythingSettled();
    assert.deepEqual(harness.children.goals, ['a', 'b', 'c1', 'c2', 'd1', 'd2']);
    await harness.children.release('c1', 'C1');
    await harness.children.release('c2', 'C2');
    await harness.children.held('e2');
    await everythingSettled();
    assert.equal(harness.children.goals.includes('f1'), false);
    for (const goal of ['d1', 'd2', 'e1', 'e2', 'f1', 'f2']) await harness.children.release(goal, goal);
    const over = await Promise.all(inline.map((dispatched) => dispatched.over));
    assert.deepEqual(over.map(summariesOf).at(-1), ['f1', 'f2']);
  });

  it('are interrupted with their turn, those that wait included', async () => {
    // P16
    const harness = poolHarness({ settings: { maxAsyncDelegations: 1 } });
    inBackground(harness, 'a');
    const turn = new AbortController();
    const inline = ['b', 'c'].map((goal) => attached(harness, goal, {}, turn.signal));
    await harness.children.held('b');
    turn.abort();
    const over = await Promise.all(inline.map((dispatched) => dispatched.over));
    assert.deepEqual(
      over.map(({ status }) => status),
      ['interrupted', 'interrupted'],
    );
    await everythingSettled();
    assert.deepEqual(harness.children.goals, ['a', 'b']);
  });

  it('wait for a slot, and not above the cap, where they are moved to the background before they began', async () => {
    const harness = poolHarness({ settings: { maxAsyncDelegations: 1 } });
    const a = inBackground(harness, 'a');
    const [b, c] = ['b', 'c'].map((goal) => attached(harness, goal));
    await harness.children.held('b');
    assert.equal(harness.pool.detachAll('session-1'), 2);
    assert.equal((await c?.left)?.status, 'queued');
    await everythingSettled();
    assert.deepEqual(harness.children.goals, ['a', 'b']);
    for (const goal of ['a', 'b', 'c']) await harness.children.release(goal, goal);
    await whenOver(harness.pool, c?.delegation.id ?? '');
    assert.deepEqual(takeAll(harness), [a.id, b?.delegation.id, c?.delegation.id]);
  });
});
