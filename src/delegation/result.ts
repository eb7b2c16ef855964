import type { ExitReason, Tokens, ToolTraceEntry } from '../agent/messages';
import { addTokens, NO_TOKENS } from '../agent/messages';
import type { Child, Delegation, DelegationEvent, OverStatus, Task } from './delegation';
import { isOver, taskCountOf } from './delegation';
import { isOpen } from './worktree';

/** The result of one run as `delegate_task` and the API give it (SPEC 2.6); hence the snake case. */
export interface OwnResult {
  readonly task_index: number;
  readonly child_id: string;
  readonly goal: string;
  readonly status: OverStatus;
  readonly exit_reason: ExitReason;
  readonly truncated: boolean;
  readonly summary: string;
  readonly error?: string;
  readonly missed_steer?: string;
  /** The value that fits the schema of the task (`output_schema`). */
  readonly structured?: unknown;
  /** What of its answer did not fit. */
  readonly structured_error?: string;
  readonly model: string;
  /** This and tokens, cost and files: with all that it delegated to others. */
  readonly model_calls: number;
  /** Seconds of running, waiting for its place among its siblings excluded. */
  readonly duration_seconds: number;
  readonly tokens: Tokens;
  /** USD; null where the price is unknown, never 0 for "unknown". */
  readonly cost_usd: number | null;
  readonly tool_trace: readonly ToolTraceEntry[];
  /** By any run of the task. */
  readonly files_written: readonly string[];
  /** Where the full transcript can be read: an URI, or a path. */
  readonly transcript: string;
  /** The folder that its changes are in, and not in the workspace yet. */
  readonly worktree?: string;
}

/** The result of one task with all that belongs to it. */
export interface ChildResult extends OwnResult {
  /** The task was begun again while its siblings ran: the runs that ended no better. Absent where there are none. */
  readonly other_runs?: readonly ChildResult[];
  /** Of a child that was cut off: the results of those that it had delegated to. Absent where there are none. */
  readonly nested?: readonly ChildResult[];
}

/** The result of one run, and those that belong to it. */
export interface RunResult {
  readonly child: Child;
  readonly result: OwnResult;
  /** The other runs of the same task, oldest first. */
  readonly others: readonly RunResult[];
  /** Where the run did not come to a final word: what those had done that it had delegated to, in order of dispatch. */
  readonly below: readonly RunResult[];
}

/** The delegations that a child dispatched, oldest first. */
export type NestedIn = (childId: string) => readonly Delegation[];

export const nothingBelow: NestedIn = () => [];

/** Who dispatched what, among these. */
export function nestedAmong(delegations: readonly Delegation[]): NestedIn {
  const nested = new Map<string, Delegation[]>();
  for (const delegation of delegations) {
    const { parentChildId } = delegation;
    if (parentChildId === undefined) continue;
    const known = nested.get(parentChildId);
    if (known === undefined) nested.set(parentChildId, [delegation]);
    else known.push(delegation);
  }
  return (childId) => nested.get(childId) ?? [];
}

/** The results of an over delegation, in input order. A child that is not over is left out. */
export function resultsOf(
  delegation: Delegation,
  transcriptOf: (child: Child) => string,
  nestedIn: NestedIn = nothingBelow,
): ChildResult[] {
  return runResults(delegation, transcriptOf, nestedIn).map(withRest);
}

function withRest({ result, others, below }: RunResult): ChildResult {
  return {
    ...result,
    ...(others.length === 0 ? {} : { other_runs: others.map(withRest) }),
    ...(below.length === 0 ? {} : { nested: below.map(withRest) }),
  };
}

/**
 * The same as a tree. An orchestrator that was cut off told nobody what those below it had found: their results come up
 * with its own, over any depth (SPEC 3.12). One that came to its end has made them part of what it says.
 */
