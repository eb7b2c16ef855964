import type { Event } from '../util/emitter';
import { Emitter } from '../util/emitter';

/** Whether new delegations may start (SPEC 3.9). */
export class Pause {
  readonly #changed = new Emitter<boolean>();
  /** Set while paused; what would start waits for it. */
  #resumed: PromiseWithResolvers<void> | undefined;

  readonly onDidChange: Event<boolean> = this.#changed.event;

  get isOn(): boolean {
    return this.#resumed !== undefined;
  }

  begin(): void {
    if (this.isOn) return;
    this.#resumed = Promise.withResolvers();
    this.#changed.fire(true);
  }

  end(): void {
    const resumed = this.#resumed;
    if (resumed === undefined) return;
    this.#resumed = undefined;
    resumed.resolve();
    this.#changed.fire(false);
  }

  /** Resolves when this pause, if there is one, has ended; another may have begun by then. */
  async over(): Promise<void> {
    await this.#resumed?.promise;
  }
}
