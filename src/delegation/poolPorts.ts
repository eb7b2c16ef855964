import type { Clock } from '../util/clock';
import type { CompletionQueue } from './completions';
import type { Child, Delegation } from './delegation';
import type { RunChild } from './delegationRun';
import type { DelegationSettings } from './settings';

/** What the pool needs of the store. Each call is one transaction; it may throw, and the pool goes on without it. */
export interface DelegationJournal {
  /** Records a delegation and those of its children that changed; and, once its delivery is pending, its completion. */
  save(delegation: Delegation, children: readonly Child[]): void;
  forget(delegationId: string): void;
}

export interface PoolPorts {
  readonly runChild: RunChild;
  readonly settings: () => DelegationSettings;
  readonly completions: CompletionQueue;
  readonly journal: DelegationJournal;
  readonly clock: Clock;
  /** What went wrong without ending anything: a journal that can't write, a runner that threw. */
  readonly onError: (message: string, error: unknown) => void;
}
