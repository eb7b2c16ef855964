/** The time since `performance.now()` gave `started`, as in `3.4 s`. */
export function seconds(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}
