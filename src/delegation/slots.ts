import pLimit, { type LimitFunction } from 'p-limit';
import type { DelegationRun } from './delegationRun';

/**
 * The slots of delegations in the background: `cap` of them, given in order. One that was moved here from a turn while
 * all were taken goes on above the cap, and gets the next slot that is given back or that a raised cap adds.
 */
export class Slots {
  readonly #limit: LimitFunction;
  /** They run without a slot. */
  readonly #above = new Set<DelegationRun>();
  #cap: number;

  constructor(cap: number) {
    this.#cap = cap;
    this.#limit = pLimit(cap);
  }

  set cap(cap: number) {
    this.#cap = cap;
    this.#leaveRoom();
  }

  /** Starts the run when there is a slot, which it keeps until it is over. */
  queue(start: () => Promise<void>): Promise<void> {
    return this.#limit(async () => {
      await start();
      await this.#passOn();
    });
  }

  /** The run has started without a slot: it takes one that is free, or the next one. */
  take(run: DelegationRun): Promise<void> {
    if (this.#limit.activeCount < this.#limit.concurrency) return this.queue(() => run.ended());
    this.#above.add(run);
    return run.ended().then(() => this.#noLongerAbove(run));
  }

  #noLongerAbove(run: DelegationRun): void {
    this.#above.delete(run);
    this.#leaveRoom();
  }

  /** What runs above the cap has the slots that a raised cap adds before anything that waits. */
  #leaveRoom(): void {
    this.#limit.concurrency = Math.max(1, this.#cap - this.#above.size);
  }

  /** Before a slot is given back, those above the cap have it, one after the other. */
  async #passOn(): Promise<void> {
    for (const run of this.#above) {
      this.#noLongerAbove(run);
      await run.ended();
    }
  }
}

/** Delegations that run inline: so many at a time of one turn, that a single message cannot start hundreds of agents. */
export class InlineRuns {
  readonly #limits = new Map<string, LimitFunction>();
  #cap: number;

  constructor(cap: number) {
    this.#cap = cap;
  }

  set cap(cap: number) {
    this.#cap = cap;
    for (const limit of this.#limits.values()) limit.concurrency = cap;
  }

  /** Calls `run` when there is a place in the turn of this session, which it keeps until the promise is settled. */
  async queue(sessionId: string, run: () => Promise<void>): Promise<void> {
    const limit = this.#limits.get(sessionId) ?? pLimit(this.#cap);
    this.#limits.set(sessionId, limit);
    await limit(run);
    if (limit.activeCount + limit.pendingCount === 0) this.#limits.delete(sessionId);
  }
}
