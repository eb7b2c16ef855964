import * as fc from 'fast-check';
import type { ChildEnding, Delegation, DelegationEvent } from '../../../src/delegation/delegation';
import { advance, createDelegation } from '../../../src/delegation/delegation';
import type { ProgressChange } from '../../../src/delegation/progress';
import { SESSION, taskOf } from './poolHarness';

/** One run of a task, and what it delegated. */
export interface RunSpec {
  readonly ending: ChildEnding;
  readonly changes: readonly ProgressChange[];
  readonly below: readonly DelegationSpec[];
}

export interface DelegationSpec {
  readonly context: string;
  /** For each task its runs, at least one; the later ones are begun while another task still runs. */
  readonly tasks: readonly { readonly goal: string; readonly runs: readonly RunSpec[] }[];
}

/** A delegation that is over with all below it, by the same events as in life: the top one first. */
export function grow(spec: DelegationSpec, parentChildId?: string, ids = counting()): Delegation[] {
  const id = ids();
  const created = createDelegation({
    id,
    sessionId: SESSION,
    ...(parentChildId === undefined ? {} : { parentChildId }),
    depth: parentChildId === undefined ? 1 : 2,
    mode: parentChildId === undefined ? 'background' : 'sync',
    origin: 'agent',
    context: spec.context,
    dispatchedAt: 0,
    // The last one keeps the delegation open for as long as others are begun again.
    tasks: [...spec.tasks.map(({ goal }) => taskOf(goal)), taskOf('the last')],
  });
  const below: Delegation[] = [];
  let delegation = advance(created, { type: 'started' }, 0);
  const apply = (event: DelegationEvent) => (delegation = advance(delegation, event, 1));
  let newest = spec.tasks.length + 1;
  for (const [index, task] of spec.tasks.entries()) {
    for (const [n, run] of task.runs.entries()) {
      const stands = delegation.children[index]?.id ?? '';
      const childId = n === 0 ? stands : `${id}.${++newest}`;
      if (n > 0) apply({ type: 'child-retried', childId: stands, newId: childId });
      apply({ type: 'child-started', childId });
      for (const change of run.changes) apply({ type: 'child-progress', childId, change });
      below.push(...run.below.flatMap((nested) => grow(nested, childId, ids)));
      apply({ type: 'child-ended', childId, ending: run.ending });
    }
  }
  const last = { status: 'completed', exitReason: 'completed', summary: 'last', truncated: false } as const;
  apply({ type: 'child-ended', childId: `${id}.${spec.tasks.length + 1}`, ending: last });
  return [delegation, ...below];
}

function counting(): () => string {
  let n = 0;
  return () => `deleg_${String(++n).padStart(8, '0')}`;
}

/** Delegations up to three levels deep, whose texts are these. */
export function anyTree(text: fc.Arbitrary<string>): fc.Arbitrary<DelegationSpec> {
  const ending = fc.record({
    status: fc.constantFrom('completed', 'failed', 'interrupted', 'stalled', 'unknown'),
    exitReason: fc.constantFrom('completed', 'error', 'interrupted'),
    summary: text,
    truncated: fc.boolean(),
    error: text,
  }) satisfies fc.Arbitrary<ChildEnding>;
  const cost = fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 0, max: 64 }).map((n) => n / 64) },
    fc.constant(null),
  );
  const change: fc.Arbitrary<ProgressChange> = fc.oneof(
    fc.record({ type: fc.constant('request' as const), priced: fc.constant(true) }),
    fc.record({ type: fc.constant('sent' as const) }),
    fc.record({
      type: fc.constant('usage' as const),
      tokens: fc.record({ input: fc.nat(99), output: fc.nat(9), cached: fc.nat(9) }),
      costUsd: cost,
    }),
    text.map((file) => ({
      type: 'tool-finished' as const,
      entry: { tool: 'write_file', args_bytes: 1, result_bytes: 1, status: 'ok' as const },
      filesWritten: [file],
    })),
    text.map((steer) => ({ type: 'steered' as const, text: steer })),
  );
  const level = (depth: number): fc.Arbitrary<DelegationSpec> =>
    fc.record({
      context: text,
      tasks: fc.array(
        fc.record({
          goal: text,
          runs: fc.array(
            fc.record({
              ending,
              changes: fc.array(change, { maxLength: 4 }),
              below: depth === 0 ? fc.constant([]) : fc.array(level(depth - 1), { maxLength: 2 }),
            }),
            { minLength: 1, maxLength: 3 },
          ),
        }),
        { minLength: 1, maxLength: 2 },
      ),
    });
  return level(2);
}
