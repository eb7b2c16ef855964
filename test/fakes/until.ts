import type { Disposable } from '../../src/util/emitter';

/** Resolves once `holds` is true: asked now, and each time that one of the events was told. */
export function until(
  holds: () => boolean,
  ...events: readonly ((listener: () => void) => Disposable)[]
): Promise<void> {
  if (holds()) return Promise.resolve();
  return new Promise((resolve) => {
    const subscriptions = events.map((event) =>
      event(() => {
        if (!holds()) return;
        for (const subscription of subscriptions) subscription.dispose();
        resolve();
      }),
    );
  });
}
