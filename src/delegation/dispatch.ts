import type { Delegation, Task } from './delegation';
import type { DelegationSettings } from './settings';

export interface DispatchRequest {
  readonly sessionId: string;
  readonly parentChildId?: string;
  /** Which of that child's calls this is: the same after a restart. */
  readonly callKey?: string;
  /** Depth of the new children. */
  readonly depth: number;
  readonly origin: Delegation['origin'];
  readonly context: string;
  readonly tasks: readonly Task[];
  /** `background` comes back through the completion queue; `sync`, the default, is waited for by its caller. */
  readonly wait?: 'background' | 'sync';
  /** Given instead of the setting: a delegation of the user's own has no turn to run in, and queues. */
  readonly whenFull?: DelegationSettings['whenFull'];
}

/** When a delegation in the background starts: at once, when a slot is free, or when the pool is resumed. */
export type Start = 'now' | 'slot' | 'resume';

export type Dispatched =
  /** Detached: nothing that happens to the caller's turn touches it any more (SPEC 3.3). */
  | { readonly kind: 'background'; readonly delegation: Delegation; readonly start: Start }
  /** Attached to its caller; `note` says why, where the caller had asked for the background. */
  | {
      readonly kind: 'attached';
      readonly delegation: Delegation;
      readonly note?: string;
      readonly over: Promise<Delegation>;
      /** Over, or (one that ran inline) in the background now: then its results come back as a completion. */
      readonly left: Promise<Delegation>;
    }
  | { readonly kind: 'refused'; readonly error: string };
