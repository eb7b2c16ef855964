import type { Event } from '../util/emitter';
import { Emitter } from '../util/emitter';
import type { Delegation, DelegationEvent } from './delegation';
import { isOver } from './delegation';

/** What a completion queue needs of the store: what it accepted survives a crash. */
export interface CompletionStore {
  /** Records the over delegation, with every child's result, as waiting for delivery. Once per id; again is no error. */
  addCompletion(delegation: Delegation): void;
  /**
   * Runs `append` and marks the completion as delivered to the session, both or neither (SPEC 4.6). Returns false,
   * without running `append`, where it was delivered before.
   */
  deliverCompletion(delegationId: string, sessionId: string, append: () => void): boolean;
  /** Forgets that it was recorded or delivered: the delegation goes on, and comes back once more. */
  reopenCompletion(delegationId: string): void;
  /** The session of a waiting completion changes; null = it was deleted and nobody gets it until the user says so. */
  readdressCompletion(delegationId: string, sessionId: string | null): void;
}

/** Where a completion went. `sessionId` null = undeliverable. */
export interface DeliveryChange {
  readonly delegationId: string;
  readonly sessionId: string | null;
  readonly delivered: boolean;
}

/** What the change means for the state of its delegation. */
export function deliveryEvent({ sessionId, delivered }: DeliveryChange): DelegationEvent {
  const delivery = delivered ? 'delivered' : sessionId === null ? 'undelivered' : 'pending';
  return { type: 'delivery', delivery, ...(sessionId === null ? {} : { sessionId }) };
}

interface Entry {
  readonly delegation: Delegation;
  sessionId: string | null;
}

/**
 * The only way by which a completion returns to its session: pushed once when its delegation is over, taken once by
 * the session, in order of completion.
 */
export class CompletionQueue {
  readonly #store: CompletionStore;
  /** Waiting completions in order of completion (a Map keeps it). */
  readonly #waiting = new Map<string, Entry>();
  /** Of delegations that are listed: what was taken is not pushed again. */
  readonly #delivered = new Set<string>();
  readonly #pushed = new Emitter<{ readonly delegationId: string; readonly sessionId: string }>();
  readonly #changed = new Emitter<DeliveryChange>();

  constructor(store: CompletionStore) {
    this.#store = store;
  }

  /** A completion waits for its session, for the first time or at a new address. */
  readonly onDidPush: Event<{ readonly delegationId: string; readonly sessionId: string }> = this.#pushed.event;
  readonly onDidChangeDelivery: Event<DeliveryChange> = this.#changed.event;

  /** Takes in the completion of a delegation that is over: recorded first, published then. A second push changes nothing. */
  push(delegation: Delegation): void {
    if (!isOver(delegation.status)) throw new Error(`${delegation.id} is not over.`);
    if (this.#waiting.has(delegation.id) || this.#delivered.has(delegation.id)) return;
    this.#waiting.set(delegation.id, { delegation, sessionId: delegation.sessionId });
    try {
      this.#store.addCompletion(delegation);
    } finally {
      // A store that cannot write must not keep a result from its session.
      this.#pushed.fire({ delegationId: delegation.id, sessionId: delegation.sessionId });
    }
  }

  /** Puts back what the store still held as waiting, oldest first; the sessions ask for it by {@link waitingFor}. */
  restore(delegations: Iterable<Delegation>): void {
    for (const delegation of delegations) {
      const sessionId = delegation.delivery === 'undelivered' ? null : delegation.sessionId;
      if (!this.#waiting.has(delegation.id)) this.#waiting.set(delegation.id, { delegation, sessionId });
    }
  }

  /** The waiting completions of a session, in order of completion. */
  waitingFor(sessionId: string): readonly Delegation[] {
    return [...this.#waiting.values()].flatMap((entry) => (entry.sessionId === sessionId ? [entry.delegation] : []));
  }

  /** The sessions that a completion waits for. */
  addressees(): readonly string[] {
    return [
      ...new Set([...this.#waiting.values()].flatMap(({ sessionId }) => (sessionId === null ? [] : [sessionId]))),
    ];
  }

  /**
   * Hands the completion to its session: `append` puts the block into the conversation, in one transaction with the
   * note that it was delivered. Returns false where it was taken before. What `append` throws is thrown, and the
   * completion goes on waiting.
   */
  take(delegationId: string, append: (delegation: Delegation) => void): boolean {
    const entry = this.#waiting.get(delegationId);
    if (entry === undefined || entry.sessionId === null) return false;
    const { delegation, sessionId } = entry;
    const taken = this.#store.deliverCompletion(delegationId, sessionId, () => append(delegation));
    this.#waiting.delete(delegationId);
    this.#delivered.add(delegationId);
    if (taken) this.#changed.fire({ delegationId, sessionId, delivered: true });
    return taken;
  }

  /** Nobody wants it any more: its delegation was taken off the list. */
  drop(delegationId: string): void {
    this.#waiting.delete(delegationId);
    this.#delivered.delete(delegationId);
  }

  /** Its delegation goes on after all: what was not taken is withdrawn, and the next push counts. */
  reopen(delegationId: string): void {
    this.drop(delegationId);
    this.#store.reopenCompletion(delegationId);
  }

  /** The session is gone: its completions stay, undelivered, until {@link readdress} sends them elsewhere (SPEC 4.3). */
  orphan(sessionId: string): void {
    for (const [delegationId, entry] of this.#waiting) {
      if (entry.sessionId !== sessionId) continue;
      this.#store.readdressCompletion(delegationId, null);
      entry.sessionId = null;
      this.#changed.fire({ delegationId, sessionId: null, delivered: false });
    }
  }

  /** Sends a waiting completion to another session. Returns false where it was delivered before. */
  readdress(delegationId: string, sessionId: string): boolean {
    const entry = this.#waiting.get(delegationId);
    if (entry === undefined) return false;
    this.#store.readdressCompletion(delegationId, sessionId);
    entry.sessionId = sessionId;
    this.#changed.fire({ delegationId, sessionId, delivered: false });
    this.#pushed.fire({ delegationId, sessionId });
    return true;
  }
}
