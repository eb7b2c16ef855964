import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type {
  Child,
  ChildEnding,
  Delegation,
  DelegationEvent,
  DelegationMode,
} from '../../../src/delegation/delegation';
import { advance, createDelegation, isOver, lost, stalled } from '../../../src/delegation/delegation';
import type { Worktree } from '../../../src/delegation/worktree';
import { everyRun, resultsOf, totalCost, totalTokens } from '../../../src/delegation/result';
import { completed } from '../../fakes/gatedChildren';
import { SESSION, taskOf } from './poolHarness';

function newDelegation(count = 2, mode: DelegationMode = 'background'): Delegation {
  const tasks = Array.from({ length: count }, (_, i) => taskOf(`task ${i + 1}`));
  const fields = { sessionId: SESSION, depth: 1, origin: 'agent', context: '', dispatchedAt: 0 } as const;
  return createDelegation({ id: 'deleg_0000beef', mode, tasks, ...fields });
}

const childId = (n: number) => `deleg_0000beef.${n}`;
const ended = (n: number, ending: ChildEnding): DelegationEvent => ({
  type: 'child-ended',
  childId: childId(n),
  ending,
});
const all = (delegation: Delegation, ...events: DelegationEvent[]) =>
  events.reduce((state, event, at) => advance(state, event, at + 1), delegation);
const worktree: Worktree = { path: '/w/1', repository: '/r', base: 'b', state: 'ready', files: [] };
const failed: ChildEnding = { ...completed(''), status: 'failed', exitReason: 'error', error: 'oops' };

