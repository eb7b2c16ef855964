import { isDeepStrictEqual } from 'node:util';
import type { ExitReason } from '../agent/messages';
import { assertNever } from '../util/assertNever';
import type { OutputSchema } from './outputSchema';
import { applyProgress, FRESH_PROGRESS, type Progress, type ProgressChange } from './progress';
import type { Isolation, Worktree } from './worktree';

export type Role = 'leaf' | 'orchestrator';

/** One task, all defaults applied. */
export interface Task {
  readonly goal: string;
  /** A few words instead of the goal, for rows and cards. */
  readonly title?: string;
  readonly context: string;
  /** Names of the toolsets that the child gets. */
  readonly toolsets: readonly string[];
  readonly role: Role;
  /** The model's name as in the settings. */
  readonly model: string;
  /** Where it works, if it changes things; by the setting where absent. */
  readonly isolation?: Isolation;
  /** What its answer is held to. */
  readonly outputSchema?: OutputSchema;
  /** Goes on with the transcript of an earlier child, one message longer (SPEC 3.10). */
  readonly continues?: { readonly childId: string; readonly message: string };
}

export type OverStatus = 'completed' | 'failed' | 'interrupted' | 'stalled' | 'unknown';
export type Status = 'queued' | 'running' | OverStatus;

/** How a child ended. */
export interface ChildEnding {
  readonly status: OverStatus;
  readonly exitReason: ExitReason;
  readonly summary: string;
  /** The summary is not the child's final word: it ran out of iterations or budget. */
  readonly truncated: boolean;
  readonly error?: string;
  /** The value in its answer that fits the schema of its task. */
  readonly structured?: unknown;
  /** What did not fit. */
  readonly structuredError?: string;
}

export type ChildState =
  /** `ranMs`: how long it ran before it was cut off; it goes on from there. */
  | { readonly status: 'queued'; readonly ranMs?: number }
  | { readonly status: 'running'; readonly startedAt: number }
  | ({
      readonly startedAt?: number;
      readonly endedAt: number;
      /** Steering text that no request carried any more (SPEC 3.10). */
      readonly missedSteer?: string;
    } & ChildEnding);

export interface Child {
  /** `<delegation id>.<n>`, n from 1. */
  readonly id: string;
  /** From 0, in input order. */
  readonly taskIndex: number;
  readonly task: Task;
  readonly state: ChildState;
  readonly progress: Progress;
  /** Where its changes are, if it does not work in the user's files. */
  readonly worktree?: Worktree;
}

/**
 * `background`: detached from the turn that dispatched it, comes back through the completion queue.
 * `inline`: would have been in the background, but the pool was full (SPEC 3.2). `sync`: its caller waits for it.
 */
export type DelegationMode = 'background' | 'inline' | 'sync';

/** `none`: its caller got the results. `undelivered`: its session is gone. */
export type Delivery = 'none' | 'pending' | 'delivered' | 'undelivered';

export interface Delegation {
  /** `deleg_` and 8 hex digits. */
  readonly id: string;
  /** The session that dispatched it and that its completion returns to. */
  readonly sessionId: string;
  /** The child that dispatched it, where an orchestrator did. */
  readonly parentChildId?: string;
  /** Which of that child's calls, so that the same call finds it again after a restart. */
  readonly callKey?: string;
  /** Depth of its children: 1 for those of a session's own agent. */
  readonly depth: number;
  readonly mode: DelegationMode;
  /** Who asked for it. */
  readonly origin: 'agent' | 'user' | 'api';
  /** The context given to all of its tasks. */
  readonly context: string;
  /** How many tasks it was given; absent in what an older Fanout stored. Ask {@link taskCountOf}. */
  readonly taskCount?: number;
  /**
   * For each task, in input order, the run that counts: the newest while that is not over, else the one that ended best.
   * A task is missing where its record was damaged: `taskIndex` says whose child one is, not the place here.
   */
  readonly children: readonly Child[];
  /** The other runs of tasks that were begun again while the delegation ran. */
  readonly superseded?: readonly Child[];
  /** Milliseconds since 1970, like every time here. */
  readonly dispatchedAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** Its window ended in order while it was not over: it can go on from what is recorded. Never set after a crash. */
  readonly suspendedAt?: number;
  /** How long it ran before it was cut off. */
  readonly ranMs?: number;
  /** How often it went on after it had come back as `unknown`: each time it comes back once more. */
  readonly resumed?: number;
  /** Its session has been told that it was `unknown`, and it went on after that. */
  readonly toldUnknown?: true;
  readonly status: Status;
  readonly delivery: Delivery;
  /** The user cancelled it as a whole. */
  readonly cancelled: boolean;
}

