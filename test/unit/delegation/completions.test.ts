import assert from 'node:assert/strict';
import type { CompletionStore, DeliveryChange } from '../../../src/delegation/completions';
import { CompletionQueue } from '../../../src/delegation/completions';
import { advance } from '../../../src/delegation/delegation';
import { inBackground, poolHarness, SESSION, takeAll, whenOver } from './poolHarness';

/** Dispatches and ends one delegation for each goal, in this order. */
async function overFor(harness: ReturnType<typeof poolHarness>, goals: readonly string[], sessionId = SESSION) {
  const ids: string[] = [];
  for (const goal of goals) {
    const { id } = inBackground(harness, goal, { sessionId });
    await harness.children.release(goal, goal.toUpperCase());
    await whenOver(harness.pool, id);
    ids.push(id);
  }
  return ids;
}

describe('the completion queue', () => {
  it('C27 holds completions in order of completion, not of dispatch', async () => {
    const harness = poolHarness();
    const [a, b] = ['a', 'b'].map((goal) => inBackground(harness, goal).id);
    await harness.children.release('b', 'B');
    await whenOver(harness.pool, b ?? '');
    await harness.children.release('a', 'A');
    await whenOver(harness.pool, a ?? '');
    assert.deepEqual(takeAll(harness), [b, a]);
  });

  it('C29 gives each session its own', async () => {
    const harness = poolHarness();
    const [a] = await overFor(harness, ['a'], 'session-1');
    const [b] = await overFor(harness, ['b'], 'session-2');
    assert.deepEqual(harness.completions.addressees(), ['session-1', 'session-2']);
    assert.deepEqual([takeAll(harness, 'session-2'), takeAll(harness, 'session-1')], [[b], [a]]);
    assert.deepEqual(harness.completions.addressees(), []);
  });

  it('C32 tells of a completion once and gives it out once, also when it is pushed again', async () => {
    const harness = poolHarness();
    const told: string[] = [];
    harness.completions.onDidPush(({ delegationId }) => told.push(delegationId));
    const [id] = await overFor(harness, ['a']);
    const delegation = harness.pool.get(id ?? '') ?? assert.fail();
    harness.completions.push(delegation);
    assert.deepEqual(takeAll(harness), [id]);
    harness.completions.push(delegation);
    harness.completions.restore([delegation]);
    assert.deepEqual([told, takeAll(harness)], [[id], []]);
  });

  it('C32 gives it out once, also when a second window took it', async () => {
    const harness = poolHarness();
    const [id] = await overFor(harness, ['a']);
    const secondWindow = poolHarness({ db: harness.db });
    assert.deepEqual(takeAll(secondWindow), [id]);
    let appended = false;
    assert.equal(
      harness.completions.take(id ?? '', () => (appended = true)),
      false,
    );
    assert.deepEqual([appended, takeAll(harness)], [false, []]);
  });

  it('is marked as delivered on its delegation, and can be removed then', async () => {
    const harness = poolHarness();
    const [id = ''] = await overFor(harness, ['a']);
    assert.deepEqual([harness.pool.get(id)?.delivery, harness.pool.remove(id)], ['pending', false]);
    takeAll(harness);
    assert.deepEqual([harness.pool.get(id)?.delivery, harness.pool.remove(id)], ['delivered', true]);
    assert.deepEqual([harness.pool.list(), harness.store.load()], [[], []]);
  });

  it('goes on waiting where the conversation could not take it', async () => {
    const harness = poolHarness();
    const [id = ''] = await overFor(harness, ['a']);
    const refuse = () => {
      throw new Error('no place');
    };
    assert.throws(() => harness.completions.take(id, refuse), /no place/);
    assert.equal(harness.pool.get(id)?.delivery, 'pending');
    assert.deepEqual(takeAll(harness), [id]);
  });

  it('C31 keeps the completions of a deleted session, undelivered, until they are sent to another one', async () => {
    const harness = poolHarness();
    const [first = '', second = ''] = await overFor(harness, ['a', 'b']);
    const changes: DeliveryChange[] = [];
    const pushed: string[] = [];
    harness.completions.onDidChangeDelivery((change) => changes.push(change));
    harness.completions.onDidPush(({ delegationId, sessionId }) => pushed.push(`${delegationId} to ${sessionId}`));
    harness.completions.orphan(SESSION);
    assert.deepEqual([takeAll(harness), harness.completions.addressees()], [[], []]);
    assert.deepEqual(
      harness.pool.list().map(({ delivery }) => delivery),
      ['undelivered', 'undelivered'],
    );
    const reloaded = poolHarness({ db: harness.db });
    assert.deepEqual([takeAll(reloaded), reloaded.pool.get(second)?.delivery], [[], 'undelivered']);
    assert.equal(harness.completions.readdress(second, 'session-2'), true);
    assert.deepEqual(pushed, [`${second} to session-2`]);
    assert.deepEqual(takeAll(harness, 'session-2'), [second]);
    assert.deepEqual(
      [harness.pool.get(second)?.delivery, harness.pool.get(second)?.sessionId],
      ['delivered', 'session-2'],
    );
    assert.equal(harness.completions.readdress(second, SESSION), false);
    assert.deepEqual(changes, [
      { delegationId: first, sessionId: null, delivered: false },
      { delegationId: second, sessionId: null, delivered: false },
      { delegationId: second, sessionId: 'session-2', delivered: false },
      { delegationId: second, sessionId: 'session-2', delivered: true },
    ]);
  });

  it('C31 a delegation that ends after its session was deleted can be sent elsewhere too', async () => {
    const harness = poolHarness();
    const [id = ''] = await overFor(harness, ['a']);
    harness.completions.orphan(SESSION);
    const after = poolHarness({ db: harness.db });
    assert.equal(after.completions.readdress(id, 'session-2'), true);
    const again = poolHarness({ db: harness.db });
    assert.deepEqual([takeAll(again), takeAll(again, 'session-2')], [[], [id]]);
  });

  it('publishes a completion that the store could not record', () => {
    const store: CompletionStore = {
      addCompletion: () => {
        throw new Error('disk full');
      },
      deliverCompletion: (_id, _session, append) => (append(), true),
      reopenCompletion: () => undefined,
      readdressCompletion: () => {},
    };
    const queue = new CompletionQueue(store);
    const told: string[] = [];
    queue.onDidPush(({ delegationId }) => told.push(delegationId));
    const queued = inBackground(poolHarness(), 'a');
    const over = advance(queued, { type: 'cancelled', reason: '' }, 0);
    assert.throws(() => queue.push(over), /disk full/);
    assert.deepEqual(told, [over.id]);
    assert.equal(
      queue.take(over.id, () => {}),
      true,
    );
  });

  it('takes in nothing that is not over', () => {
    const harness = poolHarness();
    const running = inBackground(harness, 'a');
    assert.throws(() => harness.completions.push(running), /is not over/);
  });
});
