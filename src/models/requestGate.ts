import type { ModelError, Requester, RunRequest } from '../agent/model';
import { systemClock, type Clock } from '../util/clock';
import { duration, toModelError, waitTooLong, type Subject } from './errors';
import { classify, type Failure } from './failure';
import { Turnstile } from './turnstile';

/** Attempts while the provider answers "too many" or "overloaded": much patience, since it passes. */
const MAX_REFUSALS = 10;
/** Attempts while it fails, breaks off or cannot be reached: one blip is common, four are an outage. */
const MAX_FAULTS = 4;
/** A provider that asks for a longer wait than this fails the request with a sentence that names the time. */
const MAX_WAIT_MS = 10 * 60_000;
const REFUSAL_BASE_MS = 2_000;
const FAULT_BASE_MS = 500;
const MAX_BACKOFF_MS = 60_000;

export interface GateOptions {
  /** The provider's id, for status lines and errors. */
  readonly provider: string;
  /** How many requests may be in flight at once. */
  readonly cap: number;
  readonly clock?: Clock;
  /** Gives numbers from 0 up to 1, as Math.random does. */
  readonly random?: () => number;
}

/**
 * All requests to one provider pass here: at most `cap` at a time, a conversation's before those of agents in the
 * background, else in order of arrival, and none while the provider asks for quiet (SPEC 3.6). A place is held for one
 * attempt only, never while waiting for anything.
 */
export class RequestGate {
  readonly #provider: string;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #turnstile: Turnstile;
  #tickets = 0;
  /** Quiet times in a row without a success between them. */
  #refusals = 0;

  constructor({ provider, cap, clock = systemClock, random = Math.random }: GateOptions) {
    this.#provider = provider;
    this.#clock = clock;
    this.#random = random;
    this.#turnstile = new Turnstile(provider, cap, clock);
  }

  get cap(): number {
    return this.#turnstile.cap;
  }

  /** Takes effect at once; requests in flight above a lower cap run to their end. */
  set cap(cap: number) {
    this.#turnstile.cap = cap;
  }

  readonly run: RunRequest = (request, requester, signal) => this.#run(request, requester, signal, {});

  /** The same, with errors that name the model and the host and never show the key. */
  runnerFor(subject: Omit<Subject, 'provider'>): RunRequest {
    return (request, requester, signal) => this.#run(request, requester, signal, subject);
  }

  async #run<T>(
    request: () => Promise<T>,
    requester: Requester,
    signal: AbortSignal,
    about: Omit<Subject, 'provider'>,
  ): Promise<T> {
    const subject = { ...about, provider: this.#provider };
    // Kept over all attempts: one that tries again goes before all of its kind that came later.
    const visitor = { ...requester, ticket: this.#tickets++ };
    let faults = 0;
    for (let attempts = 1; ; attempts++) {
      await this.#turnstile.enter(visitor, signal);
      let failure: Failure;
      try {
        const result = await request();
        this.#succeeded();
        return result;
      } catch (error) {
        signal.throwIfAborted();
        failure = classify(error, this.#clock.now());
        // Before the place is given on, else the next request would run into the same refusal.
        if (asksForQuiet(failure)) this.#quieten(failure);
      } finally {
        this.#turnstile.leave(visitor);
      }
      if (failure.retry === 'alone') faults++;
      const end = this.#endOf(failure, subject, attempts, faults);
      if (end !== undefined) throw end;
      if (failure.retry === 'alone') await this.#pause(failure, faults, requester, signal);
    }
  }

  /** The error to give up with; undefined where another attempt is due. */
  #endOf(failure: Failure, subject: Subject, attempts: number, faults: number): ModelError | undefined {
    if (failure.retry === 'never' || faults >= MAX_FAULTS || attempts - faults >= MAX_REFUSALS)
      return toModelError(failure, subject, attempts);
    if (isTooLong(failure)) return waitTooLong(failure, subject, this.#clock.now());
    return undefined;
  }

  #succeeded(): void {
    this.#refusals = 0;
    this.#turnstile.widen();
  }

  /** The provider asks for fewer requests: all of its requests wait. */
  #quieten(failure: Failure): void {
    // Requests that were in flight together are refused together: that counts once.
    if (!this.#turnstile.isQuiet) this.#refusals++;
    const reason =
      failure.kind === 'overload' ? `${this.#provider} is overloaded` : `rate limited by ${this.#provider}`;
    this.#turnstile.quieten(failure.retryAfterMs ?? this.#backoff(REFUSAL_BASE_MS, this.#refusals), reason);
  }

  /** One request's own wait after a fault; the others go on. */
  async #pause(failure: Failure, faults: number, { onWait }: Requester, signal: AbortSignal): Promise<void> {
    const delayMs = failure.retryAfterMs ?? this.#backoff(FAULT_BASE_MS, faults);
    const what = failure.kind === 'network' ? 'cannot be reached' : failure.kind === 'cut' ? 'broke off' : 'failed';
    onWait({ kind: 'backoff', reason: `${this.#provider} ${what}, trying again in ${duration(delayMs)}`, delayMs });
    await sleep(delayMs, this.#clock, signal);
  }

  /** Exponential with full jitter, so that many that failed together do not come back together. */
  #backoff(baseMs: number, failures: number): number {
    return this.#random() * Math.min(MAX_BACKOFF_MS, baseMs * 2 ** (failures - 1));
  }
}

/** Where the wait is too long for that, each request fails by itself, with a sentence that names the time. */
function asksForQuiet(failure: Failure): boolean {
  return failure.retry === 'together' && !isTooLong(failure);
}

function isTooLong({ retryAfterMs = 0 }: Failure): boolean {
  return retryAfterMs > MAX_WAIT_MS;
}

function sleep(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const timer = clock.after(ms, () => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
    const abort = () => {
      timer.dispose();
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', abort, { once: true });
  });
}
