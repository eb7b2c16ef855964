import assert from 'node:assert/strict';
import { GatedChildren } from '../../fakes/gatedChildren';
import type { PoolHarness } from './poolHarness';
import {
  attached,
  everythingSettled,
  inBackground,
  poolHarness,
  SESSION,
  statesOf,
  summariesOf,
  takeAll,
  whenOver,
} from './poolHarness';

/** A new window on the store of an old one. */
function restarted({ db, clock }: PoolHarness): PoolHarness {
  return poolHarness({ db, clock, children: new GatedChildren() });
}

describe('after a restart', () => {
  it('what was finished but undelivered is delivered once, in order of completion', async () => {
    const before = poolHarness();
    const [a, b] = ['a', 'b'].map((goal) => inBackground(before, goal).id);
    await before.children.release('b', 'B');
    await whenOver(before.pool, b ?? '');
    await before.children.release('a', 'A');
    await whenOver(before.pool, a ?? '');
    const after = restarted(before);
    assert.deepEqual(after.completions.addressees(), [SESSION]);
    assert.deepEqual(takeAll(after), [b, a]);
    assert.deepEqual([takeAll(after), takeAll(restarted(after))], [[], []]);
    assert.deepEqual(
      restarted(after)
        .pool.list()
        .map(({ delivery }) => delivery),
      ['delivered', 'delivered'],
    );
  });

  it('C37 what was queued or running is unknown, with what its children had finished, and comes back once', async () => {
    const before = poolHarness({ settings: { maxAsyncDelegations: 1, whenFull: 'queue' } });
    const running = inBackground(before, ['a', 'b']).id;
    const queued = inBackground(before, 'c').id;
    await before.children.release('a', 'A is done');
    const b = await before.children.held('b');
    b.progress({ type: 'text', delta: 'half of B' });
    b.progress({ type: 'usage', tokens: { input: 7, output: 3, cached: 0 }, costUsd: 0.5 });
    await everythingSettled();
    const after = restarted(before);
    const [first, second] = after.pool.list();
    assert.ok(first !== undefined && second !== undefined);
    assert.deepEqual([first.id, second.id], [running, queued]);
    assert.deepEqual([first.status, statesOf(first)], ['unknown', ['completed', 'unknown']]);
    assert.deepEqual(summariesOf(first), ['A is done', 'half of B']);
    assert.deepEqual(first.children[1]?.progress.tokens, { input: 7, output: 3, cached: 0 });
    const state = second.children[0]?.state;
    assert.ok(state !== undefined && 'error' in state);
    assert.deepEqual([state.exitReason, state.error], ['lost', 'VS Code was closed while this ran.']);
    assert.deepEqual([takeAll(after), takeAll(after), takeAll(restarted(after))], [[running, queued], [], []]);
    await everythingSettled();
    assert.deepEqual(after.children.goals, [], 'nothing is run twice by itself');
  });

  it('what ran inline or nested is unknown and comes back to nobody: its caller is gone too', async () => {
    const before = poolHarness();
    const { delegation } = attached(before, 'a', { wait: 'sync' });
    await before.children.held('a');
    const after = restarted(before);
    assert.deepEqual(
      [after.pool.get(delegation.id)?.status, after.pool.get(delegation.id)?.delivery],
      ['unknown', 'none'],
    );
    assert.deepEqual(after.completions.addressees(), []);
  });

  it('what was lost can be retried, and the slots are free', async () => {
    const before = poolHarness({ settings: { maxAsyncDelegations: 1 } });
    const { id } = inBackground(before, 'a');
    await before.children.held('a');
    const after = poolHarness({ db: before.db, settings: { maxAsyncDelegations: 1, whenFull: 'reject' } });
    inBackground(after, 'b');
    assert.equal(after.pool.retry(id)?.kind, 'background');
  });

  it('C38 closing the window interrupts all children and waits until they have let go', async () => {
    const children = new GatedChildren({ stubborn: true });
    const harness = poolHarness({ children });
    const { id } = inBackground(harness, ['a', 'b']);
    const held = await Promise.all(['a', 'b'].map((goal) => children.held(goal)));
    held[0]?.progress({ type: 'text', delta: 'half' });
    let closed = false;
    const closing = harness.pool.shutdown().then(() => (closed = true));
    const over = await whenOver(harness.pool, id);
    assert.deepEqual([over.status, statesOf(over)], ['interrupted', ['interrupted', 'interrupted']]);
    await everythingSettled();
    assert.equal(closed, false);
    for (const child of held) child.release('too late');
    await closing;
    assert.deepEqual(summariesOf(harness.store.load()[0] ?? assert.fail()), ['half', '']);
    assert.deepEqual(takeAll(restarted(harness)), [id]);
  });
});
