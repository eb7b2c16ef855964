import { addUsage, NO_USAGE, type Usage } from '../agent/messages';
import type { Delegation } from '../delegation/delegation';
import { totalsOf } from '../delegation/result';
import type { SessionEntry } from '../store/entries';

/** What the requests of a session's own agent took, those for summaries included. */
export function spentBy(entries: Iterable<SessionEntry>): Usage {
  let spent = NO_USAGE;
  for (const entry of entries) {
    // A reply that did not come to its end was paid for, and nobody knows how much of it.
    if (entry.role === 'assistant') spent = addUsage(spent, entry.usage ?? UNKNOWN);
    if (entry.role === 'user' && entry.usage !== undefined) spent = addUsage(spent, entry.usage);
  }
  return spent;
}

/** The same with what was delegated; `delegations` are all of the session, nested ones included. */
export function spentInAll(entries: Iterable<SessionEntry>, delegations: readonly Delegation[]): Usage {
  return delegations.map((delegation): Usage => totalsOf(delegation, () => [])).reduce(addUsage, spentBy(entries));
}

const UNKNOWN: Usage = { ...NO_USAGE, costUsd: null };
