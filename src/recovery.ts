import type { CompletionQueue } from './delegation/completions';
import type { Delegation } from './delegation/delegation';
import { isOver } from './delegation/delegation';
import type { DelegationPool } from './delegation/pool';
import type { Claims } from './store/claims';
import type { DelegationStore } from './store/delegationStore';
import { NOT_TAKEN_UP } from './store/storeFaults';
import type { ReportStoreProblem } from './store/storePorts';
import type { Clock } from './util/clock';

/** What an orderly end cut off goes on by itself within this time: 10 minutes. */
const GOES_ON_MS = 10 * 60 * 1000;

/** A completion that nobody took for so long is shown, but no longer put into a conversation by itself: 48 hours. */
const STALE_MS = 48 * 60 * 60 * 1000;

export interface RecoveryPorts {
  readonly store: DelegationStore;
  readonly claim: Claims['claim'];
  readonly pool: DelegationPool;
  readonly completions: CompletionQueue;
  readonly clock: Clock;
  readonly resume: () => 'auto' | 'ask' | 'never';
  readonly guard: Guard;
}

/** Does something with what is stored, and reports what that throws. */
export type Guard = (body: () => void) => void;

/**
 * A mistake of ours about one thing that is stored must not keep the rest of it, and Fanout, from starting, at every
 * start anew. The user is told once.
 */
export function guardOf({ reportStoreProblem, onError }: GuardPorts): Guard {
  let isTold = false;
  return (body) => {
    try {
      body();
    } catch (error) {
      (isTold ? onError : reportStoreProblem)(NOT_TAKEN_UP, error);
      isTold = true;
    }
  };
}

interface GuardPorts {
  readonly reportStoreProblem: ReportStoreProblem;
  readonly onError: (message: string, error: unknown) => void;
}

/** It was suspended in order, not long ago, and the user wants that to go on by itself (SPEC 4.8). */
export function goesOnByItself(
  { suspendedAt }: Delegation,
  { clock, resume }: Pick<RecoveryPorts, 'clock' | 'resume'>,
): boolean {
  return suspendedAt !== undefined && resume() === 'auto' && clock.now() - suspendedAt <= GOES_ON_MS;
}

/**
 * Takes over from the store what no living window has: finished and undelivered is delivered once, running or queued
 * becomes `unknown` (SPEC 4.6) where it cannot go on. What another window has is shown as it stands there. Called at activation, and again
 * whenever another window wrote or ended.
 */
export function adopt(ports: RecoveryPorts): void {
  const { store, claim, pool, completions, clock, guard } = ports;
  const known = (id: string) => pool.get(id) !== undefined && !pool.isElsewhere(id);
  // What is unknown here may have been resumed elsewhere.
  const stored = store.load((id) => known(id) && pool.get(id)?.status !== 'unknown');
  for (const delegation of stored) {
    if (known(delegation.id) && isResumedElsewhere(delegation, pool)) pool.handOver(delegation.id);
  }
  const fresh = stored.filter(({ id }) => !known(id));
  const ours: Delegation[] = [];
  const elsewhere: Delegation[] = [];
  for (const delegation of fresh) {
    guard(() => {
      const isAwaited = delegation.mode === 'inline' && isUnanswered(delegation, store);
      const isOurs = (isSettled(delegation) && !isAwaited) || claim(delegation.sessionId);
      // The turn that waited for it is gone with its window: it comes back as what was dispatched into the background does.
      const orphaned = isOurs && isAwaited ? { ...delegation, mode: 'background' as const } : delegation;
      (isOurs ? ours : elsewhere).push(orphaned);
    });
  }
  const waiting = store.undelivered().flatMap((id) => ours.find((delegation) => delegation.id === id) ?? []);
  completions.restore(
    waiting.map((delegation) => (isStale(delegation, clock) ? setAside(delegation, store) : delegation)),
  );
  for (const delegation of ours) {
    const restored = isStale(delegation, clock) ? { ...delegation, delivery: 'undelivered' as const } : delegation;
    guard(() => pool.restore([restored], (stored) => goesOnByItself(stored, ports)));
  }
  guard(() => pool.showElsewhere(elsewhere));
}

/** The user let it go on in another window since this one read it. */
function isResumedElsewhere({ id, resumed = 0 }: Delegation, pool: DelegationPool): boolean {
  return resumed > (pool.get(id)?.resumed ?? 0);
}

/** Nothing of it is left to be done by anybody. */
function isSettled({ status, mode, delivery }: Delegation): boolean {
  return isOver(status) && (mode !== 'background' || delivery === 'delivered');
}

/** It ran in a turn, which did not get the results. Where that was stopped, nobody waits for them. */
function isUnanswered({ id, sessionId, cancelled }: Delegation, store: DelegationStore): boolean {
  return !cancelled && store.isUnanswered(id, sessionId);
}

function isStale(delegation: Delegation, clock: Clock): boolean {
  if (isSettled(delegation) || delegation.endedAt === undefined) return false;
  return clock.now() - delegation.endedAt > STALE_MS;
}

function setAside(delegation: Delegation, store: DelegationStore): Delegation {
  store.readdressCompletion(delegation.id, null);
  return { ...delegation, delivery: 'undelivered' };
}
