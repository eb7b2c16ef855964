import type { CompletionQueue } from './delegation/completions';
import type { Delegation } from './delegation/delegation';
import { isOver } from './delegation/delegation';
import type { DelegationPool } from './delegation/pool';
import type { Claims } from './store/claims';
import type { DelegationStore } from './store/delegationStore';
import type { Clock } from './util/clock';

/** A completion that nobody took for so long is shown, but no longer put into a conversation by itself: 48 hours. */
const STALE_MS = 48 * 60 * 60 * 1000;

export interface RecoveryPorts {
  readonly store: DelegationStore;
  readonly claims: Claims;
  readonly pool: DelegationPool;
  readonly completions: CompletionQueue;
  readonly clock: Clock;
}

/**
 * Takes over from the store what no living window has: finished and undelivered is delivered once, running or queued
 * becomes `unknown` (SPEC 4.6). What another window has is shown as it stands there. Called at activation, and again
 * whenever another window wrote or ended.
 */
export function adopt({ store, claims, pool, completions, clock }: RecoveryPorts): void {
  const known = (id: string) => pool.get(id) !== undefined && !pool.isElsewhere(id);
  const fresh = store.load(known);
  const ours: Delegation[] = [];
  const elsewhere: Delegation[] = [];
  for (const delegation of fresh) {
    const isAwaited = delegation.mode === 'inline' && isUnanswered(delegation, store);
    const isOurs = (isSettled(delegation) && !isAwaited) || claims.claim(delegation.sessionId);
    // The turn that waited for it is gone with its window: it comes back as what was dispatched into the background does.
    const orphaned = isOurs && isAwaited ? { ...delegation, mode: 'background' as const } : delegation;
    (isOurs ? ours : elsewhere).push(orphaned);
  }
  const waiting = store.undelivered().flatMap((id) => ours.find((delegation) => delegation.id === id) ?? []);
  completions.restore(
    waiting.map((delegation) => (isStale(delegation, clock) ? setAside(delegation, store) : delegation)),
  );
  pool.restore(
    ours.map((delegation) => (isStale(delegation, clock) ? { ...delegation, delivery: 'undelivered' } : delegation)),
  );
  pool.showElsewhere(elsewhere);
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
