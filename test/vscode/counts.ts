import * as z from 'zod';

/** How the tests of a part went. */
export const Counts = z.object({ passed: z.number(), failed: z.number(), skipped: z.number() });
export type Counts = z.infer<typeof Counts>;

export const noCounts: Counts = { passed: 0, failed: 0, skipped: 0 };

export function addCounts(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** The last line of `npm test`. */
export function describeCounts({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** Tells `npm test`, which started this process, how the part went. Run by itself, the exit code alone says it. */
export function reportCounts(counts: Counts): Promise<void> {
  if (counts.failed > 0) process.exitCode = 1;
  return new Promise((resolve) => {
    if (process.send) process.send(counts, undefined, undefined, () => resolve());
    else resolve();
  });
}
