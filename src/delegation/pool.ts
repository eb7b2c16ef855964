import pLimit from 'p-limit';
import type { LimitFunction } from 'p-limit';
import type { Clock } from '../util/clock';
import type { Event } from '../util/emitter';
import { Emitter } from '../util/emitter';
import { overBudget } from './budget';
import type { CompletionQueue } from './completions';
import type { Child, Delegation, DelegationEvent, ProgressChange, Task } from './delegation';
import { createDelegation, isOver, lost } from './delegation';
import type { RunChild } from './delegationRun';
import { DelegationRun } from './delegationRun';
import { newDelegationId } from './ids';
import { OtherWindows } from './otherWindows';
import { place } from './placement';
import { isRemovable, surplus } from './retention';
import type { DelegationSettings } from './settings';

/** What the pool needs of the store. Each call is one transaction; it may throw, and the pool goes on without it. */
export interface DelegationJournal {
  /** Records a delegation and those of its children that changed; and, once its delivery is pending, its completion. */
  save(delegation: Delegation, children: readonly Child[]): void;
  forget(delegationId: string): void;
}

export interface DispatchRequest {
  readonly sessionId: string;
  readonly parentChildId?: string;
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

export type Dispatched =
  /** Detached: nothing that happens to the caller's turn touches it any more (SPEC 3.3). */
  | { readonly kind: 'background'; readonly delegation: Delegation }
  /** Attached to its caller; `note` says why, where the caller had asked for the background. */
  | {
      readonly kind: 'attached';
      readonly delegation: Delegation;
      readonly note?: string;
      readonly over: Promise<Delegation>;
    }
  | { readonly kind: 'refused'; readonly error: string };

export interface PoolPorts {
  readonly runChild: RunChild;
  readonly settings: () => DelegationSettings;
  readonly completions: CompletionQueue;
  readonly journal: DelegationJournal;
  readonly clock: Clock;
  /** What went wrong without ending anything: a journal that can't write, a runner that threw. */
  readonly onError: (message: string, error: unknown) => void;
}

/**
 * Holds and runs all delegations. A background delegation takes one slot of `maxAsyncDelegations`, however many
 * children it has; children of one delegation share its own cap. Nested and inline delegations take no slot: who
 * waits for them holds one already, or none, so nothing can wait in a circle.
 */
export class DelegationPool {
  readonly #ports: PoolPorts;
  readonly #runs = new Map<string, DelegationRun>();
  readonly #elsewhere = new OtherWindows();
  readonly #slots: LimitFunction;
  /** Background delegations that are queued or running. Ours, not p-limit's count, which lags by a microtask. */
  #admitted = 0;
  /** Set while paused; what would start waits for it. */
  #resumed: PromiseWithResolvers<void> | undefined;
  readonly #dispatched = new Emitter<Delegation>();
  readonly #changed = new Emitter<Delegation>();
  readonly #removed = new Emitter<string>();
  readonly #pauseChanged = new Emitter<boolean>();

  constructor(ports: PoolPorts) {
    this.#ports = ports;
    this.#slots = pLimit(ports.settings().maxAsyncDelegations);
    ports.completions.onDidChangeDelivery(({ delegationId, sessionId, delivered }) => {
      const delivery = delivered ? 'delivered' : sessionId === null ? 'undelivered' : 'pending';
      const address = sessionId === null ? {} : { sessionId };
      this.#runs.get(delegationId)?.apply({ type: 'delivery', delivery, ...address });
    });
  }

  /** A delegation was accepted; nothing of it has started yet. Those that are restored are not told here. */
  readonly onDidDispatch: Event<Delegation> = this.#dispatched.event;
  /** A delegation is new or changed. Fires for every streamed token: a listener coalesces. */
  readonly onDidChange: Event<Delegation> = this.#changed.event;
  readonly onDidRemove: Event<string> = this.#removed.event;
  readonly onDidChangePaused: Event<boolean> = this.#pauseChanged.event;

  /** All delegations, oldest first, nested ones and those of other windows included. */
  list(): Delegation[] {
    const elsewhere = this.#elsewhere.list();
    const own = this.#own();
    return elsewhere.length === 0 ? own : [...own, ...elsewhere].sort((a, b) => a.dispatchedAt - b.dispatchedAt);
  }

