import type { Clock } from '../util/clock';
import type { Disposable } from '../util/emitter';
import { isBusy } from './storeFaults';

/** Milliseconds until the first new attempt; each one after that waits twice as long. */
const FIRST_MS = 5;
const LONGEST_MS = 500;
/** Milliseconds for which another program may hold the store before the user hears of it. */
const TELL_AFTER_MS = 10_000;

export interface PatiencePorts {
  readonly clock: Clock;
  /** Attempts once more what could not be done; calls {@link Patience.wait} or {@link Patience.through}. */
  readonly tryAgain: () => void;
  /** It takes long, or will not pass by itself. Called once for each of the two. */
  readonly tell: (error: unknown) => void;
  /** It was told, and is over. */
  readonly onThrough: () => void;
}

/** When to try again what the store cannot do just now, and when to tell of it. */
export class Patience implements Disposable {
  readonly #ports: PatiencePorts;
  readonly #told = new Set<'held' | 'fault'>();
  #trouble: { readonly since: number; error: unknown; isTold: boolean } | undefined;
  #timer: Disposable | undefined;
  #delay = FIRST_MS;
  #over = Promise.withResolvers<void>();

  constructor(ports: PatiencePorts) {
    this.#ports = ports;
  }

  /** Something could not be done, and is tried again in a while. */
  get isWaiting(): boolean {
    return this.#trouble !== undefined;
  }

  /** The user was told that what waits is lost with the window. */
  get toldOfLoss(): boolean {
    return this.#told.has('fault');
  }

  /** Why it waits. */
  get reason(): unknown {
    return this.#trouble?.error;
  }

  wait(error: unknown): void {
    const { clock, tryAgain } = this.#ports;
    this.#trouble ??= { since: clock.now(), error, isTold: false };
    this.#trouble.error = error;
    this.#tell();
    this.#timer ??= clock.after(this.#delay, () => {
      this.#timer = undefined;
      this.#delay = Math.min(2 * this.#delay, LONGEST_MS);
      tryAgain();
    });
    // A fault of the disk does not pass within the seconds that a closing window has.
    if (!isBusy(error)) this.#over.resolve();
  }

  /** It could be done. */
  through(): void {
    const before = this.#trouble;
    if (before === undefined) return;
    this.#reset();
    if (before.isTold) this.#ports.onThrough();
  }

  /** Resolves when there is no trouble any more, when it is of no use to wait for that, or after so many milliseconds. */
  async over(ms: number): Promise<void> {
    if (this.#trouble === undefined || !isBusy(this.#trouble.error)) return;
    const limit = this.#ports.clock.after(ms, () => this.#over.resolve());
    await this.#over.promise;
    limit.dispose();
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
    this.#over.resolve();
  }

  #tell(): void {
    const trouble = this.#trouble;
    if (trouble === undefined) return;
    const kind = isBusy(trouble.error) ? 'held' : 'fault';
    const isLong = this.#ports.clock.now() - trouble.since >= TELL_AFTER_MS;
    if (this.#told.has(kind) || (kind === 'held' && !isLong)) return;
    this.#told.add(kind);
    trouble.isTold = true;
    this.#ports.tell(trouble.error);
  }

  #reset(): void {
    this.dispose();
    this.#trouble = undefined;
    this.#delay = FIRST_MS;
    this.#over = Promise.withResolvers();
  }
}
