import type { Child, Delegation } from '../delegation/delegation';
import { isOver } from '../delegation/delegation';
import { titleOf, totalCost, totalTokens } from '../delegation/result';
import type { ChildView, DelegationView } from '../protocol';

/** Characters of a summary's first line that a card shows before it is expanded. */
const HEADLINE = 160;

/** A delegation as the chat shows it; `nestedIn` gives the delegations that a child dispatched. */
export function toDelegationView(
  delegation: Delegation,
  nestedIn: (childId: string) => readonly Delegation[],
): DelegationView {
  const { input, output } = totalTokens(delegation);
  return {
    id: delegation.id,
    status: delegation.status,
    title: titleOf(delegation),
    mode: delegation.mode,
    delivery: delegation.delivery,
    dispatchedAt: delegation.dispatchedAt,
    ...times(delegation),
    tokens: input + output,
    costUsd: totalCost(delegation),
    children: delegation.children.map((child) => toChildView(child, nestedIn)),
  };
}

function toChildView(child: Child, nestedIn: (childId: string) => readonly Delegation[]): ChildView {
  const { state, progress, task } = child;
  const ending = isOver(state.status) && 'endedAt' in state ? state : undefined;
  const headline = ending?.summary.trim().split('\n', 1)[0]?.slice(0, HEADLINE) ?? '';
  return {
    id: child.id,
    goal: task.goal,
    status: state.status,
    activity: progress.activity,
    approvals: progress.approvals,
    ...times(state),
    model: task.model,
    modelCalls: progress.modelCalls,
    tokens: progress.tokens.input + progress.tokens.output,
    costUsd: progress.costUsd,
    ...(ending?.error === undefined ? {} : { error: ending.error }),
    filesWritten: progress.filesWritten,
    ...(headline === '' ? {} : { headline }),
    delegations: nestedIn(child.id).map((nested) => toDelegationView(nested, nestedIn)),
  };
}

function times(thing: { readonly startedAt?: number; readonly endedAt?: number } | { readonly status: string }) {
  return {
    ...('startedAt' in thing && thing.startedAt !== undefined ? { startedAt: thing.startedAt } : {}),
    ...('endedAt' in thing && thing.endedAt !== undefined ? { endedAt: thing.endedAt } : {}),
  };
}
