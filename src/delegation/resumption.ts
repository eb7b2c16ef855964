import type { Delegation } from './delegation';
import { canResume, isOver } from './delegation';
import type { DelegationRun } from './delegationRun';
import type { Listing } from './listing';

export interface ResumptionPorts {
  readonly listing: Listing;
  /** Lists a run of the delegation, in place of the one that there was. */
  readonly add: (delegation: Delegation) => DelegationRun;
  /** Starts it in the background when there is a slot. */
  readonly queue: (run: DelegationRun) => void;
  /** Starts it for a caller that waits, until `signal` is aborted. */
  readonly attach: (run: DelegationRun, signal: AbortSignal) => void;
  /** Its completion counts no more. */
  readonly reopenCompletion: (delegationId: string) => void;
}

/** How delegations outlive their window: suspended when it ends in order, and going on in place afterwards (SPEC 4.8). */
export class Resumption {
  readonly #ports: ResumptionPorts;

  constructor(ports: ResumptionPorts) {
    this.#ports = ports;
  }

  /** The window ends. What only a caller in this window waits for is left as it is. */
  suspend(): void {
    const { listing } = this.#ports;
    // Those below first: else they end with the agents that wait for them.
    for (const run of listing.runs().reverse()) {
      // What ran in a turn ends with that: its results come back as a message.
      run.apply({ type: 'detached' });
      if (listing.root(run.delegation).mode !== 'sync') run.suspend();
    }
  }

  /** What ran before what was queued; what agents dispatched goes on with them, by {@link reattach}. */
  goOn(canGoOn: (delegation: Delegation) => boolean, reason: string): void {
    const suspended = this.#ports.listing.runs().filter(({ delegation }) => delegation.suspendedAt !== undefined);
    const hadBegun = (run: DelegationRun) => run.delegation.status === 'running';
    for (const run of [...suspended.filter(hadBegun), ...suspended.filter((other) => !hadBegun(other))]) {
      if (!canGoOn(run.delegation)) run.apply({ type: 'lost', reason });
      else if (run.delegation.parentChildId === undefined && run.apply({ type: 'resumed' })) this.#ports.queue(run);
    }
  }

  /** False where it cannot be resumed; else its run, which waits to be queued. */
  resumeWork(delegationId: string): DelegationRun | undefined {
    const before = this.#ports.listing.run(delegationId)?.delegation;
    return before === undefined || !canResume(before) ? undefined : this.#reopen(before);
  }

  reattach(parentChildId: string, callKey: string, signal: AbortSignal): Promise<Delegation> | undefined {
    const { listing, attach } = this.#ports;
    const run = listing
      .runs()
      .find(({ delegation }) => delegation.parentChildId === parentChildId && delegation.callKey === callKey);
    if (run === undefined) return undefined;
    const { delegation } = run;
    if (isOver(delegation.status) && delegation.status !== 'unknown') return Promise.resolve(delegation);
    const again = delegation.status === 'unknown' ? this.#reopen(delegation) : run;
    if (delegation.suspendedAt !== undefined) again.apply({ type: 'resumed' });
    // Nothing in it can go on.
    if (isOver(again.delegation.status)) return Promise.resolve(again.delegation);
    attach(again, signal);
    return again.over;
  }

  /** What nobody took up again when the agents that had dispatched it went on: nobody will. */
  giveUpBelow(delegation: Delegation, reason: string): void {
    const { listing } = this.#ports;
    for (const { id, suspendedAt } of listing.tree(delegation)) {
      if (suspendedAt !== undefined) listing.run(id)?.apply({ type: 'lost', reason });
    }
  }

  /** A delegation that was over as `unknown` begins anew, in its place. */
  #reopen(before: Delegation): DelegationRun {
    // First: a crash in between leaves it unknown, and what was not delivered of it is pushed again.
    this.#ports.reopenCompletion(before.id);
    const run = this.#ports.add(before);
    run.apply({ type: 'resumed' });
    return run;
  }
}
