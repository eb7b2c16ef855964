import type { Tokens, ToolTraceEntry } from '../agent/messages';
import { addTokens, NO_TOKENS } from '../agent/messages';
import { assertNever } from '../util/assertNever';

/** What a child has done so far; all that is left of it when it has to be cut off. */
export interface Progress {
  /** What it does right now, for a status line: `read_file src/cart.ts`, `thinking`. */
  readonly activity: string;
  /** Number of approvals that it waits for. */
  readonly approvals: number;
  readonly modelCalls: number;
  /** A request went out and nothing is known yet of what it used. */
  readonly inFlight?: boolean;
  readonly tokens: Tokens;
  /** USD; null where a price is unknown. */
  readonly costUsd: number | null;
  /** USD: the part of the cost that is known, for budgets; absent in what an older Fanout stored. */
  readonly knownCostUsd?: number;
  readonly toolTrace: readonly ToolTraceEntry[];
  /** Workspace-relative paths, each once. */
  readonly filesWritten: readonly string[];
  /** The text of the current step, or of the last one that had any. */
  readonly lastText: string;
  /** What the user wants said before its next model request, oldest first. */
  readonly steer: readonly string[];
}

/** What a child reports while it runs. */
export type ProgressChange =
  /** A step begins; its model request may still wait for its place. */
  | { readonly type: 'request'; readonly priced: boolean }
  /** A request waits for the provider, which is no lack of progress of the child's. */
  | { readonly type: 'waiting'; readonly activity: string }
  | { readonly type: 'text'; readonly delta: string }
  /** Reasoning, arguments or tool output arrived: nothing to show, but a sign of life. */
  | { readonly type: 'alive' }
  /** The request goes out, for the first time or again: what a broken stream said before does not count. */
  | { readonly type: 'sent' }
  /** One request is through. */
  | { readonly type: 'usage'; readonly tokens: Tokens; readonly costUsd: number | null }
  | { readonly type: 'tool-started'; readonly activity: string }
  | { readonly type: 'tool-finished'; readonly entry: ToolTraceEntry; readonly filesWritten: readonly string[] }
  | { readonly type: 'approvals'; readonly waiting: number }
  /** The user adds a message. */
  | { readonly type: 'steered'; readonly text: string }
  /** A request carries what the user added. */
  | { readonly type: 'steer-taken' };

export const FRESH_PROGRESS: Progress = {
  activity: '',
  approvals: 0,
  modelCalls: 0,
  tokens: NO_TOKENS,
  costUsd: 0,
  toolTrace: [],
  filesWritten: [],
  lastText: '',
  steer: [],
};

/** Takes in what a child reports. Pure; the same object where nothing changes. */
export function applyProgress(progress: Progress, change: ProgressChange): Progress {
  switch (change.type) {
    case 'alive':
      return progress;
    case 'request':
      return {
        ...progress,
        activity: THINKING,
        modelCalls: progress.modelCalls + 1,
        costUsd: change.priced ? progress.costUsd : null,
      };
    case 'waiting':
      return { ...progress, activity: change.activity, inFlight: false };
    case 'tool-started':
      return { ...progress, activity: change.activity };
    case 'text':
      // The first text after a request or a tool replaces that of the step before.
      return progress.activity === WRITING
        ? { ...progress, lastText: progress.lastText + change.delta }
        : { ...progress, activity: WRITING, lastText: change.delta };
    case 'sent':
      return { ...progress, activity: THINKING, inFlight: true };
    case 'usage':
      return {
        ...progress,
        inFlight: false,
        tokens: addTokens(progress.tokens, change.tokens),
        costUsd: progress.costUsd === null || change.costUsd === null ? null : progress.costUsd + change.costUsd,
        knownCostUsd: knownCostOf(progress) + (change.costUsd ?? 0),
      };
    case 'tool-finished':
      return {
        ...progress,
        activity: THINKING,
        toolTrace: [...progress.toolTrace, change.entry],
        filesWritten: [...new Set([...progress.filesWritten, ...change.filesWritten])],
      };
    case 'approvals':
      return { ...progress, approvals: change.waiting };
    case 'steered':
      return { ...progress, steer: [...progress.steer, change.text] };
    case 'steer-taken':
      return progress.steer.length === 0 ? progress : { ...progress, steer: [] };
    default:
      return assertNever(change);
  }
}

/** USD that are known to have been spent, whatever was spent besides. */
export function knownCostOf({ knownCostUsd, costUsd }: Progress): number {
  return knownCostUsd ?? costUsd ?? 0;
}

const WRITING = 'writing';
const THINKING = 'thinking';

// `sent`: a request that a crash cuts off was made all the same.
const WORTH_SAVING: readonly ProgressChange['type'][] = ['sent', 'usage', 'tool-finished', 'steered', 'steer-taken'];

/** Streamed text is recorded with the step that it belongs to, not by the token. */
export function isWorthSaving(change: ProgressChange): boolean {
  return WORTH_SAVING.includes(change.type);
}
