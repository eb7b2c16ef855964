import assert from 'node:assert/strict';
import {
  attached,
  everythingSettled,
  inBackground,
  neverAborted,
  poolHarness,
  requestFor,
  SESSION,
  statesOf,
  summariesOf,
  takeAll,
  whenOver,
  whenRunning,
} from './poolHarness';

describe('the pool', () => {
  it('C1 gives a handle while the child is still held at its gate: one active delegation, no completion', async () => {
    const harness = poolHarness();
    const { id } = inBackground(harness, 'look around');
    const { signal } = await harness.children.held('look around');
    assert.equal(signal.aborted, false);
    assert.deepEqual(
      harness.pool.list().map((delegation) => [delegation.id, delegation.status]),
      [[id, 'running']],
    );
    assert.deepEqual(harness.completions.waitingFor(SESSION), []);
  });

  it('C2 names a delegation deleg_ and 8 hex digits, and its children after it', () => {
    const { id, children } = inBackground(poolHarness(), ['a', 'b']);
    assert.match(id, /^deleg_[0-9a-f]{8}$/);
    assert.deepEqual(
      children.map((child) => child.id),
      [`${id}.1`, `${id}.2`],
    );
  });

  it('C5 is synchronous where its caller does not say what it wants', async () => {
    const { pool, children, completions } = poolHarness();
    const { wait: _left, ...request } = requestFor('a');
    const dispatched = pool.dispatch(request, neverAborted());
    assert.equal(dispatched.kind, 'attached');
    await children.release('a', 'done');
    const over = await dispatched.over;
    assert.deepEqual([over.mode, over.status, over.delivery], ['sync', 'completed', 'none']);
    assert.deepEqual(completions.waitingFor(SESSION), []);
  });

  it('C6 holds a batch of 3 as one delegation, in one slot, with one completion of three results', async () => {
    const harness = poolHarness({ settings: { maxAsyncDelegations: 2, whenFull: 'reject' } });
    const pushed: string[] = [];
    harness.completions.onDidPush(({ delegationId }) => pushed.push(delegationId));
    const { id } = inBackground(harness, ['a', 'b', 'c']);
    const other = inBackground(harness, 'takes the second slot');
    for (const goal of ['a', 'b', 'c']) await harness.children.release(goal, `${goal} is done`);
    const over = await whenOver(harness.pool, id);
    assert.deepEqual(summariesOf(over), ['a is done', 'b is done', 'c is done']);
    assert.deepEqual(takeAll(harness), [id]);
    await everythingSettled();
    assert.deepEqual([pushed, takeAll(harness)], [[id], []]);
    assert.equal(harness.pool.get(other.id)?.status, 'running');
  });

  it('C7 keeps the summaries in input order whatever order the children end in', async () => {
    const { pool, children, ...harness } = poolHarness();
    const { id } = inBackground({ pool, ...harness }, ['a', 'b', 'c']);
    for (const goal of ['c', 'a', 'b']) {
      (await children.held(goal)).release(goal.toUpperCase());
      await everythingSettled();
    }
    assert.deepEqual(summariesOf(await whenOver(pool, id)), ['A', 'B', 'C']);
  });

  it('C8 ends a crashed child as failed with its error and leaves its siblings whole', async () => {
    const harness = poolHarness();
    const { id } = inBackground(harness, ['a', 'b']);
    const a = await harness.children.held('a');
    a.progress({ type: 'text', delta: 'so far' });
    a.crash(new Error('out of luck'));
    await harness.children.release('b', 'whole');
    const over = await whenOver(harness.pool, id);
    assert.equal(over.status, 'completed');
    assert.deepEqual(statesOf(over), ['failed', 'completed']);
    assert.deepEqual(summariesOf(over), ['so far', 'whole']);
    const state = over.children[0]?.state;
    assert.ok(state !== undefined && 'error' in state);
    assert.deepEqual([state.exitReason, state.error], ['error', 'The agent crashed: out of luck']);
    assert.deepEqual(harness.errors, [`The run of ${id}.1 failed: out of luck`]);
  });

  it('C9 is failed only where every child failed', async () => {
    const harness = poolHarness();
    const { id } = inBackground(harness, ['a', 'b']);
    for (const goal of ['a', 'b']) (await harness.children.held(goal)).crash(new Error(goal));
    const over = await whenOver(harness.pool, id);
    assert.deepEqual([over.status, statesOf(over)], ['failed', ['failed', 'failed']]);
  });

  it('C10 frees the slot and yields one completion where the runner itself throws', async () => {
    const harness = poolHarness({
      settings: { maxAsyncDelegations: 1, whenFull: 'reject' },
      runChild: () => {
        throw new Error('the runner is broken');
      },
    });
    const first = await whenOver(harness.pool, inBackground(harness, 'a').id);
    assert.equal(first.status, 'failed');
    const second = await whenOver(harness.pool, inBackground(harness, 'b').id);
    assert.deepEqual(takeAll(harness), [first.id, second.id]);
    assert.deepEqual(takeAll(harness), []);
  });

  it('frees a slot the moment a delegation is over', async () => {
    const harness = poolHarness({ settings: { maxAsyncDelegations: 1, whenFull: 'reject' } });
    const { id } = inBackground(harness, 'a');
    await whenRunning(harness.pool, id);
    const accepted: boolean[] = [];
    harness.completions.onDidPush(() => accepted.push(inBackground(harness, 'b').status === 'queued'));
    await harness.children.release('a', 'done');
    await whenOver(harness.pool, id);
    await harness.children.held('b');
    assert.deepEqual(accepted, [true]);
  });

  it('runs maxConcurrentChildren of one delegation at a time, the rest visible as queued', async () => {
    const harness = poolHarness({ settings: { maxConcurrentChildren: 2 } });
    const { id } = inBackground(harness, ['a', 'b', 'c']);
    await harness.children.held('b');
    await everythingSettled();
    const states = () => statesOf(harness.pool.get(id) ?? assert.fail());
    assert.deepEqual(states(), ['running', 'running', 'queued']);
    await harness.children.release('a', 'done');
    await harness.children.held('c');
    assert.deepEqual(states(), ['completed', 'running', 'running']);
  });

  it('waits for the children of an attached delegation without a slot and without a completion', async () => {
    const harness = poolHarness({ settings: { maxAsyncDelegations: 1 } });
    inBackground(harness, 'takes the slot');
    const { over, delegation } = attached(harness, ['a', 'b'], { wait: 'sync' });
    await harness.children.release('b', 'B');
    await harness.children.release('a', 'A');
    assert.deepEqual(summariesOf(await over), ['A', 'B']);
    assert.equal(harness.pool.get(delegation.id)?.delivery, 'none');
    assert.deepEqual(takeAll(harness), []);
  });

  it('tells of a new delegation before anything of it has started', async () => {
    const harness = poolHarness();
    const told: string[] = [];
    harness.pool.onDidDispatch(({ status }) => told.push(status));
    const delegation = inBackground(harness, 'a');
    assert.deepEqual([told, delegation.status], [['queued'], 'queued']);
    await harness.children.held('a');
    assert.deepEqual(told, ['queued']);
  });

  it('retries a finished delegation, or one child of it, afresh in the background', async () => {
    const harness = poolHarness({ settings: { maxAsyncDelegations: 1 } });
    const { pool, children } = harness;
    const { id } = inBackground(harness, ['a', 'b']);
    for (const goal of ['a', 'b']) await children.release(goal, 'first');
    await whenOver(pool, id);
    const all = pool.retry(id);
    const one = pool.retry(`${id}.2`);
    assert.ok(all?.kind === 'background' && one?.kind === 'background');
    assert.deepEqual(
      [all, one].map(({ delegation }) => delegation.children.map(({ task }) => task.goal)),
      [['a', 'b'], ['b']],
    );
    assert.notEqual(all.delegation.id, id);
    assert.equal(pool.retry('deleg_00000000'), undefined);
    assert.equal(pool.retry('deleg_00000000.1'), undefined);
  });

  it('goes on in memory where the journal cannot write, and reports it', async () => {
    const harness = poolHarness({
      wrap: (store) => ({
        save: () => {
          throw new Error('disk full');
        },
        forget: (id) => store.forget(id),
        addCompletion: (delegation) => store.addCompletion(delegation),
        deliverCompletion: (id, sessionId, append) => store.deliverCompletion(id, sessionId, append),
        reopenCompletion: (id) => store.reopenCompletion(id),
        readdressCompletion: (id, sessionId) => store.readdressCompletion(id, sessionId),
      }),
    });
    const { id } = inBackground(harness, 'a');
    await harness.children.release('a', 'done');
    assert.equal((await whenOver(harness.pool, id)).status, 'completed');
    assert.deepEqual(takeAll(harness), [id]);
    assert.ok(harness.errors.every((error) => error === 'Could not record a delegation: disk full'));
    assert.ok(harness.errors.length > 0);
  });
});
