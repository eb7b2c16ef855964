import type { CompletionStore } from '../../src/delegation/completions';
import type { Child, Delegation } from '../../src/delegation/delegation';
import type { DelegationJournal } from '../../src/delegation/poolPorts';

type Store = DelegationJournal & CompletionStore;

/**
 * The store as a process sees it that is killed after so many writes: what it writes later never reaches the disk,
 * and what it would have seen of it does not matter any more.
 */
export class MortalStore implements DelegationJournal, CompletionStore {
  readonly #store: Store;
  #writesLeft: number;

  constructor(store: Store, writes = Infinity) {
    this.#store = store;
    this.#writesLeft = writes;
  }

  /** Whether the process came to its end without being killed. */
  get survived(): boolean {
    return this.#writesLeft >= 0;
  }

  kill(): void {
    this.#writesLeft = 0;
  }

  save(delegation: Delegation, children: readonly Child[]): void {
    if (this.#lives()) this.#store.save(delegation, children);
  }

  forget(delegationId: string): void {
    if (this.#lives()) this.#store.forget(delegationId);
  }

  addCompletion(delegation: Delegation): void {
    if (this.#lives()) this.#store.addCompletion(delegation);
  }

  deliverCompletion(delegationId: string, sessionId: string, append: () => void): boolean {
    return this.#lives() ? this.#store.deliverCompletion(delegationId, sessionId, append) : true;
  }

  reopenCompletion(delegationId: string): void {
    if (this.#lives()) this.#store.reopenCompletion(delegationId);
  }

  readdressCompletion(delegationId: string, sessionId: string | null): void {
    if (this.#lives()) this.#store.readdressCompletion(delegationId, sessionId);
  }

  #lives(): boolean {
    return --this.#writesLeft >= 0;
  }
}
