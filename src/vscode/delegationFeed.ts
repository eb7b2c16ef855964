import type { Delegation } from '../delegation/delegation';
import { isOver } from '../delegation/delegation';
import type { DelegationPool } from '../delegation/pool';
import type { Clock } from '../util/clock';
import type { Disposable } from '../util/emitter';

/** Milliseconds between two pictures of what runs: at most 4 a second (SPEC 6.3). */
const EVERY = 250;

/**
 * Tells which of the delegations that a session dispatched look different, gathered: the pool tells of every streamed
 * token. Nested ones count as the one above them.
 */
export class DelegationFeed implements Disposable {
  readonly #pool: DelegationPool;
  readonly #clock: Clock;
  readonly #show: (delegation: Delegation) => void;
  readonly #changed = new Set<string>();
  #timer: Disposable | undefined;

  constructor(pool: DelegationPool, clock: Clock, show: (delegation: Delegation) => void) {
    this.#pool = pool;
    this.#clock = clock;
    this.#show = show;
  }

  changed(delegation: Delegation): void {
    this.#changed.add(this.#topOf(delegation).id);
    // Beginning and end are news, the rest can wait for its turn.
    if (isOver(delegation.status) || delegation.status === 'queued') this.#tell();
    else this.#timer ??= this.#clock.after(EVERY, () => this.#tell());
  }

  /** What was gathered is shown already. */
  clear(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
    this.#changed.clear();
  }

  dispose(): void {
    this.clear();
  }

  #tell(): void {
    const ids = [...this.#changed];
    this.clear();
    for (const id of ids) {
      const delegation = this.#pool.get(id);
      if (delegation !== undefined) this.#show(delegation);
    }
  }

  #topOf(delegation: Delegation): Delegation {
    const { parentChildId } = delegation;
    const parent = parentChildId === undefined ? undefined : this.#pool.child(parentChildId)?.delegation;
    return parent === undefined ? delegation : this.#topOf(parent);
  }
}
