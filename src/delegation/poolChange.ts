import type { Delegation, DelegationEvent } from './delegation';

/** What changed in the pool, so that no listener has to find it out: a streamed token costs each of them next to nothing. */
export interface PoolChange {
  /** As it is now. */
  readonly delegation: Delegation;
  /** The one child that it is about; absent where it may be all of them. */
  readonly childId?: string;
  /** `state`: it is new, or began, ended or was begun again, itself or a child of it. */
  readonly kind: 'progress' | 'state' | 'worktree' | 'delivery';
}

export function poolChange(delegation: Delegation, event: DelegationEvent): PoolChange {
  switch (event.type) {
    case 'child-progress':
      return { delegation, childId: event.childId, kind: 'progress' };
    case 'child-worktree':
      return { delegation, childId: event.childId, kind: 'worktree' };
    case 'delivery':
      return { delegation, kind: 'delivery' };
    case 'child-started':
    case 'child-ended':
      return { delegation, childId: event.childId, kind: 'state' };
    case 'started':
    case 'child-retried':
    case 'detached':
    case 'suspended':
    case 'resumed':
    case 'lost':
    case 'cancelled':
      return { delegation, kind: 'state' };
  }
}
