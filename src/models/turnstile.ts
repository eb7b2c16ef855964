import type { RequestWait } from '../agent/model';
import type { Clock } from '../util/clock';
import type { Disposable } from '../util/emitter';
import { duration } from './errors';

interface Waiting {
  readonly ticket: number;
  readonly onWait: (wait: RequestWait) => void;
  readonly enter: () => void;
}

/**
 * Lets at most `cap` in at a time, lowest ticket first, and nobody during a quiet time.
 *
 * After a quiet time half as many go at once, one more with each success: else those who waited would hit the
 * provider's limit together again, and the unlucky would run out of attempts.
 */
export class Turnstile {
  readonly #name: string;
  readonly #clock: Clock;
  /** Sorted by ticket. */
  readonly #queue: Waiting[] = [];
  #cap: number;
  #window = Infinity;
  #inside = 0;
  #quietUntil = 0;
  #quietReason = '';
  #timer: Disposable | undefined;

  /** `name` is what the waiting wait for, in status lines. */
  constructor(name: string, cap: number, clock: Clock) {
    this.#name = name;
    this.#cap = cap;
    this.#clock = clock;
  }

  get cap(): number {
    return this.#cap;
  }

  /** Takes effect at once; whoever is inside above a lower cap stays until they leave. */
  set cap(cap: number) {
    this.#cap = cap;
    this.#admit();
  }

  get isQuiet(): boolean {
    return this.#clock.now() < this.#quietUntil;
  }

  /**
   * Resolves once inside; rejects with the signal's reason, being outside, once `signal` is aborted. `onWait` hears
   * of every wait that begins meanwhile.
   */
  enter(ticket: number, onWait: (wait: RequestWait) => void, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1);
        this.#admit();
        reject(signal.reason as Error);
      };
      const enter = () => {
        signal.removeEventListener('abort', abort);
        this.#inside++;
        resolve();
      };
      const waiting: Waiting = { ticket, onWait, enter };
      signal.addEventListener('abort', abort, { once: true });
      const later = this.#queue.findIndex((other) => other.ticket > ticket);
      this.#queue.splice(later === -1 ? this.#queue.length : later, 0, waiting);
      this.#admit();
      if (this.#queue.includes(waiting)) onWait(this.#waitNow());
    });
  }

  leave(): void {
    this.#inside--;
    this.#admit();
  }

  /** Whoever was inside has succeeded: one more may go at a time. */
  widen(): void {
    this.#window = this.#window + 1 >= this.#cap ? Infinity : this.#window + 1;
  }

  /** Nobody enters for `ms`; an earlier, longer quiet time stays. `reason` is for status lines. */
  quieten(ms: number, reason: string): void {
    const now = this.#clock.now();
    if (!this.isQuiet) {
      const together = Math.min(this.#window, this.#cap, this.#inside + 1);
      this.#window = Math.max(1, Math.floor(together / 2));
    }
    if (now + ms <= this.#quietUntil) return;
    this.#quietUntil = now + ms;
    this.#quietReason = reason;
    this.#admit();
    for (const { onWait } of [...this.#queue]) onWait(this.#waitNow());
  }

  /** Keeps a timer only while someone waits for the end of a quiet time. */
  #admit(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
    if (this.isQuiet) {
      if (this.#queue.length > 0)
        this.#timer = this.#clock.after(this.#quietUntil - this.#clock.now(), () => this.#admit());
      return;
    }
    while (this.#inside < Math.min(this.#cap, this.#window)) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      next.enter();
    }
  }

  #waitNow(): RequestWait {
    const delayMs = Math.max(0, this.#quietUntil - this.#clock.now());
    if (delayMs === 0)
      return { kind: 'slot', reason: `waiting for one of ${this.#cap} requests to ${this.#name} to end`, delayMs };
    return { kind: 'backoff', reason: `${this.#quietReason}, trying again in ${duration(delayMs)}`, delayMs };
  }
}
