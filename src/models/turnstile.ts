import type { Requester, RequestWait } from '../agent/model';
import type { Clock } from '../util/clock';
import type { Disposable } from '../util/emitter';
import { duration } from './errors';

/** Who wants to pass. */
export interface Visitor extends Requester {
  /** The lower goes first. */
  readonly ticket: number;
}

interface Waiting {
  readonly visitor: Visitor;
  readonly enter: () => void;
}

/** From this cap on one place is kept for conversations: the children of a delegation fit into what is left. */
const KEEPS_ONE_FROM = 10;

/**
 * Lets at most `cap` in at a time, and nobody during a quiet time: conversations before all others, of each kind the
 * lowest ticket first.
 *
 * After a quiet time half as many go at once, one more with each success: else those who waited would hit the
 * provider's limit together again, and the unlucky would run out of attempts.
 */
export class Turnstile {
  readonly #name: string;
  readonly #clock: Clock;
  /** In the order in which they are let in. */
  readonly #queue: Waiting[] = [];
  #cap: number;
  #window = Infinity;
  #inside = 0;
  #othersInside = 0;
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
   * Resolves once inside; rejects with the signal's reason, being outside, once `signal` is aborted.
   */
  enter(visitor: Visitor, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1);
        this.#admit();
        reject(signal.reason as Error);
      };
      const enter = () => {
        signal.removeEventListener('abort', abort);
        this.#count(visitor, 1);
        resolve();
      };
      const waiting: Waiting = { visitor, enter };
      signal.addEventListener('abort', abort, { once: true });
      const later = this.#queue.findIndex((other) => goesBefore(visitor, other.visitor));
      this.#queue.splice(later === -1 ? this.#queue.length : later, 0, waiting);
      this.#admit();
      if (this.#queue.includes(waiting)) visitor.onWait(this.#waitNow());
    });
  }

  leave(visitor: Visitor): void {
    this.#count(visitor, -1);
    this.#admit();
  }

  /** Whoever was inside has succeeded: one more may go at a time. */
  widen(): void {
    this.#window = this.#window + 1 >= this.#cap ? Infinity : this.#window + 1;
  }

  /**
   * Nobody enters for `ms`; an earlier, longer quiet time stays. Called by one who is still inside. `reason` is for
   * status lines.
   */
  quieten(ms: number, reason: string): void {
    const now = this.#clock.now();
    if (!this.isQuiet) {
      const together = Math.min(this.#window, this.#cap, this.#inside);
      this.#window = Math.max(1, Math.floor(together / 2));
    }
    if (now + ms <= this.#quietUntil) return;
    this.#quietUntil = now + ms;
    this.#quietReason = reason;
    this.#admit();
    for (const { visitor } of [...this.#queue]) visitor.onWait(this.#waitNow());
  }

  #count({ isConversation }: Visitor, change: 1 | -1): void {
    this.#inside += change;
    if (!isConversation) this.#othersInside += change;
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
    for (let next = this.#queue[0]; next !== undefined && this.#hasRoomFor(next.visitor); next = this.#queue[0]) {
      this.#queue.shift();
      next.enter();
    }
  }

  #hasRoomFor({ isConversation }: Visitor): boolean {
    const kept = this.#cap >= KEEPS_ONE_FROM ? 1 : 0;
    return (
      this.#inside < Math.min(this.#cap, this.#window) && (isConversation || this.#othersInside < this.#cap - kept)
    );
  }

  #waitNow(): RequestWait {
    const delayMs = Math.max(0, this.#quietUntil - this.#clock.now());
    if (delayMs === 0)
      return { kind: 'slot', reason: `waiting for ${this.#name}, which is busy with ${others(this.#inside)}`, delayMs };
    return { kind: 'backoff', reason: `${this.#quietReason}, trying again in ${duration(delayMs)}`, delayMs };
  }
}

function goesBefore(one: Visitor, other: Visitor): boolean {
  if (one.isConversation !== other.isConversation) return one.isConversation;
  return one.ticket < other.ticket;
}

function others(count: number): string {
  return count === 1 ? 'another request' : `${count} other requests`;
}
