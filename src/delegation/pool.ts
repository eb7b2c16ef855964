import { Emitter, type Event } from '../util/emitter';
import { continueWith, retry, retryFailed, type AgainPorts } from './again';
import { overBudget } from './budget';
import { deliveryEvent } from './completions';
import { createDelegation, isOver, type Child, type Delegation, type DelegationEvent } from './delegation';
import { DelegationRun } from './delegationRun';
import type { Dispatched, DispatchRequest } from './dispatch';
import { createGuard, guardedJournal, type Guard } from './guard';
import { delegationIdOf, newDelegationId } from './ids';
import { Listing } from './listing';
import { Pause } from './pause';
import { place } from './placement';
import { poolChange, type PoolChange } from './poolChange';
import type { DelegationJournal, PoolPorts } from './poolPorts';
import { isWorthSaving } from './progress';
import { changedChildren, everyRun } from './result';
import { InlineRuns, Slots } from './slots';
import { Resumption } from './resumption';
import { isHeld, isRemovable, surplus } from './retention';
import type { Worktree } from './worktree';

/**
 * Holds and runs all delegations. A background delegation takes one slot of `maxAsyncDelegations`, however many
 * children it has; children of one delegation share its own cap. Nested and inline delegations take no slot: who
 * waits for them holds one already, or none, so nothing can wait in a circle.
 */
export class DelegationPool {
  readonly #ports: PoolPorts;
  readonly #guard: Guard;
  readonly #journal: DelegationJournal;
  readonly #listing = new Listing();
  readonly #pause = new Pause();
  readonly #slots: Slots;
  readonly #inline: InlineRuns;
  /** Background delegations that are queued or running. Ours, not p-limit's count, which lags by a microtask. */
  #admitted = 0;
  readonly #resumption: Resumption;
  readonly #again: AgainPorts;
  /** The window ends: nothing begins any more. */
  #closing = false;
  readonly #dispatched = new Emitter<Delegation>();
  readonly #changed = new Emitter<PoolChange>();
  readonly #removed = new Emitter<string>();

