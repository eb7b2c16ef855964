import type { WriteWitness } from '../../src/store/storePorts';
import type { Death } from './words';

/** Counts what a window does, and ends it where that was ordered. */
export class DeathWatch {
  readonly #close: () => void;
  #death: Death | undefined;
  #writes = 0;
  #changes = 0;

  /** `close` is how the window ends in order. */
  constructor(death: Death | undefined, close: () => void) {
    this.#death = death;
    this.#close = close;
  }

  get counts(): { readonly writes: number; readonly changes: number } {
    return { writes: this.#writes, changes: this.#changes };
  }

  /** Counts anew. What was ordered before stands where nothing new is. */
  restart(death: Death | undefined): void {
    this.#death = death ?? this.#death;
    this.#writes = 0;
    this.#changes = 0;
  }

  readonly write: WriteWitness = () => {
    this.#writes++;
    this.#strike('write', this.#writes);
  };

  change(): number {
    this.#changes++;
    this.#strike('change', this.#changes);
    return this.#changes;
  }

  #strike(of: Death['of'], count: number): void {
    if (this.#death?.of !== of || count < this.#death.at) return;
    const { by } = this.#death;
    this.#death = undefined;
    if (by === 'close') this.#close();
    // Does not return: the system ends a process at once that kills itself.
    else process.kill(process.pid, 'SIGKILL');
  }
}
