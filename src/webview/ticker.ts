import { effect, type ReadonlySignal, signal } from '@preact/signals';

const TICK_MS = 1000;

/** The time, for everything that shows how long something has been running: it moves only while `isNeeded`. */
export function createTicker(isNeeded: ReadonlySignal<boolean>): ReadonlySignal<number> {
  const now = signal(Date.now());
  const visible = signal(document.visibilityState === 'visible');
  document.addEventListener('visibilitychange', () => {
    visible.value = document.visibilityState === 'visible';
  });
  effect(() => {
    if (!isNeeded.value || !visible.value) return;
    now.value = Date.now();
    const timer = setInterval(() => {
      now.value = Date.now();
    }, TICK_MS);
    return () => clearInterval(timer);
  });
  return now;
}