  constructor(ports: PoolPorts) {
    this.#ports = ports;
    this.#guard = createGuard(ports.onError);
    this.#journal = guardedJournal(ports.journal, this.#guard);
    const { maxAsyncDelegations } = ports.settings();
    this.#slots = new Slots(maxAsyncDelegations);
    this.#inline = new InlineRuns(maxAsyncDelegations);
    this.#again = {
      listing: this.#listing,
      dispatch: (request) => this.dispatch(request, new AbortController().signal),
    };
    this.#resumption = new Resumption({
      listing: this.#listing,
      add: (delegation) => this.#add(delegation),
      queue: (run) => this.#queue(run),
      attach: (run, signal) => this.#watch(this.#runAttached(run, signal)),
      reopenCompletion: (id) => this.#guard('reopen a completion', () => ports.completions.reopen(id)),
    });
    ports.completions.onDidChangeDelivery((change) => {
      this.#listing.run(change.delegationId)?.apply(deliveryEvent(change));
    });
  }

  /** A delegation was accepted; nothing of it has started yet. Those that are restored are not told here. */
  readonly onDidDispatch: Event<Delegation> = this.#dispatched.event;
  /** A delegation is new or changed. Fires for every streamed token: a listener coalesces. */
  readonly onDidChange: Event<PoolChange> = this.#changed.event;
  readonly onDidRemove: Event<string> = this.#removed.event;
  readonly onDidChangePaused: Event<boolean> = this.#pause.onDidChange;

  /** All delegations, oldest first, nested ones and those of other windows included. */
  list(): Delegation[] {
    return this.#listing.all();
  }

  get(delegationId: string): Delegation | undefined {
    return this.#listing.get(delegationId);
  }

  /** Earlier runs of a task that was begun again included. */
  child(childId: string): { readonly delegation: Delegation; readonly child: Child } | undefined {
    const delegation = this.#listing.get(delegationIdOf(childId));
    const child = delegation && everyRun(delegation).find((candidate) => candidate.id === childId);
    return delegation && child ? { delegation, child } : undefined;
  }

  /** The delegation that was dispatched from a conversation, and that this one, or this child, is part of. */
  top(id: string): Delegation | undefined {
    const delegation = this.#listing.get(id) ?? this.#listing.get(delegationIdOf(id));
    return delegation && this.#listing.root(delegation);
  }

  /** Another window runs it: here it can only be looked at. */
  isElsewhere(delegationId: string): boolean {
    return this.#listing.isElsewhere(delegationId);
  }

  /** Shows what other windows run now, in place of what was shown of them before. */
  showElsewhere(delegations: readonly Delegation[]): void {
    const { changed, gone } = this.#listing.replaceElsewhere(delegations);
    for (const delegation of changed) this.#changed.fire({ delegation, kind: 'state' });
    for (const id of gone) this.#removed.fire(id);
  }

  get paused(): boolean {
    return this.#pause.isOn;
  }

  /** No new delegation starts until {@link resume}; running ones go on. */
  pause(): void {
    this.#pause.begin();
  }

  resume(): void {
    this.#pause.end();
  }

  /** The caps may have changed. */
  refreshSettings(): void {
    const { maxAsyncDelegations } = this.#ports.settings();
    this.#slots.cap = maxAsyncDelegations;
    this.#inline.cap = maxAsyncDelegations;
    for (const run of this.#listing.runs()) run.refreshSettings();
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
    if (this.#closing) return { kind: 'refused', error: CLOSING };
    const { wait: _wait, whenFull: _whenFull, ...rest } = request;
    const { mode, note } = placement;
    const newId = newDelegationId((id) => this.get(id) !== undefined);
    const run = this.#add(createDelegation({ ...rest, id: newId, mode, dispatchedAt: this.#ports.clock.now() }));
    const { delegation } = run;
    this.#journal.save(delegation, delegation.children);
    this.#dispatched.fire(delegation);
    this.#changed.fire({ delegation, kind: 'state' });
    if (mode === 'background') {
      const isFree = this.#admitted++ < maxAsyncDelegations;
      this.#queue(run);
      return { kind: 'background', delegation, start: this.paused ? 'resume' : isFree ? 'now' : 'slot' };
    }
    this.#watch(this.#runAttached(run, signal));
    return { kind: 'attached', delegation, over: run.over, left: run.left, ...(note === undefined ? {} : { note }) };
  }

  /**
   * Moves a delegation that runs inline to the background: its caller waits no longer, and what happens to the caller's
   * turn does not touch it any more. It goes on above the cap (SPEC 3.2). Returns false where it does not run inline.
   */
  detach(delegationId: string): boolean {
    return this.#listing.run(delegationId)?.apply({ type: 'detached' }) ?? false;
  }

  /** The same for all that run inline in the turn of a session; returns how many. */
  detachAll(sessionId: string): number {
    return this.#listing.own().filter((delegation) => delegation.sessionId === sessionId && this.detach(delegation.id))
      .length;
  }

  /** Cancels a delegation or one child, with all below it. Returns false where it is over already or unknown. */
  cancel(id: string, reason = 'Cancelled by the user.'): boolean {
    const run = this.#listing.run(id);
    if (run !== undefined) return run.apply({ type: 'cancelled', reason });
    return this.child(id) !== undefined && this.#listing.runOfChild(id)?.cancelChild(id, reason) === true;
  }

  /** Cancels every queued or running delegation, or those of one session; returns how many (nested ones not counted). */
  cancelAll(sessionId?: string, reason?: string): number {
    const top = this.list().filter(({ parentChildId }) => parentChildId === undefined);
    const meant = top.filter((delegation) => sessionId === undefined || delegation.sessionId === sessionId);
    return meant.filter(({ id }) => this.cancel(id, reason)).length;
  }

  /** Puts a message before the child's next model request. Returns false where the child does not run. */
  steer(childId: string, text: string): boolean {
    return this.#listing.runOfChild(childId)?.steer(childId, text) ?? false;
  }

  /**
   * Begins the tasks of a delegation, or the task of one child, afresh. A child of a delegation that still runs is begun
   * again in its place, and its result joins the others; else it is a new delegation in the background of the same
   * session, or of the one that is given: its own may be gone. Undefined where the id is unknown or not over.
   */
  retry(id: string, sessionId?: string): Dispatched | undefined {
    return retry(this.#again, id, sessionId);
  }

  /**
   * Begins those tasks of a delegation afresh that are over and not done: in their places while others of it run, else
   * as one new delegation. Undefined where there are none.
   */
  retryFailed(delegationId: string, sessionId?: string): Dispatched | undefined {
    return retryFailed(this.#again, delegationId, sessionId);
  }

  /**
   * Goes on where children ended: a new delegation whose children have their transcripts and one more message. Of a
   * delegation, the children that did not complete; or one child, whatever its end. Undefined where there are none. It
   * belongs to the same session, or to the one that is given.
   */
  continue(id: string, message: string, sessionId?: string): Dispatched | undefined {
    return continueWith(this.#again, id, message, sessionId);
  }

  /** Says where the changes of a child are, also once it is over. Returns whether that is news. */
  recordWorktree(childId: string, worktree: Worktree | undefined): boolean {
    return this.#listing.runOfChild(childId)?.apply({ type: 'child-worktree', childId, worktree }) ?? false;
  }

  /** Takes a finished delegation off the list. Returns false where it runs, is not delivered or has changes to take. */
  remove(delegationId: string): boolean {
    const delegation = this.#listing.run(delegationId)?.delegation;
    if (delegation === undefined || isHeld(delegation)) return false;
    this.#forget(delegation);
    return true;
  }

  /** Takes all finished, delivered delegations off the list; returns how many. */
  clearFinished(): number {
    return this.list().filter((delegation) => isRemovable(delegation) && this.remove(delegation.id)).length;
  }

  /**
   * Lists what a window left behind that is gone. What was queued or running and cannot go on is over now, as `unknown`:
   * nobody knows how it ended, and nothing is run twice by itself (SPEC 4.6). What can go on waits for {@link goOn}. What
   * was over and did not reach its session is pushed.
   */
  restore(delegations: readonly Delegation[], canGoOn: (delegation: Delegation) => boolean = () => false): void {
    for (const stored of delegations) {
      if (this.#listing.run(stored.id) !== undefined) continue;
      const run = this.#add(stored);
      if (isOver(stored.status)) this.#pushAgain(run);
      else if (stored.mode === 'background') this.#admitted++;
      if (!canGoOn(stored)) run.apply({ type: 'lost', reason: CLOSED });
      this.#changed.fire({ delegation: run.delegation, kind: 'state' });
    }
  }

  /**
   * Lets what an orderly end suspended go on in place, what ran before what was queued. What agents dispatched goes on
   * with them, by {@link reattach}. What may not go on any more is over as `unknown`.
   */
  goOn(canGoOn: (delegation: Delegation) => boolean): void {
    // What it has just suspended is for the next window.
    if (!this.#closing) this.#resumption.goOn(canGoOn, CLOSED);
  }

  /**
   * Lets a delegation that is `unknown` go on in place: what its children had finished stays, the others go on from their
   * last whole step. If it was delivered as unknown, that stays as well, and it comes back once more. False where it
   * cannot be resumed.
   */
  resumeWork(delegationId: string): boolean {
    const run = this.#closing ? undefined : this.#resumption.resumeWork(delegationId);
    if (run === undefined) return false;
    this.#admitted++;
    this.#queue(run);
    return true;
  }

  /**
   * The delegation that this call of an agent's dispatched before the agent was cut off; it goes on where it is not over.
   * Undefined where the call had not come so far.
   */
  reattach(parentChildId: string, callKey: string, signal: AbortSignal): Promise<Delegation> | undefined {
    return this.#resumption.reattach(parentChildId, callKey, signal);
  }

  /** Another window goes on with it: it is not this one's any more. */
  handOver(delegationId: string): void {
    this.#listing.delete(delegationId);
  }

  /**
   * Lets go of everything, and resolves when every child's run has let go of its sockets and processes. What comes back
   * to a conversation is suspended, so that the next window can go on with it; the rest is interrupted.
   */
  async shutdown(): Promise<void> {
    this.#closing = true;
    if (this.#ports.settings().resume !== 'never') this.#resumption.suspend();
    for (const run of this.#listing.runs()) {
      if (run.isAtWork) this.cancel(run.delegation.id, CLOSED);
    }
    await Promise.all(this.#listing.runs().map((run) => run.settled()));
  }

  #queue(run: DelegationRun): void {
    this.#watch(this.#slots.queue(() => this.#startUnlessPaused(run)));
  }

  #add(delegation: Delegation): DelegationRun {
    const { runChild, settings, clock, onError } = this.#ports;
    const run: DelegationRun = new DelegationRun(delegation, {
      runChild,
      settings,
      clock,
      onError,
      refuseRequest: (current) => overBudget(() => this.#listing.tree(this.#listing.root(current)), settings().budget),
      onChange: (before, after, event) => this.#onChange(run, before, after, event),
    });
    this.#listing.add(run);
    return run;
  }

  /** Its window may have gone between the end and the push. */
  #pushAgain(run: DelegationRun): void {
    const { mode, delivery } = run.delegation;
    if (mode !== 'background' || delivery === 'delivered' || delivery === 'undelivered') return;
    run.apply({ type: 'delivery', delivery: 'pending' });
    this.#guard('record a completion', () => this.#ports.completions.push(run.delegation));
  }

  async #startUnlessPaused(run: DelegationRun): Promise<void> {
    while (this.paused && run.isAtWork) await Promise.race([this.#pause.over(), run.over]);
    await run.start();
  }

  async #runAttached(run: DelegationRun, signal: AbortSignal): Promise<void> {
    const { id, sessionId, mode, parentChildId } = run.delegation;
    const isAttached = () => run.delegation.mode !== 'background';
    const interrupt = () => {
      if (isAttached() && run.isAtWork) this.cancel(id, 'Interrupted with the turn that it ran in.');
    };
    const start = async () => {
      if (!isAttached()) return;
      this.#watch(run.start());
      await run.left;
    };
    const parent =
      parentChildId === undefined ? undefined : this.#listing.runOfChild(parentChildId)?.waitForOthers(parentChildId);
    signal.addEventListener('abort', interrupt, { once: true });
    try {
      if (signal.aborted) interrupt();
      this.#watch(mode === 'inline' ? this.#inline.queue(sessionId, start) : start());
      await run.left;
    } finally {
      signal.removeEventListener('abort', interrupt);
      parent?.dispose();
    }
  }

  #onChange(run: DelegationRun, before: Delegation, after: Delegation, event: DelegationEvent): void {
    const endedNow = isOver(after.status) && !isOver(before.status);
    // Newer than `after` where letting go of a child has changed it once more.
    const { delegation } = run;
    if (event.type !== 'child-progress' || isWorthSaving(event.change))
      this.#journal.save(delegation, changedChildren(before, delegation, event));
    if (endedNow && after.mode === 'background') this.#admitted--;
    if (event.type === 'detached') this.#admitDetached(run);
    if (endedNow) this.#resumption.giveUpBelow(delegation, CLOSED);
    this.#changed.fire(poolChange(delegation, event));
    if (endedNow && after.mode === 'background')
      this.#guard('record a completion', () => this.#ports.completions.push(run.delegation));
    if (endedNow || event.type === 'delivery') {
      for (const old of surplus(this.#listing.own())) this.#forget(old);
    }
  }

  #admitDetached(run: DelegationRun): void {
    this.#admitted++;
    const hasStarted = run.delegation.status !== 'queued';
    if (hasStarted) this.#watch(this.#slots.take(run));
    else this.#queue(run);
  }

  #forget(delegation: Delegation): void {
    for (const { id } of this.#listing.tree(delegation)) {
      this.#listing.delete(id);
      this.#ports.completions.drop(id);
      this.#journal.forget(id);
      this.#removed.fire(id);
    }
  }

  #watch(promise: Promise<void>): void {
    promise.catch((error: unknown) => this.#ports.onError('The pool failed', error));
  }
}

const CLOSED = 'VS Code was closed while this ran.';
const CLOSING = 'This window is closing, so nothing new is delegated in it.';
