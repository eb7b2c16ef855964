import type { Child, Delegation, Status } from '../delegation/delegation';
import { canResume, isOver, taskCountOf } from '../delegation/delegation';
import type { NestedIn } from '../delegation/result';
import {
  durationOf,
  everyRun,
  hasFailedPart,
  nameOf,
  runsOfTask,
  shortfallOf,
  titleOf,
  totalsOf,
  totalsOfChild,
} from '../delegation/result';
import type { Worktree } from '../delegation/worktree';
import type { PendingApproval } from '../tools/approvals';
import { oneLine } from '../util/plainText';
import { countText, durationText, plural } from './figures';
import type { RowIcon } from './rowLook';
import { iconOf } from './rowLook';

/** One row of the tree, with the rows below it. */
export interface TreeRow {
  /** A delegation's or a child's id: the same for as long as it is listed. */
  readonly id: string;
  readonly delegationId: string;
  /** The agent that the row stands for; a delegation of one task and its agent are one row. */
  readonly childId?: string;
  /** The oldest approval that the agent waits for. */
  readonly approvalId?: string;
  readonly label: string;
  readonly description: string;
  readonly icon: RowIcon;
  /** What menus ask for; {@link contextValue} says how it is made. */
  readonly contextValue: string;
  readonly accessibilityLabel: string;
  readonly children: readonly TreeRow[];
}

