import type { Clock } from '../util/clock';
import type { Disposable } from '../util/emitter';
import type { ProgressChange } from './progress';
import type { DelegationSettings } from './settings';

/**
 * Watches one running child for progress, not for time (SPEC 3.8): a silent child is asked to end (`onStall`), and
 * given up (`onForce`) if it does not within the grace time. A child that waits for the provider, for the user or for
 * those below it is not silent: the clock stands.
 */
export class StallWatch implements Disposable {
  readonly #clock: Clock;
  readonly #limits: DelegationSettings['stall'];
  readonly #onStall: (silentSeconds: number) => void;
  readonly #onForce: () => void;
  #lastProgress: number;
  #runningTools = 0;
  #approvals = 0;
  #holds = 0;
  #waitsForProvider = false;
  #stalled = false;
  #disposed = false;
  #timer: Disposable | undefined;

  constructor(
    clock: Clock,
    limits: DelegationSettings['stall'],
    onStall: (silentSeconds: number) => void,
    onForce: () => void,
  ) {
    this.#clock = clock;
    this.#limits = limits;
    this.#onStall = onStall;
    this.#onForce = onForce;
    this.#lastProgress = clock.now();
    this.#arm(this.#limitMs());
  }

  /** Anything that the child reports is a sign of life. */
  progress(change: ProgressChange): void {
    this.#lastProgress = this.#clock.now();
    this.#waitsForProvider = change.type === 'waiting';
    if (change.type === 'tool-started') this.#runningTools++;
    if (change.type === 'tool-finished') this.#toolFinished();
    if (change.type === 'approvals') this.#approvals = change.waiting;
  }

  /** The clock stands until the returned object is disposed of. */
  hold(): Disposable {
    this.#holds++;
    return {
      dispose: () => {
        this.#holds--;
        this.#lastProgress = this.#clock.now();
      },
    };
  }

  dispose(): void {
    this.#disposed = true;
    this.#timer?.dispose();
  }

  #toolFinished(): void {
    this.#runningTools--;
    // The timer may be set to the longer limit of a tool.
    if (this.#runningTools > 0 || this.#stalled || this.#disposed) return;
    this.#timer?.dispose();
    this.#arm(this.#limitMs());
  }

  #limitMs(): number {
    return 1000 * (this.#runningTools > 0 ? this.#limits.toolSeconds : this.#limits.idleSeconds);
  }

  // One timer, armed anew only when it fires: a streamed token costs no timer.
  #arm(ms: number): void {
    this.#timer = this.#clock.after(ms, () => {
      if (this.#waitsForProvider || this.#approvals > 0 || this.#holds > 0) return this.#arm(this.#limitMs());
      const silentMs = this.#clock.now() - this.#lastProgress;
      const leftMs = this.#limitMs() - silentMs;
      if (leftMs > 0) return this.#arm(leftMs);
      this.#stalled = true;
      this.#timer = this.#clock.after(1000 * this.#limits.graceSeconds, this.#onForce);
      this.#onStall(Math.round(silentMs / 1000));
    });
  }
}
