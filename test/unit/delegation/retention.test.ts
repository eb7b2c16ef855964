import assert from 'node:assert/strict';
import { attached, inBackground, poolHarness, takeAll, whenOver } from './poolHarness';

type Harness = ReturnType<typeof poolHarness>;

async function finish(harness: Harness, goal: string): Promise<string> {
  const { id } = inBackground(harness, goal);
  await harness.children.release(goal, goal);
  await whenOver(harness.pool, id);
  return id;
}

async function finishAndTake(harness: Harness, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    ids.push(await finish(harness, `task ${harness.children.started.length}`));
    takeAll(harness);
  }
  return ids;
}

const idsOf = ({ pool }: Harness) => pool.list().map(({ id }) => id);

describe('retention', () => {
  it('C39 keeps the 50 that were dispatched last, and forgets the others everywhere', async () => {
    const harness = poolHarness();
    const removed: string[] = [];
    harness.pool.onDidRemove((id) => removed.push(id));
    const ids = await finishAndTake(harness, 53);
    assert.deepEqual(idsOf(harness), ids.slice(3));
    assert.deepEqual(removed, ids.slice(0, 3));
    assert.deepEqual(
      harness.store.load().map(({ id }) => id),
      ids.slice(3),
    );
  });

  it('C39 never forgets a running or an undelivered one, however old', async () => {
    const harness = poolHarness();
    const running = inBackground(harness, 'goes on').id;
    const undelivered = await finish(harness, 'its session is gone');
    harness.completions.orphan('session-1');
    const pending = inBackground(harness, 'pending', { sessionId: 'busy' }).id;
    await harness.children.release('pending', '');
    await whenOver(harness.pool, pending);
    const ids = await finishAndTake(harness, 51);
    assert.deepEqual(idsOf(harness), [running, undelivered, pending, ...ids.slice(1)]);
  });

  it('C39 takes the nested ones along with the delegation above them, and does not count them', async () => {
    const harness = poolHarness();
    const top = inBackground(harness, 'top');
    const { child, signal } = await harness.children.held('top');
    const nested = attached(harness, 'below', { wait: 'sync', depth: 2, parentChildId: child.id }, signal);
    await harness.children.release('below', '');
    await nested.over;
    await harness.children.release('top', '');
    await whenOver(harness.pool, top.id);
    takeAll(harness);
    const ids = await finishAndTake(harness, 49);
    assert.deepEqual(idsOf(harness), [top.id, nested.delegation.id, ...ids]);
    const [last] = await finishAndTake(harness, 1);
    assert.deepEqual(idsOf(harness), [...ids, last]);
    assert.equal(harness.store.load().length, 50);
  });

  it('C39 takes along too what a child had below it whose task was begun again', async () => {
    const harness = poolHarness();
    const { pool, children } = harness;
    const top = inBackground(harness, ['parent', 'sibling']);
    const { child, signal } = await children.held('parent');
    attached(harness, 'below', { wait: 'sync', depth: 2, parentChildId: child.id }, signal);
    await children.held('below');
    pool.cancel(child.id);
    pool.retry(child.id);
    for (const held of [await children.held('parent', 2), await children.held('sibling')]) held.release('');
    await whenOver(pool, top.id);
    takeAll(harness);
    assert.equal(pool.list().length, 2);
    assert.equal(pool.remove(top.id), true);
    assert.deepEqual([pool.list(), harness.store.load()], [[], []]);
  });

  it('C39 clears what is finished and delivered when asked to, and says how many', async () => {
    const harness = poolHarness();
    await finishAndTake(harness, 2);
    const pending = await finish(harness, 'pending');
    const running = inBackground(harness, 'goes on').id;
    assert.equal(harness.pool.clearFinished(), 2);
    assert.deepEqual(idsOf(harness), [pending, running]);
    assert.deepEqual([harness.pool.remove(running), harness.pool.remove('deleg_00000000')], [false, false]);
  });
});
