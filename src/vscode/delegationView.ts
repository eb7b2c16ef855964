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
  const { state, progress, task, worktree } = child;
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
    modelCalls: progress.modelCalls,
    tokens: progress.tokens.input + progress.tokens.output,
    costUsd: progress.costUsd,
    ...(ending?.error === undefined ? {} : { error: ending.error }),
    filesWritten: progress.filesWritten,
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
