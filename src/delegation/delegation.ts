import { isDeepStrictEqual } from 'node:util';
import type { ExitReason } from '../agent/messages';
import { assertNever } from '../util/assertNever';
import type { OutputSchema } from './outputSchema';
import type { Progress, ProgressChange } from './progress';
import { applyProgress, FRESH_PROGRESS } from './progress';
import type { Worktree } from './worktree';

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
  | { readonly status: 'queued' }
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
  /** All of it is cancelled; children that are over stay as they are. */
  | { readonly type: 'cancelled'; readonly reason: string }
  /** The delegation returned to a session, or cannot. */
  | { readonly type: 'delivery'; readonly delivery: Delivery; readonly sessionId?: string };

export function isOver(status: Status): status is OverStatus {
  return status !== 'queued' && status !== 'running';
}

export type NewDelegation = Pick<
  Delegation,
  'id' | 'sessionId' | 'parentChildId' | 'depth' | 'mode' | 'origin' | 'context' | 'dispatchedAt'
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
 * event changes nothing: what is over stays over, so a result that arrives after a cancel is ignored (SPEC 3.4).
 */
export function advance(delegation: Delegation, event: DelegationEvent, now: number): Delegation {
  if (event.type === 'child-worktree') return placeChanges(delegation, event.childId, event.worktree);
  if (isOver(delegation.status)) {
    return event.type === 'delivery' ? deliver(delegation, event.delivery, event.sessionId) : delegation;
  }
  switch (event.type) {
    case 'started':
      return delegation.status === 'queued' ? { ...delegation, status: 'running', startedAt: now } : delegation;
    case 'child-started':
      return changeChild(delegation, event.childId, (child) =>
        child.state.status === 'queued' ? { ...child, state: { status: 'running', startedAt: now } } : child,
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
      const children = delegation.children.map((child) => endChild(child, interrupted(child, event.reason), now));
      return settle(placeBest({ ...delegation, children, cancelled: true }), now);
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