export function runResults(
  delegation: Delegation,
  transcriptOf: (child: Child) => string,
  nestedIn: NestedIn,
): RunResult[] {
  const of = (child: Child): Omit<RunResult, 'others'>[] => {
    const result = resultOfRun(child, transcriptOf, nestedIn);
    if (result === undefined) return [];
    const isCutOff = result.status !== 'completed' || result.truncated;
    const nested = isCutOff ? nestedIn(child.id) : [];
    return [{ child, result, below: nested.flatMap((below) => runResults(below, transcriptOf, nestedIn)) }];
  };
  return delegation.children.flatMap((child) =>
    of(child).map((run) => {
      const others = runsOfTask(delegation, child.taskIndex).filter((other) => other !== child);
      const runs = others.flatMap(of).map((other) => ({ ...other, others: [] }));
      // What an earlier run wrote is in the files, whichever run counts.
      const written = [run, ...runs].flatMap(({ result }) => result.files_written);
      return { ...run, result: { ...run.result, files_written: [...new Set(written)] }, others: runs };
    }),
  );
}

function resultOfRun(child: Child, transcriptOf: (child: Child) => string, nestedIn: NestedIn): OwnResult | undefined {
  const { state, progress } = child;
  if (!isOver(state.status) || !('endedAt' in state)) return undefined;
  const { modelCalls, tokens, costUsd, filesWritten } = totalsOfChild(child, nestedIn);
  return {
    task_index: child.taskIndex,
    child_id: child.id,
    goal: child.task.goal,
    status: state.status,
    exit_reason: state.exitReason,
    truncated: state.truncated,
    summary: state.summary,
    ...(state.error === undefined ? {} : { error: state.error }),
    ...(state.missedSteer === undefined ? {} : { missed_steer: state.missedSteer }),
    ...(state.structured === undefined ? {} : { structured: state.structured }),
    ...(state.structuredError === undefined ? {} : { structured_error: state.structuredError }),
    model: child.task.model,
    model_calls: modelCalls,
    duration_seconds: seconds(state.endedAt - (state.startedAt ?? state.endedAt)),
    tokens,
    cost_usd: costUsd,
    tool_trace: progress.toolTrace,
    files_written: filesWritten,
    transcript: transcriptOf(child),
    ...(isOpen(child.worktree) ? { worktree: child.worktree.path } : {}),
  };
}

/** What was used and written by one or many, with all below them (SPEC 3.12). */
export interface Totals {
  readonly modelCalls: number;
  readonly tokens: Tokens;
  /** USD; null where any part of it is unknown. */
  readonly costUsd: number | null;
  /** Each once. */
  readonly filesWritten: readonly string[];
}

/** Of a child and all that it delegated, over any depth. */
export function totalsOfChild({ id, progress }: Child, nestedIn: NestedIn): Totals {
  return sum([progress, ...nestedIn(id).map((nested) => totalsOf(nested, nestedIn))]);
}

/** Of all runs of a delegation and all below them. */
export function totalsOf(delegation: Delegation, nestedIn: NestedIn): Totals {
  return sum(everyRun(delegation).map((child) => totalsOfChild(child, nestedIn)));
}

function sum(parts: readonly Totals[]): Totals {
  return {
    modelCalls: parts.reduce((calls, part) => calls + part.modelCalls, 0),
    tokens: parts.reduce((tokens, part) => addTokens(tokens, part.tokens), NO_TOKENS),
    costUsd: parts.reduce<number | null>(
      (usd, part) => (usd === null || part.costUsd === null ? null : usd + part.costUsd),
      0,
    ),
    filesWritten: [...new Set(parts.flatMap((part) => part.filesWritten))],
  };
}

/** Seconds with one decimal. */
export function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

/** Wall-clock milliseconds from the first start to the end, or to `now`; 0 while queued. */
export function durationOf(thing: { readonly startedAt?: number; readonly endedAt?: number }, now: number): number {
  return thing.startedAt === undefined ? 0 : (thing.endedAt ?? now) - thing.startedAt;
}

export function totalTokens(delegation: Delegation, nestedIn: NestedIn = nothingBelow): Tokens {
  return totalsOf(delegation, nestedIn).tokens;
}

/** USD; null where any part of it is unknown. */
export function totalCost(delegation: Delegation, nestedIn: NestedIn = nothingBelow): number | null {
  return totalsOf(delegation, nestedIn).costUsd;
}

