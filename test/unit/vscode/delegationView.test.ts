import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { everyRun, nestedAmong, totalsOf, totalsOfChild } from '../../../src/delegation/result';
import type { ChildView, DelegationView } from '../../../src/protocol';
import { toDelegationView } from '../../../src/vscode/delegationView';
import { lookOfDelegation } from '../../../src/webview/status';
import { completed } from '../../fakes/gatedChildren';
import { done, finished } from '../delegation/blockHarness';
import { inBackground, poolHarness, whenDelegation, whenOver } from '../delegation/poolHarness';
import { anyTree, grow } from '../delegation/treeHarness';

const failed = { status: 'failed', exitReason: 'error', summary: '', truncated: false, error: 'oops' } as const;
const nothing = nestedAmong([]);

/** All views of runs in a card. */
function viewsIn({ children }: DelegationView): ChildView[] {
  return children
    .flatMap((child) => [child, ...(child.otherRuns ?? [])])
    .flatMap((run) => [run, ...run.delegations.flatMap(viewsIn)]);
}

describe('a delegation as the chat shows it', () => {
  // U4
  it('says by how much it fell short, and wears no plain tick then', () => {
    const short = finished([done('a', 'A'), { task: { goal: 'b' }, ending: failed }, done('c', 'C')]);
    const view = toDelegationView(short, nothing);
    assert.deepEqual([view.status, view.shortfall, view.canRetryFailed], ['completed', '2 of 3 done · 1 failed', true]);
    assert.deepEqual(lookOfDelegation(view), { icon: 'warning', label: '2 of 3 done · 1 failed' });
    const whole = toDelegationView(finished([done('a', 'A'), done('b', 'B')]), nothing);
    assert.deepEqual(
      [whole.shortfall, whole.canRetryFailed, lookOfDelegation(whole).icon],
      [undefined, undefined, 'pass'],
    );
    const none = toDelegationView(finished([{ task: { goal: 'b' }, ending: failed }]), nothing);
    assert.deepEqual(
      [none.shortfall, none.canRetryFailed, lookOfDelegation(none).icon],
      [undefined, undefined, 'error'],
    );
  });

  // P4
  it('keeps what is done from a click while its siblings run, and shows the other runs of a task', async () => {
    const harness = poolHarness();
    const { id } = inBackground(harness, ['a', 'b']);
    (await harness.children.held('a')).release('GOOD');
    const running = await whenDelegation(harness.pool, id, ({ children }) => children[0]?.state.status === 'completed');
    assert.deepEqual(
      toDelegationView(running, nothing).children.map(({ isKept }) => isKept),
      [true, undefined],
    );
    harness.pool.retry(`${id}.1`);
    await harness.children.held('a', 2);
    harness.pool.cancel(`${id}.3`);
    (await harness.children.held('b')).end(completed('B'));
    const [a, b] = toDelegationView(await whenOver(harness.pool, id), nothing).children;
    assert.deepEqual(
      [a?.id, a?.headline, a?.isKept, a?.otherRuns?.map((run) => [run.id, run.status])],
      [`${id}.1`, 'GOOD', undefined, [[`${id}.3`, 'interrupted']]],
    );
    assert.equal(b?.otherRuns, undefined);
  });

  // P13
  it('C62 shows of each run, and of the whole, the sum of all below it', () => {
    fc.assert(
      fc.property(anyTree(fc.string({ maxLength: 3 })), (spec) => {
        const all = grow(spec);
        const [top] = all;
        assert.ok(top !== undefined);
        const nestedIn = nestedAmong(all);
        const view = toDelegationView(top, nestedIn);
        const { tokens, costUsd } = totalsOf(top, nestedIn);
        assert.deepEqual([view.tokens, view.costUsd], [tokens.input + tokens.output, costUsd]);
        const runs = new Map(all.flatMap(everyRun).map((run) => [run.id, run]));
        const views = viewsIn(view);
        assert.deepEqual(new Set(views.map(({ id }) => id)), new Set(runs.keys()), 'every run is shown');
        for (const shown of views) {
          const run = runs.get(shown.id) ?? assert.fail();
          const totals = totalsOfChild(run, nestedIn);
          assert.deepEqual(
            [shown.modelCalls, shown.tokens, shown.costUsd, shown.filesWritten],
            [totals.modelCalls, totals.tokens.input + totals.tokens.output, totals.costUsd, totals.filesWritten],
          );
        }
      }),
      { numRuns: 60 },
    );
  });
});
