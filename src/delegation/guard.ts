import type { DelegationJournal, PoolPorts } from './poolPorts';

/** Runs what may throw, and tells of it instead: a store that fails must not end a delegation. It goes on in memory. */
export type Guard = (what: string, write: () => void) => void;

export function createGuard(onError: PoolPorts['onError']): Guard {
  return (what, write) => {
    try {
      write();
    } catch (error) {
      onError(`Could not ${what}`, error);
    }
  };
}

/** A journal that never throws. */
export function guardedJournal(journal: DelegationJournal, guard: Guard): DelegationJournal {
  return {
    save: (delegation, children) => guard('record a delegation', () => journal.save(delegation, children)),
    forget: (delegationId) => guard('forget a delegation', () => journal.forget(delegationId)),
  };
}
