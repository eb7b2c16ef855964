import pLimit from 'p-limit';
import type { LimitFunction } from 'p-limit';
import type { Clock } from '../util/clock';
import type { Disposable } from '../util/emitter';
import type { Child, ChildEnding, Delegation, DelegationEvent } from './delegation';
import { advance, interrupted, isOver, stalled } from './delegation';
import { everyRun, newestRun } from './result';
import type { ChildHooks } from './runningChild';
import { RunningChild } from './runningChild';
import type { DelegationSettings } from './settings';

/**
 * Runs one child to its end. Rejects only for a bug; that too ends the child, as `failed`, and no sibling (SPEC 3.5).
 */
export type RunChild = (
  delegation: Delegation,
  child: Child,
  hooks: ChildHooks,
  signal: AbortSignal,
) => Promise<ChildEnding>;

/** What a run needs of the pool that holds it. */
export interface DelegationRunPorts {
  readonly runChild: RunChild;
  readonly settings: () => DelegationSettings;
  readonly clock: Clock;
  /** Asked before each model request of a child: why it may not be made, or nothing. */
  readonly refuseRequest: (delegation: Delegation) => string | undefined;
  /** The state has changed already; nothing that this does can undo it. */
  readonly onChange: (before: Delegation, after: Delegation, event: DelegationEvent) => void;
  readonly onError: (message: string, error: unknown) => void;
}

/** One delegation from dispatch to end: its state, its running children, their join. */
export class DelegationRun {
  readonly #ports: DelegationRunPorts;
  readonly #running = new Map<string, RunningChild>();
  readonly #over = Promise.withResolvers<Delegation>();
  readonly #left = Promise.withResolvers<Delegation>();
  /** Runs that have not settled; those of children that are over (cancelled, forced) are among them. */
  readonly #unsettled = new Set<Promise<void>>();
  #delegation: Delegation;
  /** Runs children, `maxConcurrentChildren` at a time; there from the start on. */
  #limit: LimitFunction | undefined;

  constructor(delegation: Delegation, ports: DelegationRunPorts) {
    this.#delegation = delegation;
    this.#ports = ports;
  }

  get delegation(): Delegation {
    return this.#delegation;
  }

  /**
   * Resolves with the final state the moment the delegation is over, whatever its children's runs still do; or as it stands
   * when it is suspended.
   */
  get over(): Promise<Delegation> {
    return this.#over.promise;
  }

