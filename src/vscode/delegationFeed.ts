import type { Delegation } from '../delegation/delegation';
import { isOver } from '../delegation/delegation';
import { delegationIdOf } from '../delegation/ids';
import type { DelegationPool } from '../delegation/pool';
import type { Change, DelegationView } from '../protocol';
import type { Clock } from '../util/clock';
import type { Disposable } from '../util/emitter';
import { changeTo } from './delegationChange';

/** Milliseconds between two pictures of what runs: at most 4 a second (SPEC 6.3). */
const EVERY = 250;

/**
 * Tells which of the delegations that a session dispatched look different, gathered: the pool tells of every streamed
 * token. Nested ones count as the one above them.
 */
export class DelegationFeed implements Disposable {
  readonly #pool: DelegationPool;
  readonly #clock: Clock;
  readonly #viewOf: (delegation: Delegation) => DelegationView;
  readonly #put: (change: Change) => void;
  /** What the view has been told of each. */
  #told = new Map<string, DelegationView>();
  readonly #changed = new Set<string>();
  #timer: Disposable | undefined;

  constructor(
    pool: DelegationPool,
    clock: Clock,
    viewOf: (delegation: Delegation) => DelegationView,
    put: (change: Change) => void,
  ) {
    this.#pool = pool;
    this.#clock = clock;
    this.#viewOf = viewOf;
    this.#put = put;
  }

  changed(delegation: Delegation): void {
    this.#changed.add(this.#topOf(delegation).id);
    // Beginning and end are news, the rest can wait for its turn.
    if (isOver(delegation.status) || delegation.status === 'queued') this.#tell();
    else this.#timer ??= this.#clock.after(EVERY, () => this.#tell());
  }

  /** The view begins anew with these; what was gathered is part of them. */
  begin(delegations: readonly DelegationView[]): void {
    this.#told = new Map(delegations.map((delegation) => [delegation.id, delegation]));
    this.#clear();
  }

  forget(delegationId: string): void {
    this.#told.delete(delegationId);
    this.#put({ op: 'forget', delegationId });
  }

  dispose(): void {
    this.#clear();
  }

  #tell(): void {
    const ids = [...this.#changed];
    this.#clear();
    for (const id of ids) {
      const delegation = this.#pool.get(id);
      if (delegation === undefined) continue;
      const view = this.#viewOf(delegation);
      const change = changeTo(view, this.#told.get(id));
      this.#told.set(id, view);
      if (change !== undefined) this.#put(change);
    }
  }

  #clear(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
    this.#changed.clear();
  }

  #topOf(delegation: Delegation): Delegation {
    const { parentChildId } = delegation;
    const parent = parentChildId === undefined ? undefined : this.#pool.get(delegationIdOf(parentChildId));
    return parent === undefined ? delegation : this.#topOf(parent);
  }
}