export type DelegationEvent =
  | { readonly type: 'started' }
  | { readonly type: 'child-started'; readonly childId: string }
  | { readonly type: 'child-progress'; readonly childId: string; readonly change: ProgressChange }
  | { readonly type: 'child-ended'; readonly childId: string; readonly ending: ChildEnding }
  /** A child that is over gives its place to a new one of the same task; it gets it back if that one ends worse. */
  | { readonly type: 'child-retried'; readonly childId: string; readonly newId: string }
  /** Where the child's changes are; none where they are not kept apart (any more). Says nothing of how it ended. */
  | { readonly type: 'child-worktree'; readonly childId: string; readonly worktree: Worktree | undefined }
  /** It ran inline, and its caller waits for it no longer: from now on it is one in the background (SPEC 3.2). */
  | { readonly type: 'detached' }
  /** Its window ends: nothing that its runs say from now on counts. */
  | { readonly type: 'suspended' }
  /** It goes on where it was cut off: from a suspension, or from `unknown`. */
  | { readonly type: 'resumed' }
  /** Nobody knows how what was not over ended. */
  | { readonly type: 'lost'; readonly reason: string }
  /** All of it is cancelled; children that are over stay as they are. */
  | { readonly type: 'cancelled'; readonly reason: string }
  /** The delegation returned to a session, or cannot. */
  | { readonly type: 'delivery'; readonly delivery: Delivery; readonly sessionId?: string };

export function isOver(status: Status): status is OverStatus {
  return status !== 'queued' && status !== 'running';
}

export type NewDelegation = Pick<
  Delegation,
  'id' | 'sessionId' | 'parentChildId' | 'callKey' | 'depth' | 'mode' | 'origin' | 'context' | 'dispatchedAt'
> & { readonly tasks: readonly Task[] };

export function createDelegation({ tasks, ...rest }: NewDelegation): Delegation {
  return {
    ...rest,
    status: 'queued',
    cancelled: false,
    delivery: 'none',
    taskCount: tasks.length,
    children: tasks.map((task, taskIndex) => createChild(`${rest.id}.${taskIndex + 1}`, taskIndex, task)),
  };
}

/**
 * The one function that changes the state of a delegation and its children. Pure. Returns the same object where the
 * event changes nothing: what is over stays over, so a result that arrives after a cancel is ignored (SPEC 3.4). One that
 * is `unknown` never was over for sure: the user can let it go on (SPEC 4.8).
 */
export function advance(delegation: Delegation, event: DelegationEvent, now: number): Delegation {
  if (event.type === 'child-worktree') return placeChanges(delegation, event.childId, event.worktree);
  if (event.type === 'resumed') return resume(delegation);
  if (isOver(delegation.status)) {
    return event.type === 'delivery' ? deliver(delegation, event.delivery, event.sessionId) : delegation;
  }
  if (delegation.suspendedAt !== undefined && event.type !== 'cancelled' && event.type !== 'lost') return delegation;
  switch (event.type) {
    case 'suspended':
      return { ...delegation, suspendedAt: now, children: delegation.children.map(atRest) };
    case 'lost': {
      const { suspendedAt: at = now, ...rest } = delegation;
      const children = delegation.children.map((child) => endChild(child, lost(child, event.reason), at));
      return settle(placeBest({ ...rest, children }), at);
    }
    case 'started':
      return delegation.status === 'queued'
        ? { ...delegation, status: 'running', startedAt: now - (delegation.ranMs ?? 0) }
        : delegation;
    case 'child-started':
      return changeChild(delegation, event.childId, (child) =>
        child.state.status === 'queued'
          ? { ...child, state: { status: 'running', startedAt: now - (child.state.ranMs ?? 0) } }
          : child,
      );
    case 'child-progress':
      return changeChild(delegation, event.childId, (child) => progressChild(child, event.change));
    case 'child-ended': {
      const after = changeChild(delegation, event.childId, (child) => endChild(child, event.ending, now));
      return after === delegation ? delegation : settle(placeBest(after), now);
    }
    case 'child-retried':
      return retryChild(delegation, event.childId, event.newId);
    case 'detached':
      return delegation.mode === 'inline' ? { ...delegation, mode: 'background' } : delegation;
    case 'cancelled': {
      const { suspendedAt: _suspendedAt, ...rest } = delegation;
      const children = delegation.children.map((child) => endChild(child, interrupted(child, event.reason), now));
      return settle(placeBest({ ...rest, children, cancelled: true }), now);
    }
    case 'delivery':
      return delegation;
    default:
      return assertNever(event);
  }
}

