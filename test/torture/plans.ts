import type { Death, LifeOrder, Mischief, Settings } from './words';

/** One death and what leads to it. */
export interface Plan extends Pick<LifeOrder, 'mischief' | 'resumes' | 'writesOn'> {
  /** `start`: a new window dies while it takes up what the one before left. `life`: in the middle of its work. */
  readonly phase: 'start' | 'life';
  /** By its own hand, at a point that it counts. */
  readonly death?: Death;
  /** By the harness: when the n-th request comes, or after the n-th step of an answer was sent. */
  readonly strike?: { readonly at: number; readonly of: 'request' | 'step' };
  /** Somebody else holds the store for so long, from the n-th request on; from before the window starts where that is 0. */
  readonly held?: { readonly from: number; readonly ms: number };
  /** Windows on the same workspace, which work as well and take over. */
  readonly beside: number;
}

/** Runs that share a store, one after the other. */
export interface ChainPlan {
  readonly index: number;
  readonly settings: Settings;
  readonly runs: readonly Plan[];
}

export interface PlanOptions {
  readonly runs: number;
  readonly seed: number;
  /** Runs that share a store. */
  readonly chainLength?: number;
}

/** Points of one life, as measured. */
export interface Points {
  readonly writes: number;
  readonly changes: number;
  readonly requests: number;
  readonly steps: number;
}

/**
 * The runs of a torture: every other one dies at the next of all write points in turn, until all had theirs; the
 * others anywhere. The same seed gives the same plans.
 */
export function chainPlans({ runs, seed, chainLength = 8 }: PlanOptions, points: Points): ChainPlan[] {
  const sweeps = Math.min(points.writes, Math.ceil(runs / 2));
  return Array.from({ length: Math.ceil(runs / chainLength) }, (_, index) => {
    const random = randomNumbers(seed * 1_000_003 + index);
    const first = index * chainLength;
    const plans = Array.from({ length: Math.min(chainLength, runs - first) }, (_, i): Plan => {
      const sweep = (first + i) % 2 === 0 ? (first + i) / 2 : Infinity;
      return sweep < sweeps ? sweepPlan(pointOf(sweep, sweeps, points.writes)) : randomPlan(random, points);
    });
    return { index, runs: plans, settings: randomSettings(random) };
  });
}

/** A life in which nothing is out of the ordinary, for its points to be counted. */
export const QUIET: ChainPlan = {
  index: 0,
  runs: [{ phase: 'life', beside: 0 }],
  settings: { whenFull: 'inline', isolation: 'shared', resume: 'auto', wakeAgent: 'always', contextWindow: 0 },
};

/** In tokens: children that read much, and conversations with many results, need more. */
const NARROW = 12_000;

function randomSettings(random: () => number): Settings {
  const resume = random();
  return {
    whenFull: random() < 0.5 ? 'inline' : 'queue',
    wakeAgent: random() < 0.8 ? 'always' : 'ask',
    isolation: random() < 0.25 ? 'worktree' : 'shared',
    resume: resume < 0.7 ? 'auto' : resume < 0.9 ? 'ask' : 'never',
    contextWindow: random() < 0.25 ? NARROW : 0,
  };
}

/** All points in an order in which the first few lie all over: whoever stops early has seen a bit of everything. */
function pointOf(sweep: number, sweeps: number, points: number): number {
  const stride = Math.max(1, Math.round(sweeps * 0.618));
  const coprime = [...Array(sweeps).keys()].map((more) => stride + more).find((step) => gcd(step, sweeps) === 1) ?? 1;
  return 1 + Math.floor((((sweep * coprime) % sweeps) * points) / sweeps);
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

function sweepPlan(at: number): Plan {
  return { phase: 'life', death: { at, of: 'write', by: 'kill' }, beside: 0 };
}

function randomPlan(random: () => number, points: Points): Plan {
  const upTo = (most: number) => 1 + Math.floor(random() * most);
  const die = (of: Death['of'], most: number, by: Death['by'] = 'kill'): Death => ({ at: upTo(most), of, by });
  const besides = {
    beside: random() < 0.2 ? upTo(2) : 0,
    ...(random() < 0.5 ? { mischief: { after: upTo(points.changes), what: anyOf(MISCHIEF, random) } } : {}),
    ...(random() < 0.3 ? { resumes: true as const } : {}),
    ...(random() < 0.5 ? { writesOn: upTo(points.changes) } : {}),
  };
  const { beside: _none, ...alone } = besides;
  const kind = random();
  if (kind < 0.15) return { phase: 'start', ...alone, death: die('write', 60), beside: 0 };
  if (kind < 0.3) return { phase: 'life', ...besides, death: die('write', points.writes) };
  if (kind < 0.45) return { phase: 'life', ...besides, death: die('change', points.changes) };
  if (kind < 0.65) return { phase: 'life', ...besides, death: die('change', points.changes, 'close') };
  if (kind < 0.78) return { phase: 'life', ...besides, strike: { at: upTo(points.requests), of: 'request' } };
  if (kind < 0.91) return { phase: 'life', ...besides, strike: { at: upTo(points.steps), of: 'step' } };
  const ms = upTo(1000);
  // What is told and cannot be written yet dies with its window: so nobody dies meanwhile.
  if (kind < 0.94) return { phase: 'start', ...alone, held: { from: 0, ms }, beside: 0 };
  return { phase: 'life', ...besides, held: { from: upTo(points.requests), ms } };
}

const MISCHIEF = [
  'cancel',
  'stop',
  'cancel-all',
  'delete-session',
  'retry',
  'retry',
  'detach',
  'apply',
] as const satisfies readonly Mischief['what'][];

function anyOf<T>(values: readonly [T, ...T[]], random: () => number): T {
  return values[Math.floor(random() * values.length)] ?? values[0];
}

/** Numbers from 0 up to 1 that a seed determines (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
