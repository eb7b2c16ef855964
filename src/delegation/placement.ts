import type { DelegationMode } from './delegation';
import type { DelegationSettings } from './settings';

/** What a dispatch finds. */
export interface Occupancy {
  readonly wait: 'background' | 'sync';
  /** Part of a delegation that runs already: a pause does not stop that. */
  readonly nested: boolean;
  readonly whenFull: DelegationSettings['whenFull'];
  readonly paused: boolean;
  /** The user wants waiting rather than refusals (`whenFull` is set to `queue`). */
  readonly queuesWhilePaused: boolean;
  /** Background delegations that are queued or running. */
  readonly admitted: number;
  readonly maxAsyncDelegations: number;
}

export type Placement =
  /** `note` tells the model why it got something else than it asked for. */
  | { readonly kind: 'placed'; readonly mode: DelegationMode; readonly note?: string }
  | { readonly kind: 'refused'; readonly error: string };

/** Where a delegation runs (SPEC 3.2, 3.9). Pure: no await can come between this answer and the taking of the slot. */
export function place(occupancy: Occupancy): Placement {
  const { wait, nested, whenFull, admitted, maxAsyncDelegations } = occupancy;
  if (occupancy.paused && !nested) {
    if (wait === 'background' && occupancy.queuesWhilePaused) return { kind: 'placed', mode: 'background' };
    return {
      kind: 'refused',
      error: 'Delegation is paused by the user. Do the work yourself, or ask them to resume (/resume).',
    };
  }
  if (wait === 'sync') return { kind: 'placed', mode: 'sync' };
  if (admitted < maxAsyncDelegations || whenFull === 'queue') return { kind: 'placed', mode: 'background' };
  const count = `${admitted} of ${maxAsyncDelegations} background delegations are running`;
  if (whenFull === 'reject') {
    return {
      kind: 'refused',
      error: `The pool is full: ${count} (fanout.delegation.maxAsyncDelegations). Try again when one has finished.`,
    };
  }
  return {
    kind: 'placed',
    mode: 'inline',
    note: `The pool was full (${count}), so this ran inline, within the turn. These are the final results; nothing more will arrive.`,
  };
}
