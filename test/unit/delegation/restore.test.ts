import assert from 'node:assert/strict';
import { completionBlock } from '../../../src/delegation/block';
import { taskCountOf } from '../../../src/delegation/delegation';
import { shortfallOf } from '../../../src/delegation/result';
import { GatedChildren } from '../../fakes/gatedChildren';
import { optionsFor } from './blockHarness';
import type { PoolHarness } from './poolHarness';
import {
  attached,
  everythingSettled,
  inBackground,
  memoryDatabase,
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

  // P12
  it('a damaged record of one child misleads nobody about its siblings, and is told', async () => {
    const db = memoryDatabase(() => {});
    const before = poolHarness({ db });
    const { id } = inBackground(before, ['a', 'b', 'c']);
    for (const goal of ['a', 'b']) await before.children.release(goal, `${goal} is done`);
    await before.children.held('c');
    await everythingSettled();
    db.run("UPDATE children SET body = '{' WHERE id = ?", `${id}.1`);
    const after = poolHarness({ db });
    const over = after.pool.get(id) ?? assert.fail();
    assert.deepEqual([over.status, taskCountOf(over), shortfallOf(over)], ['unknown', 3, '1 of 3 done · 2 unknown']);
    const { text } = completionBlock(over, optionsFor());
    assert.match(text, /, 3 tasks\]\n/);
    assert.match(text, /\nTASK 1\/3: ✗\n.*damaged[^]*\nTASK 2\/3: b ✓\n[^]*b is done[^]*\nTASK 3\/3: c ✗\n/);
    assert.deepEqual(takeAll(after), [id]);
  });

  // P12
  it('is not called done where the record that is damaged is that of the only one at work', async () => {
    const db = memoryDatabase(() => {});
    const before = poolHarness({ db });
    const { id } = inBackground(before, ['a', 'b']);
    await before.children.release('a', 'A');
    await before.children.held('b');
    await everythingSettled();
    db.run("UPDATE children SET body = '{' WHERE id = ?", `${id}.2`);
    assert.equal(poolHarness({ db }).pool.get(id)?.status, 'unknown');
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

  it('C38 closing the window interrupts all children where they shall not go on, and waits until they have let go', async () => {
    const children = new GatedChildren({ stubborn: true });
    const harness = poolHarness({ children, settings: { resume: 'never' } });
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
