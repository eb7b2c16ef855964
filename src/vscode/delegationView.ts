import type { Child, Delegation } from '../delegation/delegation';
import { canResume, isOver } from '../delegation/delegation';
import type { NestedIn } from '../delegation/result';
import { hasFailedPart, runsOfTask, shortfallOf, titleOf, totalsOf, totalsOfChild } from '../delegation/result';
import type { ChildView, DelegationView } from '../protocol';

/** Characters of a summary's first line that a card shows before it is expanded. */
const HEADLINE = 160;

/** A delegation as the chat shows it; `nestedIn` gives the delegations that a child dispatched. */
export function toDelegationView(delegation: Delegation, nestedIn: NestedIn): DelegationView {
  const { tokens, costUsd } = totalsOf(delegation, nestedIn);
  const shortfall = shortfallOf(delegation);
  return {
    id: delegation.id,
    status: delegation.status,
    title: titleOf(delegation),
    mode: delegation.mode,
    delivery: delegation.delivery,
    dispatchedAt: delegation.dispatchedAt,
    ...times(delegation),
    tokens: tokens.input + tokens.output,
    costUsd,
    ...(shortfall === '' ? {} : { shortfall }),
    ...(hasFailedPart(delegation) ? { canRetryFailed: true } : {}),
    ...(canResume(delegation) ? { resumable: true } : {}),
    children: delegation.children.map((child) => toTaskView(child, delegation, nestedIn)),
  };
}

/** The run of a task that counts, with the others. */
function toTaskView(child: Child, delegation: Delegation, nestedIn: NestedIn): ChildView {
  const others = runsOfTask(delegation, child.taskIndex).filter((run) => run !== child);
  const isKept = child.state.status === 'completed' && !isOver(delegation.status);
  return {
    ...toChildView(child, nestedIn),
    ...(isKept ? { isKept } : {}),
    ...(others.length === 0
      ? {}
      : { otherRuns: others.map((run) => ({ ...toChildView(run, nestedIn), isKept: true })) }),
  };
}

function toChildView(child: Child, nestedIn: NestedIn): ChildView {
  const { state, progress, task, worktree } = child;
  const totals = totalsOfChild(child, nestedIn);
  const ending = isOver(state.status) && 'endedAt' in state ? state : undefined;
  const headline = plainLine(ending?.summary ?? '').slice(0, HEADLINE);
  return {
    id: child.id,
    goal: task.goal,
    ...(task.title === undefined ? {} : { title: task.title }),
    status: state.status,
    activity: progress.activity,
    approvals: progress.approvals,
    ...times(state.status === 'queued' ? {} : state),
    model: task.model,
    modelCalls: totals.modelCalls,
    tokens: totals.tokens.input + totals.tokens.output,
    costUsd: totals.costUsd,
    ...(ending?.error === undefined ? {} : { error: ending.error }),
    filesWritten: totals.filesWritten,
    ...(worktree === undefined
      ? {}
      : { worktree: { state: worktree.state, files: worktree.files.map(({ path }) => path) } }),
    ...(headline === '' ? {} : { headline }),
    delegations: nestedIn(child.id).map((nested) => toDelegationView(nested, nestedIn)),
  };
}

/** The first line with something in it, without Markdown's marks. */
function plainLine(markdown: string): string {
  const line = markdown.split('\n').find((candidate) => /[\p{L}\p{N}]/u.test(candidate)) ?? '';
  return line
    .replace(/^[\s>#*+-]+/, '')
    .replace(/\*\*|__|`/g, '')
    .trim();
}

function times({ startedAt, endedAt }: { readonly startedAt?: number; readonly endedAt?: number }) {
  return { ...(startedAt === undefined ? {} : { startedAt }), ...(endedAt === undefined ? {} : { endedAt }) };
}