describe('the state of a delegation', () => {
  for (const [what, endings, status] of [
    ['all completed', [completed('a'), completed('b')], 'completed'],
    ['one failed', [failed, completed('b')], 'completed'],
    ['all failed', [failed, failed], 'failed'],
    ['one stalled, the others failed', [{ ...failed, status: 'stalled' }, failed], 'stalled'],
    ['one interrupted, the others failed', [{ ...failed, status: 'interrupted' }, failed], 'interrupted'],
    ['one of which nobody knows', [{ ...failed, status: 'unknown' }, completed('b')], 'unknown'],
  ] satisfies [string, ChildEnding[], string][]) {
    it(`C9 follows from how its children ended: ${what} -> ${status}`, () => {
      const over = all(newDelegation(), { type: 'started' }, ...endings.map((ending, i) => ended(i + 1, ending)));
      assert.deepEqual([over.status, over.endedAt], [status, 3]);
    });
  }

  it('C21 stays as it is once it is over: the same object comes back', () => {
    const over = all(newDelegation(1), { type: 'started' }, { type: 'cancelled', reason: 'no' });
    for (const event of [
      ended(1, completed('late')),
      { type: 'started' },
      { type: 'child-started', childId: childId(1) },
      { type: 'child-progress', childId: childId(1), change: { type: 'text', delta: 'late' } },
      { type: 'cancelled', reason: 'again' },
    ] satisfies DelegationEvent[])
      assert.equal(advance(over, event, 99), over, event.type);
  });

  it('a cancel leaves the children that were over, and makes it interrupted', () => {
    const over = all(newDelegation(), { type: 'started' }, ended(1, completed('A')), {
      type: 'cancelled',
      reason: 'no',
    });
    assert.deepEqual(
      [over.status, over.cancelled, over.children.map(({ state }) => state.status)],
      ['interrupted', true, ['completed', 'interrupted']],
    );
  });

  it('takes note of where changes are also when it is over and delivered, also of a child that gave its place', () => {
    const over = all(
      newDelegation(1),
      { type: 'started' },
      ended(1, failed),
      { type: 'delivery', delivery: 'delivered' },
      { type: 'child-worktree', childId: childId(1), worktree },
    );
    assert.deepEqual(over.children[0]?.worktree, worktree);
    assert.equal(advance(over, { type: 'child-worktree', childId: childId(1), worktree: { ...worktree } }, 9), over);
    const taken = advance(over, { type: 'child-worktree', childId: childId(1), worktree: undefined }, 9);
    assert.ok(!('worktree' in (taken.children[0] ?? {})));
    const retried = all(newDelegation(2), { type: 'started' }, ended(1, failed), {
      type: 'child-retried',
      childId: childId(1),
      newId: childId(3),
    });
    const placed = advance(retried, { type: 'child-worktree', childId: childId(1), worktree }, 9);
    assert.deepEqual([placed.superseded?.[0]?.worktree, placed.children], [worktree, retried.children]);
  });

  it('waits for its delivery from the moment it is over, unless its caller has the results', () => {
    const modes: DelegationMode[] = ['background', 'inline', 'sync'];
    assert.deepEqual(
      modes.map((mode) => all(newDelegation(1, mode), ended(1, completed('A'))).delivery),
      ['pending', 'none', 'none'],
    );
  });

  it('is delivered once: what comes later changes nothing', () => {
    const over = all(newDelegation(1), ended(1, completed('A')), { type: 'delivery', delivery: 'delivered' });
    assert.equal(advance(over, { type: 'delivery', delivery: 'undelivered' }, 9), over);
    assert.equal(advance(over, { type: 'delivery', delivery: 'pending', sessionId: 'other' }, 9), over);
  });

  it('keeps the text of the newest step that had any, and drops what a broken stream said before', () => {
    const say = (delta: string): DelegationEvent => progress({ type: 'text', delta });
    const progress = (change: Extract<DelegationEvent, { type: 'child-progress' }>['change']): DelegationEvent => ({
      type: 'child-progress',
      childId: childId(1),
      change,
    });
    const start: DelegationEvent[] = [{ type: 'started' }, { type: 'child-started', childId: childId(1) }];
    const textAfter = (...events: DelegationEvent[]) =>
      all(newDelegation(1), ...start, ...events).children[0]?.progress.lastText;
    assert.equal(textAfter(say('a'), say('b')), 'ab');
    assert.equal(textAfter(say('first step'), progress({ type: 'request', priced: true })), 'first step');
    assert.equal(textAfter(say('first'), progress({ type: 'request', priced: true }), say('second')), 'second');
    assert.equal(textAfter(say('brok'), progress({ type: 'sent' }), say('whole')), 'whole');
  });

  it('never counts an unknown price as 0', () => {
    const events = (costs: readonly (number | null)[]): DelegationEvent[] => [
      { type: 'child-started', childId: childId(1) },
      ...costs.map((costUsd): DelegationEvent => {
        const change = { type: 'usage', tokens: { input: 2, output: 1, cached: 1 }, costUsd } as const;
        return { type: 'child-progress', childId: childId(1), change };
      }),
    ];
    const known = all(newDelegation(), ...events([0.25, 0.5]));
    assert.deepEqual([totalCost(known), totalTokens(known)], [0.75, { input: 4, output: 2, cached: 2 }]);
    assert.equal(totalCost(all(newDelegation(), ...events([0.25, null, 0.5]))), null);
  });

  it('gives the results of the children that are over, in input order, their last text as summary', () => {
    const start: DelegationEvent[] = [1, 2, 3].map((n) => ({ type: 'child-started', childId: childId(n) }));
    const say: DelegationEvent = {
      type: 'child-progress',
      childId: childId(1),
      change: { type: 'text', delta: 'half' },
    };
    const half = all(newDelegation(4), ...start, say);
    const [first, second] = half.children;
    assert.ok(first !== undefined && second !== undefined);
    const over = all(
      half,
      ended(3, completed('C')),
      ended(2, lost(second, 'gone')),
      ended(1, stalled(first, 'silent')),
    );
    assert.deepEqual(
      resultsOf(over, ({ id }) => `transcript of ${id}`).map(
        ({ task_index, status, exit_reason, summary, truncated, transcript }) => [
          task_index,
          status,
          exit_reason,
          summary,
          truncated,
          transcript,
        ],
      ),
      [
        [0, 'stalled', 'stalled', 'half', true, `transcript of ${childId(1)}`],
        [1, 'unknown', 'lost', '', false, `transcript of ${childId(2)}`],
        [2, 'completed', 'completed', 'C', false, `transcript of ${childId(3)}`],
      ],
    );
  });
});

const RANK = { queued: 0, running: 1 } as const;
const rank = (status: string) => (status === 'queued' || status === 'running' ? RANK[status] : 2);

