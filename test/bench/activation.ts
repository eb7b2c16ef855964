import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a workspace's store holds. */
export interface Contents {
  readonly sessions: number;
  readonly delegations: number;
}

export interface ActivationRow extends Contents {
  /** Milliseconds to make and start the engine; the median. */
  readonly activateMs: number;
  /** The same divided by that of an empty store, in the same runs. */
  readonly ratio: number;
}

/** The empty one first. 50 finished delegations are what a workspace keeps; 10,000 what an older version may have left. */
const STORES: readonly Contents[] = [
  { sessions: 0, delegations: 0 },
  { sessions: 1000, delegations: 50 },
  { sessions: 1000, delegations: 10_000 },
];

/** Few milliseconds each, so that several cost nothing. */
const RUNS = 15;

/** Runs a role of the benchmark in a fresh process. */
export type RunClient = <T>(role: string, ...args: unknown[]) => Promise<T>;

/** What it costs to activate on stores of several sizes, each measured in turn so that a slow moment meets all of them. */
export async function measureActivation(run: RunClient, median: (values: readonly number[]) => number) {
  const folders = await Promise.all(STORES.map(() => mkdtemp(join(tmpdir(), 'fanout-bench-'))));
  try {
    for (const [index, folder] of folders.entries()) await run('fill', folder, STORES[index]);
    const times: number[][] = STORES.map(() => []);
    for (let round = 0; round < RUNS; round++)
      for (const [index, folder] of folders.entries()) times[index]?.push(await run<number>('activate', folder));
    const medians = times.map(median);
    return STORES.map((contents, index): ActivationRow => {
      const activateMs = medians[index] ?? NaN;
      const ratio = activateMs / (medians[0] ?? NaN);
      return { ...contents, activateMs: Number(activateMs.toFixed(2)), ratio: Number(ratio.toFixed(3)) };
    });
  } finally {
    await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
  }
}