  get(delegationId: string): Delegation | undefined {
    return this.#runs.get(delegationId)?.delegation ?? this.#elsewhere.get(delegationId);
  }

  /** Another window runs it: here it can only be looked at. */
  isElsewhere(delegationId: string): boolean {
    return !this.#runs.has(delegationId) && this.#elsewhere.get(delegationId) !== undefined;
  }

  /** Shows what other windows run now, in place of what was shown of them before. */
  showElsewhere(delegations: readonly Delegation[]): void {
    const { changed, gone } = this.#elsewhere.replace(delegations);
    for (const delegation of changed) this.#changed.fire(delegation);
    for (const id of gone) if (!this.#runs.has(id)) this.#removed.fire(id);
  }

  child(childId: string): { readonly delegation: Delegation; readonly child: Child } | undefined {
    const delegation = this.get(delegationIdOf(childId));
    const child = delegation?.children.find((candidate) => candidate.id === childId);
    return delegation && child ? { delegation, child } : undefined;
  }

  get paused(): boolean {
    return this.#resumed !== undefined;
  }

  /** No new delegation starts until {@link resume}; running ones go on. */
  pause(): void {
    if (this.paused) return;
    this.#resumed = Promise.withResolvers();
    this.#pauseChanged.fire(true);
  }

  resume(): void {
    const resumed = this.#resumed;
    if (resumed === undefined) return;
    this.#resumed = undefined;
    resumed.resolve();
    this.#pauseChanged.fire(false);
  }

  /** The caps may have changed. */
  refreshSettings(): void {
    this.#slots.concurrency = this.#ports.settings().maxAsyncDelegations;
  }

  /**
   * Accepts a delegation, or says why not. Waits for nothing: the check for a free slot and the taking of it are not
   * parted by an await, so two dispatches can never both get the last one (SPEC 3.1). `signal` is that of the
   * caller's turn; a background delegation does not listen to it.
   */
  dispatch(request: DispatchRequest, signal: AbortSignal): Dispatched {
    const { maxAsyncDelegations, whenFull } = this.#ports.settings();
    const placement = place({
      wait: request.wait ?? 'sync',
      nested: request.parentChildId !== undefined,
      whenFull: request.whenFull ?? whenFull,
      paused: this.paused,
      queuesWhilePaused: whenFull === 'queue',
      admitted: this.#admitted,
      maxAsyncDelegations,
    });
    if (placement.kind === 'refused') return placement;
    const { wait: _wait, whenFull: _whenFull, ...rest } = request;
    const { mode } = placement;
    const dispatchedAt = this.#ports.clock.now();
    const run = this.#add(createDelegation({ ...rest, id: this.#freshId(), mode, dispatchedAt }));
    const { delegation } = run;
    this.#save(delegation, delegation.children);
    this.#dispatched.fire(delegation);
    this.#changed.fire(delegation);
    if (mode === 'background') {
      this.#admitted++;
      this.#watch(this.#slots(() => this.#startUnlessPaused(run)));
      return { kind: 'background', delegation };
    }
    this.#watch(this.#runAttached(run, signal));
    const note = placement.note === undefined ? {} : { note: placement.note };
    return { kind: 'attached', delegation, over: run.over, ...note };
  }

  /** Cancels a delegation or one child, with all below it. Returns false where it is over already or unknown. */
  cancel(id: string, reason = 'Cancelled by the user.'): boolean {
    const run = this.#runs.get(id);
    if (run !== undefined) return run.apply({ type: 'cancelled', reason });
    const owner = this.child(id) === undefined ? undefined : this.#runOfChild(id);
    return owner?.cancelChild(id, reason) === true;
  }

  /** Cancels every queued or running delegation, or those of one session; returns how many (nested ones not counted). */
  cancelAll(sessionId?: string, reason?: string): number {
    const open = this.list().filter(
      (delegation) =>
        delegation.parentChildId === undefined && (sessionId === undefined || delegation.sessionId === sessionId),
    );
    return open.filter((delegation) => this.cancel(delegation.id, reason)).length;
  }

  /** Puts a message before the child's next model request. Returns false where the child does not run. */
  steer(childId: string, text: string): boolean {
    return this.#runOfChild(childId)?.steer(childId, text) ?? false;
  }

  /**
   * Begins the tasks of a delegation, or the task of one child, afresh. A child of a delegation that still runs is begun
   * again in its place, and its result joins the others; else it is a new delegation in the background of the same
   * session. Undefined where the id is unknown or not over.
   */
  retry(id: string): Dispatched | undefined {
    const found = this.#find(id);
    if (found === undefined) return undefined;
    const { run, children } = found;
    if (isOver(run.delegation.status))
      return this.#dispatchAgain(
        run.delegation,
        children.map(({ task }) => task),
      );
    const [child] = children;
    if (run.delegation.id === id || child === undefined || !run.retryChild(child.id)) return undefined;
    return { kind: 'background', delegation: run.delegation };
  }

