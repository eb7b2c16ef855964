import type { ExitReason, Tokens, ToolTraceEntry } from '../agent/messages';
import { addTokens, NO_TOKENS } from '../agent/messages';
import type { Child, Delegation, OverStatus, Task } from './delegation';
import { isOver } from './delegation';
import { isOpen } from './worktree';

/** The result of one child as `delegate_task` and the API give it (SPEC 2.6); hence the snake case. */
export interface ChildResult {
  readonly task_index: number;
  readonly child_id: string;
  readonly goal: string;
  readonly status: OverStatus;
  readonly exit_reason: ExitReason;
  readonly truncated: boolean;
  readonly summary: string;
  readonly error?: string;
  readonly missed_steer?: string;
  readonly model: string;
  readonly model_calls: number;
  /** Seconds of running, waiting for its place among its siblings excluded. */
  readonly duration_seconds: number;
  readonly tokens: Tokens;
  /** USD; null where the price is unknown, never 0 for "unknown". */
  readonly cost_usd: number | null;
  readonly tool_trace: readonly ToolTraceEntry[];
  readonly files_written: readonly string[];
  /** Where the full transcript can be read: an URI, or a path. */
  readonly transcript: string;
  /** The folder that its changes are in, and not in the workspace yet. */
  readonly worktree?: string;
}

/** The results of an over delegation, in input order. A child that is not over is left out. */
export function resultsOf(delegation: Delegation, transcriptOf: (child: Child) => string): ChildResult[] {
  return delegation.children.flatMap((child) => {
    const { state, progress } = child;
    if (!isOver(state.status) || !('endedAt' in state)) return [];
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
      model: child.task.model,
      model_calls: progress.modelCalls,
      duration_seconds: seconds(state.endedAt - (state.startedAt ?? state.endedAt)),
      tokens: progress.tokens,
      cost_usd: progress.costUsd,
      tool_trace: progress.toolTrace,
      files_written: progress.filesWritten,
      transcript: transcriptOf(child),
      ...(isOpen(child.worktree) ? { worktree: child.worktree.path } : {}),
    };
  });
}

/** Seconds with one decimal. */
export function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

/** Wall-clock milliseconds from the first start to the end, or to `now`; 0 while queued. */
export function durationOf(thing: { readonly startedAt?: number; readonly endedAt?: number }, now: number): number {
  return thing.startedAt === undefined ? 0 : (thing.endedAt ?? now) - thing.startedAt;
}

export function totalTokens(delegation: Delegation): Tokens {
  return everyRun(delegation).reduce((sum, child) => addTokens(sum, child.progress.tokens), NO_TOKENS);
}

/** USD; null where any child's price is unknown. */
export function totalCost(delegation: Delegation): number | null {
  return everyRun(delegation).reduce<number | null>((sum, { progress }) => {
    return sum === null || progress.costUsd === null ? null : sum + progress.costUsd;
  }, 0);
}

/** The children and those that gave their place to one of them: what these spent and dispatched counts all the same. */
export function everyRun({ children, superseded = [] }: Delegation): readonly Child[] {
  return [...superseded, ...children];
}

/** Those of `after` that are not as in `before`, or not there yet. */
export function changedChildren(before: Delegation, after: Delegation): readonly Child[] {
  const unchanged = new Set(everyRun(before));
  return everyRun(after).filter((child) => !unchanged.has(child));
}

/** What a task is called in rows and cards: its title, or its goal where it has none. */
export function nameOf({ title, goal }: Task): string {
  return title ?? goal;
}

/** The name of its task, or `3 tasks: a; b; c`. */
export function titleOf(delegation: Delegation): string {
  const names = delegation.children.map((child) => nameOf(child.task));
  return names.length === 1 ? (names[0] ?? '') : `${names.length} tasks: ${names.join('; ')}`;
}

/** The address under which VS Code shows a child's transcript. */
export function transcriptUri(childId: string): string {
  return `fanout-transcript:/${childId}.md`;
}

/** The summary of a child that is over; its newest text while it runs. */
export function summaryOf(child: Child): string {
  return 'summary' in child.state ? child.state.summary : child.progress.lastText;
}
