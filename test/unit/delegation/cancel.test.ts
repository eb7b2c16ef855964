import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { GatedChildren } from '../../fakes/gatedChildren';
import {
  attached,
  everythingSettled,
  inBackground,
  poolHarness,
  statesOf,
  summariesOf,
  takeAll,
  whenOver,
} from './poolHarness';

describe('cancelling', () => {
  it('C15 interrupting the turn right after the dispatch leaves the background child running', async () => {
    const harness = poolHarness();
    const turn = new AbortController();
    const { id } = inBackground(harness, 'a', {}, turn.signal);
    turn.abort();
    const { signal } = await harness.children.held('a');
    await everythingSettled();
    assert.deepEqual([signal.aborted, harness.pool.get(id)?.status], [false, 'running']);
  });

  it('C16 interrupting the turn during an inline delegation interrupts it', async () => {
    const harness = poolHarness({ settings: { maxAsyncDelegations: 1 } });
    const background = inBackground(harness, 'a');
    const turn = new AbortController();
    const { over } = attached(harness, ['b', 'c'], {}, turn.signal);
    const b = await harness.children.held('b');
    b.progress({ type: 'text', delta: 'half' });
    turn.abort();
    const ended = await over;
    assert.deepEqual([ended.status, ended.mode, summariesOf(ended)], ['interrupted', 'inline', ['half', '']]);
    assert.equal(b.signal.aborted, true);
    assert.equal(harness.pool.get(background.id)?.status, 'running');
    assert.deepEqual(takeAll(harness), []);
  });

  it('C16 a turn that is over no longer listens for what it ran inline', async () => {
    const harness = poolHarness();
    const turn = new AbortController();
    const { over } = attached(harness, 'a', { wait: 'sync' }, turn.signal);
    await harness.children.release('a', 'A');
    const ended = await over;
    await everythingSettled();
    assert.deepEqual(getEventListeners(turn.signal, 'abort'), []);
    turn.abort();
    assert.deepEqual(harness.pool.get(ended.id), ended);
  });

  it('a turn that was interrupted before it delegates starts nothing', async () => {
    const harness = poolHarness();
    const { over } = attached(harness, 'a', { wait: 'sync' }, AbortSignal.abort());
    assert.equal((await over).status, 'interrupted');
    await everythingSettled();
    assert.deepEqual(harness.children.goals, []);
  });

  it('C19 cancelling one child leaves its siblings, and the join still happens', async () => {
    const harness = poolHarness();
    const { pool, children } = harness;
    const { id } = inBackground(harness, ['a', 'b']);
    const a = await children.held('a');
    const b = await children.held('b');
    assert.equal(pool.cancel(`${id}.1`), true);
    assert.deepEqual([a.signal.aborted, b.signal.aborted], [true, false]);
    b.release('B');
    const over = await whenOver(pool, id);
    assert.deepEqual([over.status, statesOf(over)], ['completed', ['interrupted', 'completed']]);
    assert.deepEqual(takeAll(harness), [id]);
  });

  it('C19 a delegation whose children were all cancelled one by one completes once, as interrupted', async () => {
    const harness = poolHarness({ settings: { maxConcurrentChildren: 1 } });
    const { id } = inBackground(harness, ['a', 'b']);
    await harness.children.held('a');
    assert.deepEqual([harness.pool.cancel(`${id}.2`), harness.pool.cancel(`${id}.1`)], [true, true]);
    const over = await whenOver(harness.pool, id);
    assert.deepEqual([over.status, statesOf(over)], ['interrupted', ['interrupted', 'interrupted']]);
    await everythingSettled();
    assert.deepEqual([harness.children.goals, takeAll(harness), takeAll(harness)], [['a'], [id], []]);
  });

  it('C20 cancelling a delegation aborts every signal below it, grandchildren too, and marks each as interrupted', async () => {
    const harness = poolHarness();
    const { pool, children } = harness;
    const { id } = inBackground(harness, ['parent', 'sibling']);
    const parent = await children.held('parent');
    const below = (goal: string, parentChildId: string, depth: number, signal: AbortSignal) =>
      attached(harness, goal, { wait: 'sync', parentChildId, depth }, signal);
    const nested = below('grandchild', parent.child.id, 2, parent.signal);
    const grandchild = await children.held('grandchild');
    const deeper = below('great-grandchild', grandchild.child.id, 3, grandchild.signal);
    await children.held('great-grandchild');
    assert.equal(pool.cancel(id), true);
    assert.deepEqual(
      children.started.map(({ signal }) => signal.aborted),
      [true, true, true, true],
    );
    assert.deepEqual(
      [(await nested.over).status, (await deeper.over).status, pool.get(id)?.status],
      ['interrupted', 'interrupted', 'interrupted'],
    );
    assert.deepEqual(takeAll(harness), [id]);
  });

  it('C21 a result that arrives after a cancel changes nothing', async () => {
    const harness = poolHarness({ children: new GatedChildren({ stubborn: true }) });
    const { id } = inBackground(harness, ['a', 'b']);
    const held = await Promise.all(['a', 'b'].map((goal) => harness.children.held(goal)));
    harness.pool.cancel(id);
    const over = await whenOver(harness.pool, id);
    held[0]?.progress({ type: 'text', delta: 'late' });
    held[0]?.release('late result');
    held[1]?.crash(new Error('late crash'));
    await everythingSettled();
    assert.equal(harness.pool.get(id), over);
    assert.deepEqual([takeAll(harness), takeAll(harness)], [[id], []]);
  });

  it('C21 nor does one of a run whose task was begun again meanwhile', async () => {
    const harness = poolHarness({ children: new GatedChildren({ stubborn: true }) });
    const { pool, children } = harness;
    const { id } = inBackground(harness, ['a', 'b']);
    const [first, b] = [await children.held('a'), await children.held('b')];
    pool.cancel(`${id}.1`);
    pool.retry(`${id}.1`);
    const second = await children.held('a', 2);
    assert.deepEqual(first.hooks.takeSteer(), []);
    first.progress({ type: 'text', delta: 'late' });
    first.crash(new Error('late crash'));
    await everythingSettled();
    assert.deepEqual(harness.errors, [`The run of ${id}.1 failed: late crash`]);
    second.release('A');
    b.release('B');
    const over = await whenOver(pool, id);
    assert.deepEqual([over.status, summariesOf(over)], ['completed', ['A', 'B']]);
  });

  it('C22 a queued delegation that is cancelled is over at once and never starts', async () => {
    const harness = poolHarness({ settings: { maxAsyncDelegations: 1, whenFull: 'queue' } });
    inBackground(harness, 'a');
    const queued = inBackground(harness, 'b');
    const last = inBackground(harness, 'c');
    assert.equal(harness.pool.cancel(queued.id), true);
    assert.equal(harness.pool.get(queued.id)?.status, 'interrupted');
    await harness.children.release('a', 'A');
    await harness.children.release('c', 'C');
    await whenOver(harness.pool, last.id);
    assert.deepEqual(harness.children.goals, ['a', 'c']);
    assert.deepEqual(takeAll(harness)[0], queued.id);
  });

  it('C22 a delegation that is cancelled while the pool is paused never starts', async () => {
    const harness = poolHarness({ settings: { whenFull: 'queue' } });
    harness.pool.pause();
    const { id } = inBackground(harness, 'a');
    await everythingSettled();
    harness.pool.cancel(id);
    harness.pool.resume();
    await everythingSettled();
    assert.deepEqual([harness.children.goals, harness.pool.get(id)?.status], [[], 'interrupted']);
  });

  it('C23 keeps the partial text, and how long the child ran', async () => {
    const harness = poolHarness();
    const { id } = inBackground(harness, 'a');
    const a = await harness.children.held('a');
    a.progress({ type: 'request', priced: true });
    for (const delta of ['I found ', 'two places']) a.progress({ type: 'text', delta });
    harness.clock.advance(2500);
    harness.pool.cancel(id, 'Not needed any more.');
    const { state } = (await whenOver(harness.pool, id)).children[0] ?? assert.fail();
    const { startedAt, endedAt, ...ending } = 'endedAt' in state ? state : assert.fail();
    assert.deepEqual(ending, {
      status: 'interrupted',
      exitReason: 'interrupted',
      summary: 'I found two places',
      truncated: true,
      error: 'Not needed any more.',
    });
    assert.equal(endedAt - (startedAt ?? 0), 2500);
  });

  it('says false for what is over or unknown', async () => {
    const harness = poolHarness();
    const { id } = inBackground(harness, 'a');
    await harness.children.release('a', 'A');
    await whenOver(harness.pool, id);
    for (const what of [id, `${id}.1`, `${id}.2`, 'deleg_00000000', 'deleg_00000000.1', ''])
      assert.equal(harness.pool.cancel(what), false, what);
  });

  it('cancels every delegation of one session, or all of them, and counts them without the nested ones', async () => {
    const harness = poolHarness({ settings: { maxAsyncDelegations: 2, whenFull: 'queue' } });
    const { pool, children } = harness;
    inBackground(harness, 'a');
    inBackground(harness, 'b', { sessionId: 'session-2' });
    inBackground(harness, 'c');
    const a = await children.held('a');
    attached(harness, 'below a', { wait: 'sync', parentChildId: a.child.id, depth: 2 }, a.signal);
    await children.held('below a');
    assert.equal(pool.cancelAll('session-1'), 2);
    assert.deepEqual(
      pool.list().map(({ status }) => status),
      ['interrupted', 'running', 'interrupted', 'interrupted'],
    );
    assert.deepEqual([pool.cancelAll(), pool.cancelAll()], [1, 0]);
  });

  it('frees one slot, not two, where a listener cancels the rest the moment a nested delegation is cancelled', async () => {
    const harness = poolHarness({ settings: { maxAsyncDelegations: 1, whenFull: 'reject' } });
    const { pool, children } = harness;
    const { id } = inBackground(harness, ['parent', 'sibling']);
    const parent = await children.held('parent');
    const { delegation: nested } = attached(
      harness,
      'below',
      { wait: 'sync', parentChildId: parent.child.id, depth: 2 },
      parent.signal,
    );
    await children.held('below');
    pool.onDidChange(({ delegation: changed }) => {
      if (changed.id === nested.id && changed.status === 'interrupted') pool.cancel(id);
    });
    pool.cancel(parent.child.id);
    assert.equal(harness.store.load()[0]?.status, 'interrupted');
    const accepted = ['x', 'y'].filter((goal) => inBackgroundOrRefused(harness, goal));
    assert.deepEqual(accepted, ['x']);
  });
});

function inBackgroundOrRefused(harness: ReturnType<typeof poolHarness>, goal: string): boolean {
  try {
    inBackground(harness, goal);
    return true;
  } catch {
    return false;
  }
}
