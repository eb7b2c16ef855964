import type { Delegation } from '../../src/delegation/delegation';

/** When a window ends itself: at the n-th write point (before or after a write), or at the n-th change that it shows. */
export interface Death {
  readonly at: number;
  readonly of: 'write' | 'change';
  /** `kill` is SIGKILL; `close` is what VS Code does when its window closes. */
  readonly by: 'kill' | 'close';
}

/** What the user does besides, after so many changes. */
export interface Mischief {
  readonly after: number;
  readonly what: 'cancel' | 'stop' | 'cancel-all' | 'delete-session';
}

/** What a window is started with. */
export interface WindowOrder {
  /** Holds the store and the workspace. */
  readonly folder: string;
  /** The model server. */
  readonly url: string;
  /** Names this window to the model server. */
  readonly name: string;
  readonly whenFull: 'inline' | 'queue';
  readonly wakeAgent: 'always' | 'ask';
  /** Counted from the start, so that it comes in the recovery of what was before. */
  readonly death?: Death;
  readonly sabotage?: string;
}

/** What a running window is told, one line each. `live`: begin a life's work. */
export type Order =
  | { readonly type: 'live'; readonly life: string; readonly death?: Death; readonly mischief?: Mischief }
  | { readonly type: 'close' };

/** What a window tells, one line each, written before it does anything else. */
export type Report =
  | ({ readonly type: 'accepted' } & Pick<Delegation, 'id' | 'sessionId' | 'mode' | 'parentChildId'>)
  /** Nothing runs or waits; `lives` is how many it has begun. */
  | { readonly type: 'rest' | 'busy'; readonly lives: number }
  /** It went wrong without ending anything. */
  | { readonly type: 'fault'; readonly text: string }
  /** The write points that it passed since the newest life began. */
  | { readonly type: 'closed'; readonly writes: number; readonly changes: number };
