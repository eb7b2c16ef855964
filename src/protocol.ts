/**
 * All that the extension host and the chat view say to each other. The host validates what comes from the view
 * (`ToHost`); the view trusts the host and imports types only.
 */
import * as z from 'zod';
import type { ToolStatus } from './agent/messages';

// What the view shows ------------------------------------------------------------------------------------------

export type ViewStatus = 'queued' | 'running' | 'completed' | 'failed' | 'interrupted' | 'stalled' | 'unknown';

export interface ChildView {
  readonly id: string;
  readonly goal: string;
  /** Shown instead of the goal. */
  readonly title?: string;
  readonly status: ViewStatus;
  /** What it does right now; empty once it is over. */
  readonly activity: string;
  readonly approvals: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly model: string;
  /** This and tokens, cost and files: with all that it delegated. */
  readonly modelCalls: number;
  /** Input and output together. */
  readonly tokens: number;
  /** USD; null where the price is unknown. */
  readonly costUsd: number | null;
  readonly error?: string;
  readonly filesWritten: readonly string[];
  /** It worked in a worktree; paths of what it changed there. */
  readonly worktree?: {
    readonly state: 'working' | 'ready' | 'applied' | 'discarded';
    readonly files: readonly string[];
  };
  /** No single click begins it again: it is done while its siblings run, or another run of its task counts. */
  readonly isKept?: true;
  /** Runs of the same task that ended no better, oldest first. */
  readonly otherRuns?: readonly ChildView[];
  /** The first line of the summary; the whole of it comes on request (`summary`). */
  readonly headline?: string;
  /** Delegations of an orchestrator child. */
  readonly delegations: readonly DelegationView[];
}

export interface DelegationView {
  readonly id: string;
  readonly status: ViewStatus;
  /** The goal, or `3 tasks: a; b; c`. */
  readonly title: string;
  readonly mode: 'background' | 'inline' | 'sync';
  readonly delivery: 'none' | 'pending' | 'delivered' | 'undelivered';
  readonly dispatchedAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly tokens: number;
  readonly costUsd: number | null;
  /** `5 of 6 done · 1 failed`, where it is over and not all of its tasks are done. */
  readonly shortfall?: string;
  /** Some of its tasks are over and not done, others are done or at work: those alone can be begun again. */
  readonly canRetryFailed?: true;
  /** It was cut off, and can go on in place. */
  readonly resumable?: true;
  readonly children: readonly ChildView[];
}

/** One thing in the conversation, in the order in which it is shown. `id` is unique within a session. */
export type ChatItem =
  | { readonly kind: 'user'; readonly id: string; readonly text: string; readonly at: number }
  | {
      readonly kind: 'assistant';
      readonly id: string;
      readonly markdown: string;
      readonly streaming: boolean;
      readonly interrupted?: boolean;
    }
  | { readonly kind: 'reasoning'; readonly id: string; readonly text: string; readonly streaming: boolean }
  | {
      readonly kind: 'tool';
      readonly id: string;
      readonly name: string;
      /** What it works on: a path, a pattern, a command. */
      readonly target: string;
      readonly status: 'running' | 'waiting' | ToolStatus;
      /** Pretty-printed arguments, bounded. */
      readonly input: string;
      /** The result, or the output so far; bounded. */
      readonly output: string;
    }
  /** Where a delegation was dispatched; its data is in `delegations`. A card while its completion is not yet below. */
  | { readonly kind: 'delegation'; readonly id: string; readonly delegationId: string }
  /**
   * Where the completion of a delegation entered the conversation. `waiting`: posted, but the agent waits for the user.
   * `text`: the completion block, given where the delegation is not in `delegations` any more.
   */
  | {
      readonly kind: 'completion';
      readonly id: string;
      readonly delegationId: string;
      readonly at: number;
      readonly waiting?: boolean;
      readonly text?: string;
    }
  /** The answer to `/agents`: a picture of that moment. */
  | { readonly kind: 'agents'; readonly id: string; readonly rows: readonly AgentRow[] }
  | {
      readonly kind: 'notice';
      readonly id: string;
      readonly level: 'info' | 'warning' | 'error';
      readonly text: string;
      /** Buttons that run a command of Fanout's; `command` is one of `NoticeCommand`. */
      readonly actions?: readonly { readonly label: string; readonly command: NoticeCommand }[];
    };