  /** The caps may have changed: also what runs follows them. */
  refreshSettings(): void {
    if (this.#limit !== undefined) this.#limit.concurrency = this.#ports.settings().maxConcurrentChildren;
  }

  /** Resolves when its caller need not wait any longer: it is over, or was moved to the background. The first of the two counts. */
  get left(): Promise<Delegation> {
    return this.#left.promise;
  }

  async ended(): Promise<void> {
    await this.over;
  }

  /** It is not over, and not suspended. */
  get isAtWork(): boolean {
    return !isOver(this.#delegation.status) && this.#delegation.suspendedAt === undefined;
  }

  /** Its window ends: what runs is let go of, and goes on in the next one from what is recorded. */
  suspend(): void {
    if (!this.apply({ type: 'suspended' })) return;
    for (const id of [...this.#running.keys()]) this.#release(id);
    this.#over.resolve(this.#delegation);
    this.#left.resolve(this.#delegation);
  }

  /** Runs the children, `maxConcurrentChildren` at a time. Resolves when the delegation is over; never rejects. */
  async start(): Promise<void> {
    if (!this.isAtWork) return;
    this.apply({ type: 'started' });
    const limit = pLimit(this.#ports.settings().maxConcurrentChildren);
    this.#limit = limit;
    // A place is free when its child is over, which does not wait for the run of a child that will not end.
    for (const child of this.#delegation.children) this.#hold(limit(() => this.#runChild(child.id)));
    await this.over;
  }

  /** The one place where the state changes and where what follows from that is done. Returns whether it changed. */
  apply(event: DelegationEvent): boolean {
    const before = this.#delegation;
    const after = advance(before, event, this.#ports.clock.now());
    if (after === before) return false;
    this.#delegation = after;
    for (const id of endedBy(event, after)) this.#release(id);
    this.#ports.onChange(before, after, event);
    if (isOver(after.status)) this.#over.resolve(after);
    if (isOver(after.status) || event.type === 'detached') this.#left.resolve(after);
    return true;
  }

  child(childId: string): Child {
    const child = everyRun(this.#delegation).find((candidate) => candidate.id === childId);
    if (child === undefined) throw new Error(`${this.#delegation.id} has no child ${childId}.`);
    return child;
  }

  cancelChild(childId: string, reason: string): boolean {
    return this.endChild(childId, interrupted(this.child(childId), reason));
  }

  /** Begins the task of a child that is over again, while its siblings still run. Returns false where that is too late. */
  retryChild(childId: string): boolean {
    const { id } = this.#delegation;
    const newId = `${id}.${newestRun(this.#delegation) + 1}`;
    const limit = this.#limit;
    if (limit === undefined || !this.apply({ type: 'child-retried', childId, newId })) return false;
    this.#hold(limit(() => this.#runChild(newId)));
    return true;
  }

  endChild(childId: string, ending: ChildEnding): boolean {
    return this.apply({ type: 'child-ended', childId, ending });
  }

  /** Returns false where the child does not run. */
  steer(childId: string, text: string): boolean {
    return this.apply({ type: 'child-progress', childId, change: { type: 'steered', text } });
  }

  /** The child waits for a delegation of its own until the returned object is disposed of; it does not stall meanwhile. */
  waitForOthers(childId: string): Disposable | undefined {
    return this.#running.get(childId)?.waitForOthers();
  }

  /** Resolves when every child's run has let go of its sockets and processes. */
  async settled(): Promise<void> {
    await Promise.all([...this.#unsettled]);
  }

  async #runChild(childId: string): Promise<void> {
    if (!this.isAtWork || this.child(childId).state.status !== 'queued') return;
    const { clock, settings } = this.#ports;
    const running = new RunningChild(clock, settings().stall, (reason) => {
      this.endChild(childId, stalled(this.child(childId), reason));
    });
    this.#running.set(childId, running);
    this.apply({ type: 'child-started', childId });
    this.#hold(this.#runToEnd(childId, running));
    await running.over;
  }

  async #runToEnd(childId: string, running: RunningChild): Promise<void> {
    const { runChild, refuseRequest, onError } = this.#ports;
    const hooks: ChildHooks = {
      onProgress: (change) => {
        running.progress(change);
        this.apply({ type: 'child-progress', childId, change });
      },
      takeSteer: () => {
        const { steer } = this.child(childId).progress;
        this.apply({ type: 'child-progress', childId, change: { type: 'steer-taken' } });
        return steer;
      },
      isSuspended: () => this.#delegation.suspendedAt !== undefined,
      refuseRequest: () => refuseRequest(this.#delegation),
    };
    try {
      const ending = await running.run((signal) => runChild(this.#delegation, this.child(childId), hooks, signal));
      this.endChild(childId, ending);
    } catch (error) {
      onError(`The run of ${childId} failed`, error);
      this.endChild(childId, crashed(this.child(childId), error));
    }
  }

  #release(childId: string): void {
    const running = this.#running.get(childId);
    this.#running.delete(childId);
    running?.release();
  }

  /** Keeps a promise until it settles. None of them rejects but for a bug. */
  #hold(promise: Promise<void>): void {
    const settled: Promise<void> = promise
      .catch((error: unknown) => this.#ports.onError(`${this.#delegation.id} failed`, error))
      .finally(() => this.#unsettled.delete(settled));
    this.#unsettled.add(settled);
  }
}

/** The ids of the children that an event ended, some of them perhaps before. */
function endedBy(event: DelegationEvent, { children }: Delegation): readonly string[] {
  if (event.type === 'child-ended') return [event.childId];
  return event.type === 'cancelled' ? children.map(({ id }) => id) : [];
}

function crashed(child: Child, error: unknown): ChildEnding {
  const { lastText } = child.progress;
  const message = error instanceof Error ? error.message : String(error);
  return {
    status: 'failed',
    exitReason: 'error',
    summary: lastText,
    truncated: lastText !== '',
    error: `The agent crashed: ${message}`,
  };
}
