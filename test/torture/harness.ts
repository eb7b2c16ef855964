import { availableParallelism } from 'node:os';
import pLimit from 'p-limit';
import { ModelServer } from '../fakes/modelServer';
import { Chain, type ChainPorts, type ChainResult as RunResult } from './chain';
import { chainPlans, QUIET, type ChainPlan, type PlanOptions, type Points } from './plans';
import type { Deed } from './words';

export interface ChainResult extends RunResult {
  readonly orphans: readonly string[];
}

export interface TortureOptions extends PlanOptions {
  /** The program of a window, built. */
  readonly program: string;
  /** The points of a life, where they need not be measured. */
  readonly points?: Points;
  /** Only this chain of all. */
  readonly only?: number;
  readonly sabotage?: string;
  /** What did not come to rest after so long counts as stuck. */
  readonly patienceMs?: number;
  /** Asked before each chain: whether it is to run as well. */
  readonly goesOn?: () => boolean;
  /** Told of each chain as it ends. */
  readonly onChain?: (plan: ChainPlan, result: ChainResult) => void;
}

export interface Tally {
  readonly points: Points;
  readonly runs: number;
  readonly killed: number;
  readonly delegations: number;
  readonly delivered: number;
  readonly unknown: number;
  readonly lost: number;
  readonly doubled: number;
  readonly orphans: number;
  /** How often what was to be tortured took place. */
  readonly deeds: Readonly<Record<Deed, number>>;
  /** All else that must not be. */
  readonly faults: readonly string[];
}

/** Kills windows in all ways that the plans hold, several chains at a time, and counts how their delegations came out. */
export async function torture(options: TortureOptions): Promise<Tally> {
  const chains = new Map<string, Chain>();
  const server = await ModelServer.start((request) => {
    // All requests of thousands of runs would fill the memory.
    server.requests.length = 0;
    const chain = chains.get(request.model.slice(0, request.model.lastIndexOf('.')));
    return chain === undefined ? { hangUp: true } : chain.answer(request);
  });
  const { program, patienceMs = 60_000, sabotage, goesOn = () => true } = options;
  const ports: ChainPorts = { program, patienceMs, url: server.url, ...(sabotage === undefined ? {} : { sabotage }) };
  const run = async (plan: ChainPlan): Promise<[RunResult, Chain]> => {
    const chain = new Chain(plan, ports);
    chains.set(chain.name, chain);
    const result = await chain.run();
    chains.delete(chain.name);
    return [result, chain];
  };
  try {
    const points = options.points ?? (await measure(run));
    // A chain waits about as much as it works.
    const limit = pLimit(2 * availableParallelism());
    const plans = chainPlans(options, points).filter(
      ({ index }) => options.only === undefined || options.only === index,
    );
    const results = await Promise.all(
      plans.map(async (plan) => {
        const ran = await limit(() => (goesOn() ? run(plan) : undefined));
        if (ran === undefined) return [];
        const [result, chain] = ran;
        // Outside of the limit: what ends may take its time.
        const whole = { ...result, orphans: await chain.endOrphans() };
        options.onChain?.(plan, whole);
        return [whole];
      }),
    );
    return tally(points, results.flat());
  } finally {
    server.closedByClient.length = 0;
    await server.close();
  }
}

/** The points of a life that nothing disturbs. */
async function measure(run: (plan: ChainPlan) => Promise<[RunResult, Chain]>): Promise<Points> {
  const [, chain] = await run(QUIET);
  await chain.endOrphans();
  return chain.points;
}

function tally(points: Points, results: readonly ChainResult[]): Tally {
  const sum = (count: (result: ChainResult) => number) => results.reduce((total, result) => total + count(result), 0);
  return {
    points,
    runs: sum(({ runs }) => runs),
    killed: sum(({ killed }) => killed),
    delegations: sum(({ delegations }) => delegations),
    delivered: sum(({ delivered }) => delivered),
    unknown: sum(({ unknown }) => unknown),
    lost: sum(({ lost }) => lost.length),
    doubled: sum(({ doubled }) => doubled.length),
    orphans: sum(({ orphans }) => orphans.length),
    deeds: { ...NO_DEEDS, ...count(results.flatMap(({ deeds }) => deeds)) },
    faults: results.flatMap(({ faults }) => faults),
  };
}

const NO_DEEDS: Readonly<Record<Deed, number>> = {
  'went on': 0,
  resumed: 0,
  retried: 0,
  detached: 0,
  applied: 0,
  isolated: 0,
  compacted: 0,
  held: 0,
};

function count(deeds: readonly Deed[]): Partial<Record<Deed, number>> {
  const counts: Partial<Record<Deed, number>> = {};
  for (const deed of deeds) counts[deed] = (counts[deed] ?? 0) + 1;
  return counts;
}

/** How often each thing was tortured that takes place in some of the lives only. */
export function describeDeeds({ deeds }: Tally): string {
  return Object.entries(deeds)
    .map(([deed, times]) => `${deed} ${times}`)
    .join(', ');
}

/** The one line that says it all. */
export function describe(tally: Tally): string {
  const { runs, delegations, delivered, unknown, lost, doubled, orphans } = tally;
  return `runs ${runs}, delegations ${delegations}, delivered ${delivered}, unknown ${unknown}, lost ${lost}, doubled ${doubled}, orphans ${orphans}`;
}