export interface AgentRow {
  /** A delegation's or a child's id. */
  readonly id: string;
  /** 0 for a delegation, 1 for its children, 2 for their delegations, and so on. */
  readonly level: number;
  readonly label: string;
  readonly status: ViewStatus;
  readonly detail: string;
}

export const NoticeCommand = z.enum([
  'setApiKey',
  'selectModel',
  'openSettings',
  'openLog',
  'retryTurn',
  'manageTrust',
]);
export type NoticeCommand = z.infer<typeof NoticeCommand>;

export interface ApprovalView {
  readonly id: string;
  /** `Main agent`, or the child's goal. */
  readonly agent: string;
  readonly childId?: string;
  readonly kind: 'edit' | 'command';
  /** `run a command`, `edit a file`. */
  readonly action: string;
  /** The exact command, or the path. */
  readonly subject: string;
  /** A unified diff. */
  readonly preview?: string;
}

export interface SessionView {
  readonly id: string;
  readonly title: string;
  /**
   * `waiting`: a completion was posted and the agent waits for the user's word (`completions.wakeAgent: ask`).
   * `elsewhere`: another window on this workspace has the session; here it is read along.
   * `held`: nobody has it, and it cannot be taken yet, as another program holds the store; until then it is read along.
   */
  readonly state: 'idle' | 'running' | 'waiting' | 'elsewhere' | 'held';
  /** The last turn was stopped or cut off, and the conversation offers nothing else by which it goes on: `wake` does. */
  readonly canGoOn: boolean;
  /** Messages that wait for the running turn to end. */
  readonly queued: readonly string[];
  /** The chosen model as in the settings, and how people call it. */
  readonly model: string;
  readonly modelLabel: string;
  /** Tokens in the conversation and the model's window; 0 where unknown. */
  readonly contextTokens: number;
  readonly contextWindow: number;
  /** What the running turn does while no text streams: `thinking`, `waiting for a place at acme`; else empty. */
  readonly activity: string;
}

export interface SessionSummary {
  readonly id: string;
  readonly title: string;
  readonly updatedAt: number;
  readonly running: boolean;
}

export interface ModelOption {
  readonly name: string;
  readonly label: string;
  readonly detail: string;
}

export interface Suggestion {
  /** What is put in place of the word at the cursor. */
  readonly insert: string;
  readonly label: string;
  readonly detail: string;
}

// Host to view -------------------------------------------------------------------------------------------------

/** One change of what is shown. An item is put at the end, or replaces the one with its id where it stands. */
export type Change =
  | { readonly op: 'put'; readonly item: ChatItem }
  /** Added to an item's text, of which then the last `keep` characters are shown where that is given. */
  | { readonly op: 'text'; readonly id: string; readonly delta: string; readonly keep?: number }
  | { readonly op: 'remove'; readonly id: string }
  | { readonly op: 'delegation'; readonly delegation: DelegationView }
  /** What changed of one that the view has: some of its own fields, and of some of its children. None is taken away. */
  | {
      readonly op: 'rows';
      readonly delegationId: string;
      readonly fields: Partial<Omit<DelegationView, 'id' | 'children'>>;
      readonly children: readonly (Partial<ChildView> & Pick<ChildView, 'id'>)[];
    }
  | { readonly op: 'forget'; readonly delegationId: string }
  | { readonly op: 'approvals'; readonly approvals: readonly ApprovalView[] }
  | { readonly op: 'session'; readonly session: SessionView }
  | { readonly op: 'sessions'; readonly sessions: readonly SessionSummary[] }
  | { readonly op: 'models'; readonly models: readonly ModelOption[] }
  | { readonly op: 'paused'; readonly paused: boolean };

export interface Snapshot {
  readonly session: SessionView;
  /** The newest items, oldest first. */
  readonly items: readonly ChatItem[];
  /** There are older items; ask with `older`. */
  readonly hasOlder: boolean;
  readonly delegations: readonly DelegationView[];
  readonly approvals: readonly ApprovalView[];
  readonly sessions: readonly SessionSummary[];
  readonly models: readonly ModelOption[];
  readonly paused: boolean;
  /** False in an untrusted workspace: nothing runs, and the view says why. */
  readonly trusted: boolean;
}

/** What to scroll to: the card of a delegation, or the first item of an entry (its id is `entry`, or begins with `entry.`). */
export type Place = { readonly delegationId: string } | { readonly entry: string };

