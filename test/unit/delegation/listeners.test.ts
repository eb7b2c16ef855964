import assert from 'node:assert/strict';
import { setListenerErrorReporter } from '../../../src/util/emitter';
import { inBackground, poolHarness, statesOf, summariesOf, takeAll, whenOver } from './poolHarness';

describe('what listens to the pool', () => {
  const reported: unknown[] = [];
  before(() => setListenerErrorReporter((error) => reported.push(error)));
  beforeEach(() => reported.splice(0));
  after(() => setListenerErrorReporter((error) => console.error(error)));

  it('C54 may throw: the delegation, its completion and the other listeners go on', async () => {
    const harness = poolHarness();
    const { pool, completions } = harness;
    const fault = new Error('a view is broken');
    const fail = () => {
      throw fault;
    };
    for (const event of [pool.onDidDispatch, pool.onDidChange, pool.onDidRemove, pool.onDidChangePaused]) event(fail);
    completions.onDidPush(fail);
    completions.onDidChangeDelivery(fail);
    const seen: string[] = [];
    pool.onDidChange(({ delegation }) => seen.push(delegation.status));
    const { id } = inBackground(harness, ['a', 'b']);
    for (const goal of ['a', 'b']) await harness.children.release(goal, goal.toUpperCase());
    const over = await whenOver(pool, id);
    assert.deepEqual([over.status, statesOf(over)], ['completed', ['completed', 'completed']]);
    assert.deepEqual(summariesOf(over), ['A', 'B']);
    assert.deepEqual([takeAll(harness), pool.remove(id), pool.list()], [[id], true, []]);
    assert.equal(seen[0], 'queued');
    assert.equal(seen.at(-1), 'completed');
    assert.ok(reported.length > 0 && reported.every((error) => error === fault));
  });

  it('C55 100 dispatches in one tick wait for nothing: every handle is there before anything else runs', async () => {
    const harness = poolHarness({ settings: { maxAsyncDelegations: 100 } });
    const order: string[] = [];
    const nextTurn = new Promise<void>((resolve) =>
      setImmediate(() => {
        order.push(`next turn: ${harness.children.started.length} children run`);
        resolve();
      }),
    );
    void Promise.resolve().then(() => order.push(`first microtask: ${harness.pool.list().length} listed`));
    const ids = Array.from({ length: 100 }, (_, i) => inBackground(harness, `task ${i}`).id);
    order.push(`dispatched: ${new Set(ids).size}`);
    await nextTurn;
    assert.deepEqual(order, ['dispatched: 100', 'first microtask: 100 listed', 'next turn: 100 children run']);
    harness.pool.cancelAll();
  });
});
