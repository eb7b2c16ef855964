import type { Delegation } from '../delegation/delegation';
import { isOver } from '../delegation/delegation';
import { durationOf, seconds, nameOf, titleOf } from '../delegation/result';
import type { AgentRow } from '../protocol';

/** What `/agents` answers: every delegation and child with its state, running ones first. */
export function agentRows(delegations: readonly Delegation[], now: number): AgentRow[] {
  const top = delegations.filter((delegation) => delegation.parentChildId === undefined);
  const newestFirst = top.toSorted(
    (a, b) => Number(isOver(a.status)) - Number(isOver(b.status)) || b.dispatchedAt - a.dispatchedAt,
  );
  return newestFirst.flatMap((delegation) => rowsOf(delegation, delegations, now, 0));
}

function rowsOf(delegation: Delegation, all: readonly Delegation[], now: number, level: number): AgentRow[] {
  const row = {
    id: delegation.id,
    level,
    label: titleOf(delegation),
    status: delegation.status,
    detail: `${seconds(durationOf(delegation, now))} s`,
  };
  const below = delegation.children.flatMap((child): AgentRow[] => [
    {
      id: child.id,
      level: level + 1,
      label: nameOf(child.task),
      status: child.state.status,
      detail:
        child.progress.activity || `${seconds(durationOf(child.state.status === 'queued' ? {} : child.state, now))} s`,
    },
    ...all.filter((other) => other.parentChildId === child.id).flatMap((other) => rowsOf(other, all, now, level + 2)),
  ]);
  return [row, ...below];
}