/**
 * `5 of 6 done · 1 failed` of a delegation that is over and whose tasks did not all end alike; else empty: its status says
 * it. A task whose record cannot be read is among those of which nobody knows.
 */
export function shortfallOf(delegation: Delegation): string {
  const count = taskCountOf(delegation);
  const statuses = delegation.children.map(({ state }) => state.status);
  const done = statuses.filter((status) => status === 'completed').length;
  if (!isOver(delegation.status) || count < 2 || done === count) return '';
  const parts = (['failed', 'interrupted', 'stalled', 'unknown'] as const).map((status) => {
    const unread = status === 'unknown' ? count - statuses.length : 0;
    return [statuses.filter((one) => one === status).length + unread, status] as const;
  });
  const others = parts.filter(([n]) => n > 0);
  if (done === 0 && others.length === 1) return '';
  return [`${done} of ${count} done`, ...others.map(([n, status]) => `${n} ${status}`)].join(' · ');
}

/** The children and those that gave their place to one of them: what these spent and dispatched counts all the same. */
export function everyRun({ children, superseded = [] }: Delegation): readonly Child[] {
  return [...superseded, ...children];
}

/** All runs of the task that a child works on, oldest first. */
export function runsOfTask(delegation: Delegation, taskIndex: number): readonly Child[] {
  const runs = everyRun(delegation).filter((child) => child.taskIndex === taskIndex);
  return runs.sort((a, b) => runNumber(a) - runNumber(b));
}

/** The run that counts of the task that a child, or an earlier run of it, works on. */
export function standsFor(delegation: Delegation, childId: string): Child | undefined {
  const run = everyRun(delegation).find(({ id }) => id === childId);
  return delegation.children.find(({ taskIndex }) => taskIndex === run?.taskIndex);
}

/** The greatest number that a run of a delegation has in its id; ids are given by counting on. */
export function newestRun(delegation: Delegation): number {
  return everyRun(delegation).reduce((most, child) => Math.max(most, runNumber(child)), taskCountOf(delegation));
}

function runNumber({ id }: Child): number {
  return Number(id.slice(id.lastIndexOf('.') + 1));
}

/** Those of `after` that are not as in `before`, or not there yet, by the event that led from the one to the other. */
export function changedChildren(before: Delegation, after: Delegation, event: DelegationEvent): readonly Child[] {
  // By far the most events are of this kind, and it changes no other child.
  if (event.type === 'child-progress') return after.children.filter(({ id }) => id === event.childId);
  const unchanged = new Set(everyRun(before));
  return everyRun(after).filter((child) => !unchanged.has(child));
}

/** What a task is called in rows and cards: its title, or its goal where it has none. */
export function nameOf({ title, goal }: Task): string {
  return title ?? goal;
}

/** The records of its agents are damaged. */
const UNREAD_TASK = '1 task, which cannot be read';

/** The name of its task, or `3 tasks: a; b; c`. */
export function titleOf(delegation: Delegation): string {
  const names = delegation.children.map((child) => nameOf(child.task));
  const count = taskCountOf(delegation);
  if (names.length === 0) return count === 1 ? UNREAD_TASK : `${count} tasks, none of which can be read`;
  return count === 1 ? (names[0] ?? '') : `${count} tasks: ${names.join('; ')}`;
}

/**
 * Some of its tasks are over and not done, and not all of them: they can be begun again without the rest. Of one that runs,
 * those whose siblings still work.
 */
export function hasFailedPart({ children, status }: Delegation): boolean {
  const failed = children.filter(({ state }) => isOver(state.status) && state.status !== 'completed');
  return failed.length > 0 && (!isOver(status) || failed.length < children.length);
}

/** The address under which VS Code shows a child's transcript. */
export function transcriptUri(childId: string): string {
  return `fanout-transcript:/${childId}.md`;
}

/** The summary of a child that is over; its newest text while it runs. */
export function summaryOf(child: Child): string {
  return 'summary' in child.state ? child.state.summary : child.progress.lastText;
}