  /**
   * Goes on where children ended: a new delegation whose children have their transcripts and one more message. Of a
   * delegation, the children that did not complete; or one child, whatever its end. Undefined where there are none.
   */
  continue(id: string, message: string): Dispatched | undefined {
    const found = this.#find(id);
    if (found === undefined || !isOver(found.run.delegation.status)) return undefined;
    const { delegation } = found.run;
    const children = found.children.filter((child) => child.id === id || child.state.status !== 'completed');
    if (children.length === 0) return undefined;
    const tasks = children.map((child) => ({ ...child.task, continues: { childId: child.id, message } }));
    return this.#dispatchAgain(delegation, tasks);
  }

  /** Takes a finished delegation off the list. Returns false where it still runs or waits for its delivery. */
  remove(delegationId: string): boolean {
    const delegation = this.#runs.get(delegationId)?.delegation;
    if (delegation === undefined || !isOver(delegation.status) || delegation.delivery === 'pending') return false;
    this.#forget(delegation);
    return true;
  }

  /** Takes all finished, delivered delegations off the list; returns how many. */
  clearFinished(): number {
    return this.list().filter((delegation) => isRemovable(delegation) && this.remove(delegation.id)).length;
  }

  /**
   * Lists what a window left behind that is gone. What was queued or running is over now, as `unknown`: nobody knows how
   * it ended, and nothing is run twice by itself. What was over and did not reach its session is pushed (SPEC 4.6).
   */
  restore(delegations: readonly Delegation[]): void {
    for (const stored of delegations) {
      if (this.#runs.has(stored.id)) continue;
      const run = this.#add(stored);
      if (isOver(stored.status)) this.#restoreOver(run);
      else if (stored.mode === 'background') this.#admitted++;
      for (const child of stored.children) run.endChild(child.id, lost(child, CLOSED));
      this.#changed.fire(run.delegation);
    }
  }

  /** Interrupts everything and resolves when every child's run has let go of its sockets and processes. */
  async shutdown(): Promise<void> {
    this.cancelAll(undefined, CLOSED);
    await Promise.all([...this.#runs.values()].map((run) => run.settled()));
  }

  /** A delegation of this window with all of its children, or with the one that is meant. */
  #find(id: string): { readonly run: DelegationRun; readonly children: readonly Child[] } | undefined {
    const run = this.#runs.get(id) ?? this.#runOfChild(id);
    const children = run?.delegation.children.filter((child) => run.delegation.id === id || child.id === id) ?? [];
    return run === undefined || children.length === 0 ? undefined : { run, children };
  }

  #dispatchAgain({ sessionId, context }: Delegation, tasks: readonly Task[]): Dispatched {
    return this.dispatch(
      { sessionId, context, tasks, depth: 1, origin: 'user', wait: 'background', whenFull: 'queue' },
      NEVER_ABORTED,
    );
  }

  #own(): Delegation[] {
    return [...this.#runs.values()].map((run) => run.delegation);
  }

  #add(delegation: Delegation): DelegationRun {
    const { runChild, settings, clock, onError } = this.#ports;
    const run: DelegationRun = new DelegationRun(delegation, {
      runChild,
      settings,
      clock,
      onError,
      refuseRequest: (current) => overBudget(this.#tree(this.#root(current)), settings().budget),
      onChange: (before, after, event) => this.#onChange(run, before, after, event),
    });
    this.#runs.set(delegation.id, run);
    return run;
  }

  /** Its window may have gone between the end and the push. */
  #restoreOver(run: DelegationRun): void {
    const { mode, delivery } = run.delegation;
    if (mode === 'background' && (delivery === 'none' || delivery === 'pending')) this.#publish(run);
  }