/** The ending of a child that is cut off from outside: its partial text is kept (SPEC 3.7). */
export function interrupted(child: Child, reason: string): ChildEnding {
  return { ...cutOff(child), status: 'interrupted', exitReason: 'interrupted', error: reason };
}

/** The ending of a child that made no progress and did not end when it was asked to (SPEC 3.8). */
export function stalled(child: Child, reason: string): ChildEnding {
  return { ...cutOff(child), status: 'stalled', exitReason: 'stalled', error: reason };
}

/** The ending of a child of which nobody can tell how it ended: its host died (SPEC 4.6). */
export function lost(child: Child, reason: string): ChildEnding {
  return { ...cutOff(child), status: 'unknown', exitReason: 'lost', error: reason };
}

function cutOff(child: Child): Pick<ChildEnding, 'summary' | 'truncated'> {
  return { summary: child.progress.lastText, truncated: child.progress.lastText !== '' };
}

/** Tasks that it was given, those included of which nothing can be read any more. */
export function taskCountOf({ taskCount = 0, children, superseded = [] }: Delegation): number {
  return [...superseded, ...children].reduce((most, { taskIndex }) => Math.max(most, taskIndex + 1), taskCount);
}

/**
 * How much a run that is over is worth as the result of its task: whole, cut off but told as done, some text, nothing.
 * What was done once is never hidden by a later run that was cancelled or failed.
 */
function worthOf({ state }: Child): number {
  if (!('endedAt' in state)) return -1;
  if (state.status === 'completed') return state.truncated ? 2 : 3;
  return state.summary === '' ? 0 : 1;
}

/** Each task whose newest run is over is stood for by its best run, the newer one of those that are alike (SPEC 3.10). */
function placeBest(delegation: Delegation): Delegation {
  const { children, superseded = [] } = delegation;
  const best = children.map((child) => {
    if (!isOver(child.state.status)) return child;
    const others = superseded.filter(({ taskIndex }) => taskIndex === child.taskIndex);
    return others.reduceRight((stands, other) => (worthOf(other) > worthOf(stands) ? other : stands), child);
  });
  if (best.every((child, i) => child === children[i])) return delegation;
  const standing = new Set(best);
  return {
    ...delegation,
    children: best,
    superseded: [...superseded, ...children].filter((run) => !standing.has(run)),
  };
}

/** It can go on by the user's word: what it had under way was lost with its window, and somebody waits for it. */
export function canResume({ status, mode, parentChildId, children }: Delegation): boolean {
  const isCutOff = status === 'unknown' && children.some(({ state }) => state.status === 'unknown');
  return isCutOff && mode === 'background' && parentChildId === undefined;
}

/** What was under way waits for its place anew; what was over stays so. The time in which nothing ran does not count. */
function resume(delegation: Delegation): Delegation {
  const { suspendedAt, endedAt, startedAt, ranMs: _ranMs, ...rest } = delegation;
  const children = delegation.children.map((child) => requeue(child, suspendedAt));
  const cutOffAt = suspendedAt ?? (delegation.status === 'unknown' ? endedAt : undefined);
  if (
    cutOffAt === undefined ||
    (suspendedAt === undefined && children.every((child, i) => child === delegation.children[i]))
  )
    return delegation;
  return {
    ...rest,
    ...(delegation.delivery === 'delivered' && { toldUnknown: true }),
    ...(startedAt === undefined ? {} : { ranMs: cutOffAt - startedAt }),
    ...(suspendedAt === undefined
      ? { resumed: (delegation.resumed ?? 0) + 1, delivery: 'none', cancelled: false }
      : {}),
    status: 'queued',
    children,
  };
}

function requeue(child: Child, suspendedAt: number | undefined): Child {
  const { state, progress } = child;
  if (state.status === 'running')
    return { ...child, state: { status: 'queued', ranMs: (suspendedAt ?? state.startedAt) - state.startedAt } };
  if (state.status !== 'unknown' || !('endedAt' in state)) return child;
  const { startedAt, endedAt, missedSteer } = state;
  return {
    ...child,
    progress: { ...progress, steer: missedSteer === undefined ? [] : [missedSteer] },
    state: { status: 'queued', ...(startedAt === undefined ? {} : { ranMs: endedAt - startedAt }) },
  };
}