/** What the rows are made of. */
export interface RowSource {
  /** Delegations that a child dispatched, oldest first. */
  readonly nested: NestedIn;
  /** Oldest first. */
  approvals(childId: string): readonly PendingApproval[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The delegations that have a row of their own, in order: what is not over first, then by time, newest first (SPEC 6.1). */
export function orderedRoots(delegations: readonly Delegation[]): Delegation[] {
  const rank = ({ status }: Delegation) => (status === 'running' ? 0 : status === 'queued' ? 1 : 2);
  const time = (delegation: Delegation) => delegation.endedAt ?? delegation.dispatchedAt;
  return delegations
    .filter(({ parentChildId }) => parentChildId === undefined)
    .reverse()
    .sort((a, b) => rank(a) - rank(b) || time(b) - time(a));
}

/**
 * The row of a delegation, its agents below it, and theirs below them. One task makes one row: its agent's own row
 * would only say the same again. So does a nested delegation: its agents stand right below the one that waits for them.
 */
export function delegationRow(delegation: Delegation, source: RowSource): TreeRow {
  const [only] = delegation.children;
  if (only !== undefined && taskCountOf(delegation) === 1)
    return { ...childRow(only, delegation, source), ...ownRow(delegation, only, source) };
  const children = delegation.children.map((child) => taskRow(child, delegation, source));
  const approvals = approvalsOf(delegation, source);
  const description = batchDescription(delegation, approvals, source);
  const label = oneLine(titleOf(delegation));
  return {
    id: delegation.id,
    delegationId: delegation.id,
    label,
    description,
    icon: iconOf(delegation.status, approvals, shortfallOf(delegation) !== ''),
    contextValue: contextValue(delegation.status, {
      delegation,
      files: false,
      worktree: everyRun(delegation).some(({ worktree }) => worktree?.state === 'ready'),
      approval: false,
      started: false,
      again: false,
      continuable: isOver(delegation.status) && delegation.status !== 'completed',
    }),
    accessibilityLabel: spoken(label, delegation.status, description),
    children,
  };
}

/** What the row of a delegation of one task says besides what its agent's row would. */
function ownRow(delegation: Delegation, only: Child, source: RowSource): Partial<TreeRow> {
  const notes = deliveryNotes(delegation);
  const description = [...notes, childDescription(only, source)].filter((part) => part !== '').join(' · ');
  return {
    id: delegation.id,
    description,
    contextValue: contextValue(delegation.status, { ...factsOf(only, delegation, source), delegation }),
    accessibilityLabel: spoken(oneLine(nameOf(only.task)), delegation.status, description),
  };
}

/** The run of a task that counts; the others stand first below it. */
function taskRow(child: Child, delegation: Delegation, source: RowSource): TreeRow {
  const row = childRow(child, delegation, source);
  const others = runsOfTask(delegation, child.taskIndex).filter((run) => run !== child);
  return { ...row, children: [...others.map((run) => otherRow(run, delegation, source)), ...row.children] };
}

function otherRow(run: Child, delegation: Delegation, source: RowSource): TreeRow {
  const row = childRow(run, delegation, source);
  const description = `another run · ${row.description}`;
  return { ...row, description, accessibilityLabel: spoken(row.label, run.state.status, description) };
}

function childRow(child: Child, delegation: Delegation, source: RowSource): TreeRow {
  const [approval] = source.approvals(child.id);
  const { status } = child.state;
  const label = oneLine(nameOf(child.task));
  const description = childDescription(child, source);
  const below = source.nested(child.id);
  return {
    id: child.id,
    delegationId: delegation.id,
    childId: child.id,
    ...(approval === undefined ? {} : { approvalId: approval.id }),
    label,
    description,
    icon: iconOf(status, approvalsBelow(child, source)),
    contextValue: contextValue(status, factsOf(child, delegation, source)),
    accessibilityLabel: spoken(label, status, description),
    children: below.flatMap((nested) => nested.children.map((grandchild) => taskRow(grandchild, nested, source))),
  };
}

/** How many approvals the agents of a delegation wait for, those further down included. */
function approvalsOf(delegation: Delegation, source: RowSource): number {
  return delegation.children.reduce((sum, child) => sum + approvalsBelow(child, source), 0);
}

function approvalsBelow(child: Child, source: RowSource): number {
  const nested = source.nested(child.id).reduce((sum, delegation) => sum + approvalsOf(delegation, source), 0);
  return source.approvals(child.id).length + nested;
}

function childDescription(child: Child, source: RowSource): string {
  const { state, progress } = child;
  const ended = 'endedAt' in state ? state : undefined;
  const { input, output } = totalsOfChild(child, source.nested).tokens;
  const [approval] = source.approvals(child.id);
  const doing =
    approval === undefined
      ? progress.activity
      : `waits for your approval to ${approval.request.action}: ${approval.request.subject}`;
  const parts = [
    state.status === 'running' ? oneLine(doing, 120) : statusWord(state.status),
    ended?.status === 'completed' && ended.truncated ? 'cut off' : '',
    oneLine(ended?.error ?? '', 80),
    state.status === 'queued' || state.startedAt === undefined ? '' : durationText(durationOf(state, source.now)),
    input + output === 0 ? '' : `${countText(input + output)} tokens`,
    worktreeNote(child.worktree),
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

function batchDescription(delegation: Delegation, approvals: number, source: RowSource): string {
  const done = delegation.children.filter(({ state }) => state.status === 'completed').length;
  // Told while its siblings still run: there is time to begin it again.
  const failed = delegation.children.filter(({ state }) => state.status === 'failed').length;
  const { input, output } = totalsOf(delegation, source.nested).tokens;
  const waiting = delegation.children.flatMap(({ worktree }) => (worktree?.state === 'ready' ? worktree.files : []));
  const parts = [
    ...deliveryNotes(delegation),
    statusWord(delegation.status),
    shortfallOf(delegation),
    approvals > 0 ? `${approvals} waiting for your approval` : '',
    isOver(delegation.status) ? '' : `${done}/${taskCountOf(delegation)} done`,
    !isOver(delegation.status) && failed > 0 ? `${failed} failed` : '',
    delegation.startedAt === undefined ? '' : durationText(durationOf(delegation, source.now)),
    input + output === 0 ? '' : `${countText(input + output)} tokens`,
    toReview(waiting.length),
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

function worktreeNote(worktree: Worktree | undefined): string {
  if (worktree?.state === 'ready') return toReview(worktree.files.length);
  return worktree?.state === 'applied' || worktree?.state === 'discarded' ? worktree.state : '';
}

function toReview(files: number): string {
  return files === 0 ? '' : `${plural(files, 'file')} to review`;
}

/** What the icon of a good or a running one says is not said again. */
function statusWord(status: Status): string {
  return status === 'completed' || status === 'running' ? '' : status;
}

function deliveryNotes({ mode, delivery, status }: Delegation): string[] {
  if (!isOver(status)) return mode === 'inline' ? ['inline'] : [];
  if (delivery === 'undelivered') return ['not delivered'];
  return delivery === 'pending' ? ['waits for its session'] : [];
}

interface Facts {
  /** Set for the row of a whole delegation. */
  readonly delegation?: Delegation;
  readonly agent?: true;
  readonly started: boolean;
  readonly approval: boolean;
  readonly files: boolean;
  /** Changes wait in a worktree. */
  readonly worktree: boolean;
  readonly continuable: boolean;
  /** An agent that can be begun again by a single click, though it cannot go on: it never began, or siblings still run. */
  readonly again: boolean;
}

function factsOf(child: Child, delegation: Delegation, source: RowSource): Facts {
  const started = 'startedAt' in child.state;
  const continuable = started && isOver(delegation.status);
  const approval = source.approvals(child.id).length > 0;
  const worktree = child.worktree?.state === 'ready';
  // What an agent has done while its siblings run is not thrown in again with a slip of the hand.
  const counts = delegation.children.includes(child);
  const again = counts && !continuable && isOver(child.state.status) && child.state.status !== 'completed';
  const files = totalsOfChild(child, source.nested).filesWritten.length > 0;
  return { agent: true, started, approval, continuable, worktree, files, again };
}

/**
 * What menus ask for, words with dots between them: `delegation` and/or `agent`, then `active.queued`, `active.running` or
 * `over`, then what applies of `inline`, `started`, `approval`, `files` or `worktree`, `again`, `continuable`, `resumable`,
 * `undelivered`, `removable`, `partly`.
 */
function contextValue(status: Status, facts: Facts): string {
  const { delegation, agent, started, approval, files, worktree, continuable, again } = facts;
  const over = isOver(status);
  const words = [
    delegation && 'delegation',
    agent && 'agent',
    over ? 'over' : `active.${status}`,
    !over && delegation?.mode === 'inline' && 'inline',
    started && 'started',
    approval && 'approval',
    files && !worktree && 'files',
    worktree && 'worktree',
    again && delegation === undefined && 'again',
    continuable && 'continuable',
    delegation !== undefined && canResume(delegation) && 'resumable',
    over && delegation?.delivery === 'undelivered' && 'undelivered',
    over && delegation !== undefined && delegation.delivery !== 'pending' && 'removable',
    delegation !== undefined && hasFailedPart(delegation) && 'partly',
  ];
  return words.filter((word) => typeof word === 'string').join('.');
}

function spoken(label: string, status: Status, description: string): string {
  return [label, status, ...description.split(' · ')]
    .filter((part, i, all) => part !== '' && all.indexOf(part) === i)
    .join(', ');
}
