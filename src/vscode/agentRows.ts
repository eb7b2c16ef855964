import type { Child, Delegation } from '../delegation/delegation';
import { isOver } from '../delegation/delegation';
import { durationOf, nameOf, runsOfTask, seconds, shortfallOf, titleOf } from '../delegation/result';
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
    detail: [`${seconds(durationOf(delegation, now))} s`, shortfallOf(delegation)].filter(Boolean).join(' · '),
  };
  const tasks = delegation.children.flatMap(({ taskIndex }) => runsOfTask(delegation, taskIndex));
  const below = tasks.flatMap((child): AgentRow[] => [
    {
      id: child.id,
      level: level + 1,
      label: nameOf(child.task),
      status: child.state.status,
      detail: [delegation.children.includes(child) ? '' : 'another run', detailOf(child, now)]
        .filter(Boolean)
        .join(' · '),
    },
    ...all.filter((other) => other.parentChildId === child.id).flatMap((other) => rowsOf(other, all, now, level + 2)),
  ]);
  return [row, ...below];
}

function detailOf({ state, progress }: Child, now: number): string {
  return progress.activity || `${seconds(durationOf(state.status === 'queued' ? {} : state, now))} s`;
}
