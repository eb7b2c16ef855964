import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a workspace's store holds. */
export interface Contents {
  readonly sessions: number;
  readonly delegations: number;
}

/** One window's figures, in milliseconds. */
export interface Activation {
  /** To make and start the engine. */
  readonly engineMs: number;
  /** From the start of the process to the engine that runs: with Node and our code loaded, as a user waits for it. */
  readonly processMs: number;
}

/** The medians, and how they compare with those of an empty store in the same runs. */
export interface ActivationRow extends Contents, Activation {
  readonly engineRatio: number;
  readonly processRatio: number;
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
    const times: Activation[][] = STORES.map(() => []);
    for (let round = 0; round < RUNS; round++)
      for (const [index, folder] of folders.entries()) times[index]?.push(await run<Activation>('activate', folder));
    const medianOf = (index: number, figure: keyof Activation) =>
      median((times[index] ?? []).map((activation) => activation[figure]));
    const ratio = (index: number, figure: keyof Activation) =>
      Number((medianOf(index, figure) / medianOf(0, figure)).toFixed(3));
    return STORES.map((contents, index): ActivationRow => ({
      ...contents,
      engineMs: Number(medianOf(index, 'engineMs').toFixed(2)),
      engineRatio: ratio(index, 'engineMs'),
      processMs: Number(medianOf(index, 'processMs').toFixed(1)),
      processRatio: ratio(index, 'processMs'),
    }));
  } finally {
    await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
  }
}
