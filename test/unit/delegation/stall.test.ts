import assert from 'node:assert/strict';
import { GatedChildren } from '../../fakes/gatedChildren';
import { attached, everythingSettled, inBackground, poolHarness, statesOf, takeAll, whenOver } from './poolHarness';

const SECOND = 1000;
const tool = { type: 'tool-started', activity: 'run_command make' } as const;
const toolDone = {
  type: 'tool-finished',
  entry: { tool: 'run_command', args_bytes: 1, result_bytes: 1, status: 'ok' },
  filesWritten: [],
} as const;

describe('a child that makes no progress', () => {
  it('C47 is interrupted after 450 s and ends as stalled, with its text', async () => {
    const harness = poolHarness();
    const { id } = inBackground(harness, 'a');
    const a = await harness.children.held('a');
    a.progress({ type: 'text', delta: 'half' });
    harness.clock.advance(449 * SECOND);
    assert.equal(a.signal.aborted, false);
    harness.clock.advance(1 * SECOND);
    assert.equal(a.signal.aborted, true);
    const over = await whenOver(harness.pool, id);
    const { state } = over.children[0] ?? assert.fail();
    assert.ok('error' in state);
    assert.deepEqual(
      [over.status, state.status, state.exitReason, state.error],
      ['stalled', 'stalled', 'stalled', 'Stalled: no progress for 450 s.'],
    );
    assert.deepEqual(takeAll(harness), [id]);
  });

  it('C47 is given up 120 s later where it does not end, and its slot is free', async () => {
    const settings = { maxAsyncDelegations: 1, whenFull: 'queue' } as const;
    const harness = poolHarness({ children: new GatedChildren({ stubborn: true }), settings });
    const { id } = inBackground(harness, 'a');
    inBackground(harness, 'b');
    const a = await harness.children.held('a');
    a.progress({ type: 'text', delta: 'half' });
    harness.clock.advance(569 * SECOND);
    await everythingSettled();
    assert.deepEqual([harness.pool.get(id)?.status, harness.children.goals], ['running', ['a']]);
    harness.clock.advance(1 * SECOND);
    await harness.children.held('b');
    const { state } = harness.pool.get(id)?.children[0] ?? assert.fail();
    assert.ok('summary' in state);
    assert.deepEqual([state.status, state.summary], ['stalled', 'half']);
    assert.equal(state.error, 'Stalled: no progress for 450 s. It did not end when it was interrupted.');
    a.release('too late');
    await everythingSettled();
    assert.equal(harness.pool.get(id)?.status, 'stalled');
  });

  it('C47 its siblings go on, and so does the place that it had among them', async () => {
    const children = new GatedChildren({ stubborn: true });
    const harness = poolHarness({ children, settings: { maxConcurrentChildren: 1 } });
    const { id } = inBackground(harness, ['a', 'b']);
    await children.held('a');
    harness.clock.advance(570 * SECOND);
    await children.release('b', 'B');
    const over = await whenOver(harness.pool, id);
    assert.deepEqual([over.status, statesOf(over)], ['completed', ['stalled', 'completed']]);
  });

  for (const change of [
    { type: 'text', delta: 'x' },
    { type: 'alive' },
    { type: 'sent' },
    { type: 'request', priced: false },
  ] as const) {
    it(`C47 any sign of life starts the time anew: ${change.type}`, async () => {
      const harness = poolHarness();
      inBackground(harness, 'a');
      const a = await harness.children.held('a');
      for (let i = 0; i < 5; i++) {
        harness.clock.advance(400 * SECOND);
        a.progress(change);
      }
      harness.clock.advance(449 * SECOND);
      assert.equal(a.signal.aborted, false);
      harness.clock.advance(1 * SECOND);
      assert.equal(a.signal.aborted, true);
    });
  }

  it('C47 gets 1200 s while a tool runs, and 450 s again once it is done', async () => {
    const harness = poolHarness();
    inBackground(harness, 'a');
    const a = await harness.children.held('a');
    a.progress(tool);
    harness.clock.advance(1199 * SECOND);
    assert.equal(a.signal.aborted, false);
    a.progress(toolDone);
    harness.clock.advance(449 * SECOND);
    assert.equal(a.signal.aborted, false);
    harness.clock.advance(1 * SECOND);
    assert.equal(a.signal.aborted, true);
  });

  it('C47 is interrupted after 1200 s of a silent tool', async () => {
    const harness = poolHarness();
    inBackground(harness, 'a');
    const a = await harness.children.held('a');
    harness.clock.advance(100 * SECOND);
    a.progress(tool);
    a.progress(tool);
    a.progress(toolDone);
    harness.clock.advance(1200 * SECOND - 1);
    assert.equal(a.signal.aborted, false);
    harness.clock.advance(1);
    assert.equal(a.signal.aborted, true);
  });

  for (const [what, waiting, goesOn] of [
    ['the provider', { type: 'waiting', activity: 'rate limited' }, { type: 'sent' }],
    ['the user', { type: 'approvals', waiting: 1 }, { type: 'approvals', waiting: 0 }],
  ] as const) {
    it(`is not silent while it waits for ${what}`, async () => {
      const harness = poolHarness();
      inBackground(harness, 'a');
      const a = await harness.children.held('a');
      a.progress(waiting);
      harness.clock.advance(10 * 3600 * SECOND);
      assert.equal(a.signal.aborted, false);
      a.progress(goesOn);
      harness.clock.advance(449 * SECOND);
      assert.equal(a.signal.aborted, false);
      harness.clock.advance(450 * SECOND);
      assert.equal(a.signal.aborted, true);
    });
  }

  it('an orchestrator is not silent while those below it make progress', async () => {
    const harness = poolHarness();
    inBackground(harness, 'parent');
    const parent = await harness.children.held('parent');
    parent.progress(tool);
    attached(harness, 'below', { wait: 'sync', parentChildId: parent.child.id, depth: 2 }, parent.signal);
    const below = await harness.children.held('below');
    for (let i = 0; i < 10; i++) {
      harness.clock.advance(400 * SECOND);
      below.progress({ type: 'text', delta: '.' });
    }
    assert.deepEqual([parent.signal.aborted, below.signal.aborted], [false, false]);
  });

  it('an orchestrator is not silent while one below it waits for the user', async () => {
    const harness = poolHarness();
    inBackground(harness, 'parent');
    const parent = await harness.children.held('parent');
    parent.progress(tool);
    attached(harness, 'below', { wait: 'sync', parentChildId: parent.child.id, depth: 2 }, parent.signal);
    const below = await harness.children.held('below');
    below.progress({ type: 'approvals', waiting: 1 });
    harness.clock.advance(10 * 3600 * SECOND);
    assert.deepEqual([parent.signal.aborted, below.signal.aborted], [false, false]);
  });

  it('leaves no timer behind once it is over', async () => {
    const harness = poolHarness();
    const { id } = inBackground(harness, ['a', 'b']);
    await harness.children.release('a', 'A');
    await harness.children.held('b');
    harness.pool.cancel(id);
    await everythingSettled();
    assert.equal(harness.clock.pending, 0);
  });

  it('leaves no timer behind where a tool of it ends after it', async () => {
    // P25
    const harness = poolHarness({ children: new GatedChildren({ stubborn: true }) });
    const { id } = inBackground(harness, 'a');
    const a = await harness.children.held('a');
    a.progress(tool);
    harness.pool.cancel(id);
    a.progress(toolDone);
    a.progress({ type: 'alive' });
    assert.equal(harness.clock.pending, 0);
  });
});
