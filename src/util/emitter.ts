export interface Disposable {
  dispose(): void;
}

/** Subscribes; disposing the returned object unsubscribes. */
export type Event<T> = (listener: (value: T) => void) => Disposable;

/**
 * Tells its listeners of something, each on its own: one that throws neither stops the others nor reaches the
 * code that fired (SPEC 7.4). What a listener throws goes to `onError`.
 */
export class Emitter<T> implements Disposable {
  readonly #listeners = new Set<{ readonly listener: (value: T) => void }>();
  readonly #onError: (error: unknown) => void;

  constructor(onError = (error: unknown): void => reportListenerError(error)) {
    this.#onError = onError;
  }

  readonly event: Event<T> = (listener) => {
    // Wrapped, so that subscribing one function twice gives two subscriptions.
    const entry = { listener };
    this.#listeners.add(entry);
    return { dispose: () => this.#listeners.delete(entry) };
  };

  fire(value: T): void {
    for (const { listener } of [...this.#listeners]) {
      try {
        listener(value);
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  dispose(): void {
    this.#listeners.clear();
  }
}

let reportListenerError = (error: unknown): void => {
  console.error('A listener failed:', error);
};

/** Sends what listeners throw to the log; called once at activation. */
export function setListenerErrorReporter(report: (error: unknown) => void): void {
  reportListenerError = report;
}