  #publish(run: DelegationRun): void {
    run.apply({ type: 'delivery', delivery: 'pending' });
    this.#guarded('record a completion', () => this.#ports.completions.push(run.delegation));
  }

  async #startUnlessPaused(run: DelegationRun): Promise<void> {
    while (this.#resumed !== undefined && !isOver(run.delegation.status))
      await Promise.race([this.#resumed.promise, run.over]);
    await run.start();
  }

  async #runAttached(run: DelegationRun, signal: AbortSignal): Promise<void> {
    const { id, parentChildId } = run.delegation;
    const interrupt = () => this.cancel(id, 'Interrupted with the turn that it ran in.');
    const parent =
      parentChildId === undefined ? undefined : this.#runOfChild(parentChildId)?.waitForOthers(parentChildId);
    signal.addEventListener('abort', interrupt, { once: true });
    try {
      if (signal.aborted) interrupt();
      await run.start();
    } finally {
      signal.removeEventListener('abort', interrupt);
      parent?.dispose();
    }
  }

  #onChange(run: DelegationRun, before: Delegation, after: Delegation, event: DelegationEvent): void {
    const endedNow = isOver(after.status) && !isOver(before.status);
    // Newer than `after` where letting go of a child has changed it once more.
    const { delegation } = run;
    if (isWorthSaving(event))
      this.#save(
        delegation,
        delegation.children.filter((child, i) => child !== before.children[i]),
      );
    if (endedNow && after.mode === 'background') this.#admitted--;
    this.#changed.fire(delegation);
    if (endedNow && after.mode === 'background') {
      this.#guarded('record a completion', () => this.#ports.completions.push(run.delegation));
    }
    if (endedNow || event.type === 'delivery') {
      for (const old of surplus(this.#own())) this.#forget(old);
    }
  }

  /** The delegation and all that its children dispatched. */
  #tree(delegation: Delegation): Delegation[] {
    const below = this.list().filter((other) => delegation.children.some((child) => child.id === other.parentChildId));
    return [delegation, ...below.flatMap((other) => this.#tree(other))];
  }

  /** The delegation at the top, of which all below it share the budget. */
  #root(delegation: Delegation): Delegation {
    const { parentChildId } = delegation;
    const above = parentChildId === undefined ? undefined : this.#runOfChild(parentChildId)?.delegation;
    return above === undefined ? delegation : this.#root(above);
  }

  #forget(delegation: Delegation): void {
    for (const { id } of this.#tree(delegation)) {
      this.#runs.delete(id);
      this.#guarded('forget a delegation', () => this.#ports.journal.forget(id));
      this.#removed.fire(id);
    }
  }

  #save(delegation: Delegation, children: readonly Child[]): void {
    this.#guarded('record a delegation', () => this.#ports.journal.save(delegation, children));
  }

  /** A store that fails must not end a delegation: it goes on in memory, and the user is told. */
  #guarded(what: string, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#ports.onError(`Could not ${what}`, error);
    }
  }

  #watch(promise: Promise<void>): void {
    promise.catch((error: unknown) => this.#ports.onError('The pool failed', error));
  }

  #runOfChild(childId: string): DelegationRun | undefined {
    return this.#runs.get(delegationIdOf(childId));
  }

  #freshId(): string {
    const id = newDelegationId();
    return this.#runs.has(id) ? this.#freshId() : id;
  }
}

function delegationIdOf(childId: string): string {
  return childId.slice(0, childId.lastIndexOf('.'));
}

const CLOSED = 'VS Code was closed while this ran.';
const NEVER_ABORTED = new AbortController().signal;
const WORTH_SAVING: readonly ProgressChange['type'][] = ['usage', 'tool-finished', 'steered', 'steer-taken'];

/** Streamed text is recorded with the step that it belongs to, not by the token. */
function isWorthSaving(event: DelegationEvent): boolean {
  if (event.type !== 'child-progress') return true;
  return WORTH_SAVING.includes(event.change.type);
}
