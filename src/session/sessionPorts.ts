import type { AgentEvent } from '../agent/events';
import type { AgentModel } from '../agent/model';
import type { AgentIdentity, Tool, ToolContext } from '../agent/tool';
import type { CompletionQueue } from '../delegation/completions';
import type { Delegation } from '../delegation/delegation';
import type { SessionStore, StoredEntry } from '../store/sessionStore';
import type { Clock } from '../util/clock';

/** What a turn needs beside the transcript. */
export interface TurnSetup {
  readonly system: string;
  readonly tools: readonly Tool[];
  readonly toolsets: readonly string[];
  readonly maxIterations: number;
}

export interface SessionPorts {
  readonly store: SessionStore;
  readonly completions: CompletionQueue;
  readonly clock: Clock;
  /** The model by the session's own choice (empty = the setting's). Rejects with a ModelError where there is none. */
  readonly model: (choice: string) => Promise<AgentModel>;
  readonly setUpTurn: (model: AgentModel) => Promise<TurnSetup>;
  readonly approve: (
    agent: AgentIdentity,
    ...rest: Parameters<ToolContext['approve']>
  ) => ReturnType<ToolContext['approve']>;
  /** The completion block as text; what was cut in it is on disk when this resolves (SPEC 5.3). */
  readonly block: (delegation: Delegation, freeTokens: number) => Promise<string>;
  /** The user has typed while the session's turn runs: what it waits for inline moves to the background (SPEC 3.2). */
  readonly makeWay: (sessionId: string) => void;
  readonly wakeAgent: () => 'always' | 'ask';
  readonly onError: (message: string, error: unknown) => void;
  /** Takes the session for this window; false where another living window has it. */
  readonly claim: (sessionId: string) => boolean;
  /** Another living window has the session. */
  readonly isElsewhere: (sessionId: string) => boolean;
}

export type SessionChange =
  | { readonly type: 'entry'; readonly stored: StoredEntry }
  /** What is live changed by this event, or (undefined) by the end of the turn. */
  | { readonly type: 'live'; readonly event?: AgentEvent }
  /** Title, model, queue, idle or running. */
  | { readonly type: 'state' }
  /** Another window wrote it, or left it to this one: all of it may be new. */
  | { readonly type: 'reloaded' };
