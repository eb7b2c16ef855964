import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { Child, Delegation } from '../../../src/delegation/delegation';
import type { ChildResult } from '../../../src/delegation/result';
import { everyRun, nestedAmong, resultsOf, totalsOf, totalsOfChild } from '../../../src/delegation/result';
import { anyTree, grow } from './treeHarness';

/** All runs below these, found by looking at every delegation again and again. */
function runsBelow(tops: readonly Child[], all: readonly Delegation[]): Child[] {
  const found = new Map(tops.map((child) => [child.id, child]));
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const delegation of all)
      if (found.has(delegation.parentChildId ?? '')) for (const run of everyRun(delegation)) found.set(run.id, run);
  }
  return [...found.values()];
}

function bruteForce(runs: readonly Child[]) {
  let [modelCalls, input, output, cached, usd] = [0, 0, 0, 0, 0];
  let known = true;
  const files = new Set<string>();
  for (const { progress } of runs) {
    modelCalls += progress.modelCalls;
    input += progress.tokens.input;
    output += progress.tokens.output;
    cached += progress.tokens.cached;
    if (progress.costUsd === null) known = false;
    else usd += progress.costUsd;
    for (const file of progress.filesWritten) files.add(file);
  }
  return { modelCalls, tokens: { input, output, cached }, costUsd: known ? usd : null, files };
}

function assertSame(totals: ReturnType<typeof totalsOf>, runs: readonly Child[]): void {
  const { files, ...figures } = bruteForce(runs);
  const { filesWritten, ...rest } = totals;
  assert.deepEqual(rest, figures);
  assert.deepEqual(new Set(filesWritten), files);
  assert.equal(filesWritten.length, files.size, 'each file once');
}

const idsIn = (results: readonly ChildResult[]): string[] =>
  results.flatMap(({ child_id, other_runs = [], nested = [] }) => [child_id, ...idsIn(other_runs), ...idsIn(nested)]);

describe('what a tree of delegations used and did', () => {
  it('C62 rolls up as a sum over all runs at any depth, whatever the tree', () => {
    fc.assert(
      fc.property(anyTree(fc.string({ maxLength: 4 })), (spec) => {
        const all = grow(spec);
        const nestedIn = nestedAmong(all);
        for (const delegation of all) {
          assertSame(totalsOf(delegation, nestedIn), runsBelow(everyRun(delegation), all));
          for (const run of everyRun(delegation)) assertSame(totalsOfChild(run, nestedIn), runsBelow([run], all));
        }
      }),
      { numRuns: 150 },
    );
  });

  it('C61 holds each text once: no run of the tree is lost that nobody above it could tell of', () => {
    fc.assert(
      fc.property(anyTree(fc.string({ maxLength: 4 })), (spec) => {
        const all = grow(spec);
        const [top] = all;
        assert.ok(top !== undefined);
        const ids = idsIn(resultsOf(top, () => '', nestedAmong(all)));
        assert.equal(new Set(ids).size, ids.length);
        const isCutOff = ({ state }: Child) => 'summary' in state && (state.status !== 'completed' || state.truncated);
        const runs = new Map(all.flatMap(everyRun).map((run) => [run.id, run]));
        const parents = new Map(all.flatMap((one) => everyRun(one).map(({ id }) => [id, one.parentChildId] as const)));
        const isTold = (id: string): boolean => {
          const parent = runs.get(parents.get(id) ?? '');
          return parent === undefined || (isCutOff(parent) && isTold(parent.id));
        };
        assert.deepEqual(ids.toSorted(), [...runs.keys()].filter(isTold).toSorted());
      }),
      { numRuns: 150 },
    );
  });
});