/** What it does right now is over, what it said and did so far is not. */
function atRest(child: Child): Child {
  if (child.state.status !== 'running') return child;
  return { ...child, progress: { ...child.progress, activity: '', approvals: 0 } };
}

function createChild(id: string, taskIndex: number, task: Task): Child {
  return { id, taskIndex, task, state: { status: 'queued' }, progress: FRESH_PROGRESS };
}

function retryChild(delegation: Delegation, childId: string, newId: string): Delegation {
  const index = delegation.children.findIndex((child) => child.id === childId);
  const before = delegation.children[index];
  if (before === undefined || !isOver(before.state.status)) return delegation;
  const children = delegation.children.with(index, createChild(newId, before.taskIndex, before.task));
  return { ...delegation, children, superseded: [...(delegation.superseded ?? []), before] };
}

/** The user takes or discards the changes of a child when it is over, also of one that another stands in for. */
function placeChanges(delegation: Delegation, childId: string, worktree: Worktree | undefined): Delegation {
  const { children, superseded = [] } = delegation;
  const place = (child: Child): Child => {
    if (child.id !== childId || isDeepStrictEqual(child.worktree, worktree)) return child;
    const { worktree: _before, ...rest } = child;
    return worktree === undefined ? rest : { ...rest, worktree };
  };
  const placed = children.map(place);
  if (placed.some((child, i) => child !== children[i])) return { ...delegation, children: placed };
  const old = superseded.map(place);
  return old.some((child, i) => child !== superseded[i]) ? { ...delegation, superseded: old } : delegation;
}

function deliver(delegation: Delegation, delivery: Delivery, sessionId = delegation.sessionId): Delegation {
  if (delegation.delivery === 'delivered') return delegation;
  if (delegation.delivery === delivery && delegation.sessionId === sessionId) return delegation;
  return { ...delegation, delivery, sessionId };
}

function changeChild(delegation: Delegation, childId: string, change: (child: Child) => Child): Delegation {
  const index = delegation.children.findIndex((child) => child.id === childId);
  const before = delegation.children[index];
  if (before === undefined) return delegation;
  const after = change(before);
  return after === before ? delegation : { ...delegation, children: delegation.children.with(index, after) };
}

function endChild(child: Child, ending: ChildEnding, now: number): Child {
  const { state, progress } = child;
  if (isOver(state.status)) return child;
  const missedSteer = progress.steer.join('\n');
  return {
    ...child,
    progress: { ...withUnknownCost(progress, ending), activity: '', approvals: 0, steer: [] },
    state: {
      ...ending,
      endedAt: now,
      ...(state.status === 'running' ? { startedAt: state.startedAt } : {}),
      ...(missedSteer === '' ? {} : { missedSteer }),
    },
  };
}

/** What a request costs that was cut off in the middle, nobody has told. */
function withUnknownCost(progress: Progress, { status }: ChildEnding): Progress {
  const isCutOff = status === 'interrupted' || status === 'stalled' || status === 'unknown';
  return isCutOff && progress.inFlight === true ? { ...progress, costUsd: null } : progress;
}

function progressChild(child: Child, change: ProgressChange): Child {
  if (child.state.status !== 'running') return child;
  const progress = applyProgress(child.progress, change);
  return progress === child.progress ? child : { ...child, progress };
}

/**
 * A delegation is over with the last of its children, and `failed` only if every one of them failed (SPEC 3.4). One
 * of the background waits for its delivery from that very change on: no crash can come between the two.
 */
function settle(delegation: Delegation, now: number): Delegation {
  const statuses = new Set(delegation.children.map((child) => child.state.status));
  if (statuses.has('queued') || statuses.has('running')) return delegation;
  const delivery = delegation.mode === 'background' ? 'pending' : delegation.delivery;
  const isWhole = delegation.children.length === taskCountOf(delegation);
  const status = isWhole ? overallStatus(statuses, delegation.cancelled) : 'unknown';
  return { ...delegation, status, endedAt: now, delivery };
}

function overallStatus(statuses: ReadonlySet<Status>, cancelled: boolean): OverStatus {
  if (statuses.has('unknown')) return 'unknown';
  if (cancelled && statuses.has('interrupted')) return 'interrupted';
  if (statuses.has('completed')) return 'completed';
  if (statuses.has('interrupted')) return 'interrupted';
  return statuses.has('stalled') ? 'stalled' : 'failed';
}
