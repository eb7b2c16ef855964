import { delegationIdOf } from '../delegation/ids';
import type { DelegationPool } from '../delegation/pool';
import type { PoolChange } from '../delegation/poolChange';
import type { Clock } from '../util/clock';
import type { Disposable } from '../util/emitter';

const REFRESH_MS = 500;

/**
 * The children whose transcripts are open, and when each is to be rendered again: gathered, as every streamed token of
 * every agent comes here. For all others nothing is done.
 */
export class OpenTranscripts implements Disposable {
  readonly #clock: Clock;
  readonly #refresh: (childId: string) => void;
  readonly #open = new Set<string>();
  readonly #stale = new Set<string>();
  readonly #subscription: Disposable;
  #timer: Disposable | undefined;

  constructor(pool: Pick<DelegationPool, 'onDidChange'>, clock: Clock, refresh: (childId: string) => void) {
    this.#clock = clock;
    this.#refresh = refresh;
    // Whatever a transcript gets, its agent reports as progress.
    this.#subscription = pool.onDidChange((change) => this.#onChange(change));
  }

  opened(childId: string): void {
    this.#open.add(childId);
  }

  closed(childId: string): void {
    this.#open.delete(childId);
    this.#stale.delete(childId);
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#subscription.dispose();
  }

  #onChange({ delegation, childId }: PoolChange): void {
    if (this.#open.size === 0) return;
    if (childId !== undefined) return this.#touch(childId);
    for (const open of this.#open) if (delegationIdOf(open) === delegation.id) this.#touch(open);
  }

  #touch(childId: string): void {
    if (!this.#open.has(childId)) return;
    this.#stale.add(childId);
    this.#timer ??= this.#clock.after(REFRESH_MS, () => {
      this.#timer = undefined;
      const stale = [...this.#stale];
      this.#stale.clear();
      for (const id of stale) this.#refresh(id);
    });
  }
}