/** `seq` counts the snapshots and deltas that a view was sent; a view that misses one asks for a new snapshot by `ready`. */
export type ToView =
  | { readonly type: 'snapshot'; readonly seq: number; readonly snapshot: Snapshot }
  | { readonly type: 'delta'; readonly seq: number; readonly changes: readonly Change[] }
  | { readonly type: 'older'; readonly items: readonly ChatItem[]; readonly hasOlder: boolean }
  | { readonly type: 'summary'; readonly childId: string; readonly markdown: string }
  | { readonly type: 'suggestions'; readonly requestId: number; readonly suggestions: readonly Suggestion[] }
  /** Puts text into the message box (Attach Selection). */
  | { readonly type: 'insert'; readonly text: string }
  | { readonly type: 'focus' }
  | { readonly type: 'reveal'; readonly place: Place }
  /** What the user typed is in the store, or has done what it was for: the view need not keep it any longer. */
  | { readonly type: 'taken'; readonly typedId: string }
  /** It was not taken: the view gives it back to the user. Why not is said by `error`. */
  | { readonly type: 'returned'; readonly typedId: string }
  | { readonly type: 'error'; readonly message: string };

// View to host -------------------------------------------------------------------------------------------------

const id = z.string().min(1).max(200);
const MAX_TEXT = 1_000_000;
/** The view's name for something that the user typed; answered with `taken` or `returned`. */
const typedId = id.optional();
/** Of what the view says of a fault, with where it was. */
const MAX_FAULT = 4000;

/** What a person can do to a delegation or a child, by its id. */
export const RowAction = z.enum([
  'cancel',
  'moveToBackground',
  'retry',
  'retryFailed',
  'continue',
  'resume',
  'remove',
  'copyResult',
  'openTranscript',
  'openChanges',
  'applyChanges',
  'discardChanges',
  'reveal',
  'deliver',
]);
export type RowAction = z.infer<typeof RowAction>;

export const ToHost = z.discriminatedUnion('type', [
  /** The view is up, or wants all anew: answered with a snapshot. */
  z.object({ type: z.literal('ready'), sessionId: id.optional() }),
  z.object({ type: z.literal('send'), text: z.string().max(MAX_TEXT), typedId }),
  /**
   * Something typed of which the view was not told what became: the host that it was sent to may have died before or
   * after it arrived. A `message` goes into its session if it is not there yet; whatever else may have had its effect.
   */
  z.object({
    type: z.literal('sendAgain'),
    typedId: id,
    kind: z.enum(['message', 'steer', 'reason']),
    text: z.string().max(MAX_TEXT),
    sessionId: id.optional(),
  }),
  z.object({ type: z.literal('stop') }),
  /** Takes back the queued message at this place. */
  z.object({ type: z.literal('unqueue'), index: z.number().int().min(0) }),
  /** `wakeAgent: ask`: go on with the completion that was posted. */
  z.object({ type: z.literal('wake') }),
  z.object({ type: z.literal('newSession') }),
  z.object({ type: z.literal('openSession'), sessionId: id }),
  z.object({ type: z.literal('deleteSession'), sessionId: id }),
  z.object({
    type: z.literal('decide'),
    approvalId: id,
    /** `always`: for the rest of this session, the same kind (edits) or the same command. */
    decision: z.enum(['approve', 'always', 'deny']),
    reason: z.string().max(10_000).optional(),
    typedId,
  }),
  z.object({ type: z.literal('pickModel'), name: id }),
  z.object({
    type: z.literal('suggest'),
    requestId: z.number().int(),
    kind: z.enum(['command', 'file']),
    query: z.string().max(500),
  }),
  z.object({ type: z.literal('older'), beforeId: id }),
  z.object({ type: z.literal('summary'), childId: id }),
  z.object({ type: z.literal('act'), action: RowAction, id }),
  z.object({ type: z.literal('steer'), childId: id, text: z.string().min(1).max(100_000), typedId }),
  z.object({ type: z.literal('resume') }),
  /** Opens a file of the workspace, at a line where one is given. */
  z.object({
    type: z.literal('openFile'),
    path: z.string().min(1).max(4000),
    line: z.number().int().min(1).optional(),
  }),
  z.object({ type: z.literal('openLink'), href: z.string().max(4000) }),
  z.object({ type: z.literal('notice'), command: NoticeCommand }),
  /** Something went wrong in the view itself: for the log. */
  z.object({ type: z.literal('fault'), text: z.string().max(MAX_FAULT) }),
  /** The view is to be loaded anew. */
  z.object({ type: z.literal('reload') }),
]);
export type ToHost = z.infer<typeof ToHost>;
