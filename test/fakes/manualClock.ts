import type { Clock } from '../../src/util/clock';
import type { Disposable } from '../../src/util/emitter';

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** A clock that stands still until the test moves it. */
export class ManualClock implements Clock {
  readonly #timers = new Set<Timer>();
  readonly #waiters: { readonly count: number; readonly resolve: () => void }[] = [];
  #now: number;

  constructor(now = Date.UTC(2026, 0, 1, 12)) {
    this.#now = now;
  }

  /** Timers that are set and not yet due. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Milliseconds until the next timer is due; undefined where none is set. */
  get untilNext(): number | undefined {
    const times = [...this.#timers].map(({ at }) => at);
    return times.length === 0 ? undefined : Math.min(...times) - this.#now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): Disposable {
    const timer = { at: this.#now + ms, run };
    this.#timers.add(timer);
    for (const waiter of this.#waiters.splice(0)) {
      if (this.#timers.size >= waiter.count) waiter.resolve();
      else this.#waiters.push(waiter);
    }
    return { dispose: () => this.#timers.delete(timer) };
  }

  /** Resolves once `count` timers are set. */
  waitForTimers(count = 1): Promise<void> {
    if (this.#timers.size >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ count, resolve }));
  }

  /** Moves on, running what becomes due in order, timers set meanwhile included. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.run();
    }
    this.#now = end;
  }
}
