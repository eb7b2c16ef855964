import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { CompletionStore } from '../../../src/delegation/completions';
import { CompletionQueue } from '../../../src/delegation/completions';
import type { Delegation, Task } from '../../../src/delegation/delegation';
import { isOver } from '../../../src/delegation/delegation';
import type { RunChild } from '../../../src/delegation/delegationRun';
import type { Dispatched, DispatchRequest } from '../../../src/delegation/dispatch';
import { DelegationPool } from '../../../src/delegation/pool';
import type { DelegationJournal } from '../../../src/delegation/poolPorts';
import type { DelegationSettings } from '../../../src/delegation/settings';
import { DEFAULT_DELEGATION_SETTINGS } from '../../../src/delegation/settings';
import type { ReportStoreProblem } from '../../../src/store/storePorts';
import { Database } from '../../../src/store/database';
import { DelegationStore } from '../../../src/store/delegationStore';
import { GatedChildren } from '../../fakes/gatedChildren';
import { ManualClock } from '../../fakes/manualClock';

export const SESSION = 'session-1';

export interface HarnessOptions {
  readonly settings?: Partial<DelegationSettings>;
  readonly children?: GatedChildren;
  /** Instead of gated children. */
  readonly runChild?: RunChild;
  readonly clock?: ManualClock;
  readonly db?: Database;
  /** Puts something between the store and what writes to it. */
  readonly wrap?: (store: DelegationStore) => DelegationJournal & CompletionStore;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

export type PoolHarness = ReturnType<typeof poolHarness>;

/** A pool, its queue and its store, made and restored as at activation; only the children and the clock are fakes. */
export function poolHarness(options: HarnessOptions = {}) {
  const clock = options.clock ?? new ManualClock();
  const db = options.db ?? memoryDatabase();
  const children = options.children ?? new GatedChildren();
  const settings: Writable<DelegationSettings> = { ...DEFAULT_DELEGATION_SETTINGS, ...options.settings };
  const store = new DelegationStore(db, clock);
  const written = options.wrap?.(store) ?? store;
  const completions = new CompletionQueue(written);
  const errors: string[] = [];
  const pool = new DelegationPool({
    runChild: options.runChild ?? children.run,
    settings: () => settings,
    completions,
    journal: written,
    clock,
    onError: (message, error) => errors.push(`${message}: ${error instanceof Error ? error.message : String(error)}`),
  });
  const stored = store.load();
  const waiting = store.undelivered();
  completions.restore(waiting.flatMap((id) => stored.filter((delegation) => delegation.id === id)));
  pool.restore(stored);
  return { pool, completions, store, db, clock, children, settings, errors };
}

/** A store in memory that must not fail, unless the test takes its reports. */
export function memoryDatabase(report: ReportStoreProblem = mustNotFail, onError = report): Database {
  return Database.open(':memory:', report, { onError });
}

function mustNotFail(sentence: string, error: unknown): never {
  throw new Error(sentence, { cause: error });
}

export function taskOf(goal: string): Task {
  return { goal, context: '', toolsets: ['read'], role: 'leaf', model: 'test/scripted' };
}

/** A request of the session's own agent for the background. */
export function requestFor(goals: string | readonly string[], more: Partial<DispatchRequest> = {}): DispatchRequest {
  const tasks = (typeof goals === 'string' ? [goals] : goals).map(taskOf);
  return { sessionId: SESSION, depth: 1, origin: 'agent', context: '', tasks, wait: 'background', ...more };
}

/** Dispatches what has to be accepted in the background. */
export function inBackground(
  { pool }: Pick<PoolHarness, 'pool'>,
  goals: string | readonly string[],
  more: Partial<DispatchRequest> = {},
  signal: AbortSignal = neverAborted(),
): Delegation {
  const dispatched = pool.dispatch(requestFor(goals, more), signal);
  assert.equal(dispatched.kind, 'background');
  return dispatched.delegation;
}

/** Dispatches what has to stay with its caller. */
export function attached(
  { pool }: Pick<PoolHarness, 'pool'>,
  goals: string | readonly string[],
  more: Partial<DispatchRequest> = {},
  signal: AbortSignal = neverAborted(),
): Extract<Dispatched, { kind: 'attached' }> {
  const dispatched = pool.dispatch(requestFor(goals, more), signal);
  assert.equal(dispatched.kind, 'attached');
  return dispatched;
}

/** The sentence with which the dispatch is refused. */
export function refusal({ pool }: Pick<PoolHarness, 'pool'>, more: Partial<DispatchRequest> = {}): string {
  const dispatched = pool.dispatch(requestFor('refused', more), neverAborted());
  assert.equal(dispatched.kind, 'refused');
  return dispatched.error;
}

export function neverAborted(): AbortSignal {
  return new AbortController().signal;
}

/** The delegation as it is as soon as `matches` says yes to it. */
export function whenDelegation(
  pool: DelegationPool,
  id: string,
  matches: (delegation: Delegation) => boolean,
): Promise<Delegation> {
  const now = pool.get(id);
  if (now !== undefined && matches(now)) return Promise.resolve(now);
  return new Promise((resolve) => {
    const subscription = pool.onDidChange(({ delegation: changed }) => {
      if (changed.id !== id || !matches(changed)) return;
      subscription.dispose();
      // Later changes of the same moment (its delivery) are in the answer.
      resolve(Promise.resolve().then(() => pool.get(id) ?? changed));
    });
  });
}

export function whenOver(pool: DelegationPool, id: string): Promise<Delegation> {
  return whenDelegation(pool, id, ({ status }) => isOver(status));
}

export function whenRunning(pool: DelegationPool, id: string): Promise<Delegation> {
  return whenDelegation(pool, id, ({ status }) => status === 'running');
}

/** Lets all that can go on without anything from outside go on: what has not happened then never will. */
export async function everythingSettled(): Promise<void> {
  await setImmediate();
}

export function statesOf(delegation: Delegation): string[] {
  return delegation.children.map((child) => child.state.status);
}

/** The summary with which each child ended. */
export function summariesOf(delegation: Delegation): string[] {
  return delegation.children.map(({ state }) => ('summary' in state ? state.summary : `(${state.status})`));
}

/** Takes all completions of the session as an idle session does; returns their ids. */
export function takeAll({ completions }: Pick<PoolHarness, 'completions'>, sessionId = SESSION): string[] {
  return completions
    .waitingFor(sessionId)
    .map(({ id }) => id)
    .filter((id) => completions.take(id, () => {}));
}
