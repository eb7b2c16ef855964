import type { DelegationSettings } from '../../src/delegation/settings';
import type { Delegation } from '../../src/delegation/delegation';

/** When a window ends itself: at the n-th write point (before or after a write), or at the n-th change that it shows. */
export interface Death {
  readonly at: number;
  readonly of: 'write' | 'change';
  /** `kill` is SIGKILL; `close` is what VS Code does when its window closes. */
  readonly by: 'kill' | 'close';
}

/** What the user does besides, after so many changes, as soon as there is something to do it to. */
export interface Mischief {
  readonly after: number;
  readonly what: 'cancel' | 'stop' | 'cancel-all' | 'delete-session' | 'retry' | 'detach' | 'apply';
}

/** The settings of all windows on one store. */
export interface Settings extends Pick<DelegationSettings, 'whenFull' | 'isolation' | 'resume'> {
  readonly wakeAgent: 'always' | 'ask';
  /** In tokens; 0 = large enough for everything. */
  readonly contextWindow: number;
}

/** What a window is started with. */
export interface WindowOrder {
  readonly settings: Settings;
  /** Holds the store and the workspace. */
  readonly folder: string;
  /** The model server. */
  readonly url: string;
  /** Names this window to the model server. */
  readonly name: string;
  /** Counted from the start, so that it comes in the recovery of what was before. */
  readonly death?: Death;
  /** What was cut off is resumed by hand as the window opens. */
  readonly resumes?: true;
  readonly sabotage?: string;
}

/** The work of one life. */
export interface LifeOrder {
  readonly life: string;
  readonly death?: Death;
  readonly mischief?: Mischief;
  /** What was cut off before is resumed by hand at its beginning. */
  readonly resumes?: true;
  /** After so many changes the user writes on; at once where there is none. */
  readonly writesOn?: number;
}

/** What a running window is told, one line each. `live`: begin a life's work. */
export type Order = ({ readonly type: 'live' } & LifeOrder) | { readonly type: 'close' };

/** What a user did, or what happened to what was dispatched. */
export type Deed = 'went on' | 'resumed' | 'retried' | 'detached' | 'applied' | 'isolated' | 'compacted' | 'held';

/** What a window tells, one line each, written before it does anything else. */
export type Report =
  | ({ readonly type: 'accepted' } & Pick<Delegation, 'id' | 'sessionId' | 'mode' | 'parentChildId'>)
  /** The user deletes the session. */
  | { readonly type: 'deleted'; readonly sessionId: string }
  /** Results that had no session any more were sent to another one by hand. */
  | { readonly type: 'sent-on'; readonly id: string; readonly from: string }
  | { readonly type: 'did'; readonly deed: Deed }
  /** Nothing runs or waits; `lives` is how many it has begun. */
  | { readonly type: 'rest' | 'busy'; readonly lives: number }
  /** It went wrong without ending anything. */
  | { readonly type: 'fault'; readonly text: string }
  /** The write points that it passed since the newest life began. */
  | { readonly type: 'closed'; readonly writes: number; readonly changes: number };