const anyEnding: fc.Arbitrary<ChildEnding> = fc.record({
  status: fc.constantFrom('completed', 'failed', 'interrupted', 'stalled', 'unknown'),
  exitReason: fc.constantFrom('completed', 'error', 'interrupted'),
  summary: fc.string(),
  truncated: fc.boolean(),
});
// The fifth child does not exist.
const anyChild = fc.integer({ min: 1, max: 5 }).map(childId);
const anyRerun = fc.integer({ min: 6, max: 8 }).map(childId);
const anyChange = fc.oneof(
  fc.record({ type: fc.constant('request' as const), priced: fc.boolean() }),
  fc.record({ type: fc.constant('waiting' as const), activity: fc.string() }),
  fc.record({ type: fc.constant('text' as const), delta: fc.string() }),
  fc.record({ type: fc.constantFrom('alive', 'sent', 'steer-taken') }),
  fc.record({ type: fc.constant('steered' as const), text: fc.string() }),
  fc.record({ type: fc.constant('approvals' as const), waiting: fc.nat(3) }),
);
const anyEvent: fc.Arbitrary<DelegationEvent> = fc.oneof(
  fc.constant<DelegationEvent>({ type: 'started' }),
  fc.record({ type: fc.constant('child-started' as const), childId: anyChild }),
  fc.record({ type: fc.constant('child-progress' as const), childId: anyChild, change: anyChange }),
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('child-ended' as const),
      childId: fc.oneof(anyChild, anyRerun),
      ending: anyEnding,
    }),
  },
  fc.record({ type: fc.constant('child-retried' as const), childId: anyChild, newId: anyRerun }),
  fc.record({ type: fc.constant('cancelled' as const), reason: fc.string() }),
  fc.record({
    type: fc.constant('child-worktree' as const),
    childId: anyChild,
    worktree: fc.constantFrom(worktree, undefined),
  }),
  fc.record({
    type: fc.constant('delivery' as const),
    delivery: fc.constantFrom('pending', 'delivered', 'undelivered'),
  }),
);

/** The same, but for where changes are. */
function withoutWorktrees({ children, superseded = [], ...rest }: Delegation): unknown {
  const strip = ({ worktree: _, ...child }: Child) => child;
  return { ...rest, children: children.map(strip), superseded: superseded.map(strip) };
}

describe('any sequence of events', () => {
  it('C21 only moves states forward, and what is over never changes but for its delivery', () => {
    const modes = fc.constantFrom<DelegationMode>('background', 'inline', 'sync');
    fc.assert(
      fc.property(
        fc.array(anyEvent, { maxLength: 40 }),
        modes,
        fc.integer({ min: 1, max: 4 }),
        (events, mode, count) => {
          let before = newDelegation(count, mode);
          for (const [now, event] of events.entries()) {
            const after = advance(before, event, now);
            assertForward(before, after, event);
            before = after;
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

function assertForward(before: Delegation, after: Delegation, event: DelegationEvent): void {
  assert.ok(rank(after.status) >= rank(before.status));
  if (event.type === 'child-worktree') {
    assert.deepEqual(withoutWorktrees(after), withoutWorktrees(before));
    const placed = everyRun(after).find(({ id }) => id === event.childId);
    if (placed !== undefined) assert.deepEqual(placed.worktree, event.worktree);
    return;
  }
  if (isOver(before.status)) {
    assert.equal(after.children, before.children);
    assert.deepEqual({ ...after, delivery: before.delivery }, before);
  }
  if (event.type !== 'delivery') assert.equal(after.delivery === before.delivery || isOver(after.status), true);
  if (before.delivery === 'delivered') assert.equal(after, before);
  after.children.forEach((child, i) => {
    const earlier = before.children[i];
    assert.ok(earlier !== undefined);
    assert.equal(child.taskIndex, earlier.taskIndex);
    if (child.id !== earlier.id) {
      assert.ok(
        after.superseded?.some(({ id }) => id === earlier.id),
        'who gives its place is kept',
      );
      if (event.type === 'child-retried') {
        assert.ok(isOver(earlier.state.status), 'only what is over gives its place');
        assert.equal(child.state.status, 'queued');
      } else assert.ok(before.superseded?.includes(child), 'or gets it back from a run that ended worse');
      return;
    }
    assert.ok(rank(child.state.status) >= rank(earlier.state.status));
    if (isOver(earlier.state.status)) assert.equal(child, earlier);
    if (isOver(child.state.status)) assert.deepEqual([child.progress.activity, child.progress.approvals], ['', 0]);
  });
  const runs = everyRun(after);
  assert.equal(runs.length, everyRun(before).length + (event.type === 'child-retried' && after !== before ? 1 : 0));
  assert.equal(
    isOver(after.status),
    after.children.every(({ state }) => isOver(state.status)),
  );
  assert.equal(after.endedAt !== undefined, isOver(after.status));
  if (after.status === 'failed') assert.ok(after.children.every(({ state }) => state.status === 'failed'));
}
