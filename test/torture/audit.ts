import type { Delegation } from '../../src/delegation/delegation';
import type { Books } from './books';

/** How one chain's delegations came out. */
export interface Audit {
  readonly delegations: number;
  /** The results came back once. */
  readonly delivered: number;
  /** Cut off, and that came back once, as such; or its caller was cut off with it. */
  readonly unknown: number;
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
}

/** A delegation as its window told of it when it was accepted. */
export type Accepted = Pick<Delegation, 'id' | 'sessionId' | 'mode' | 'parentChildId'>;

/** Checks the books of a store at rest against what was told as accepted. */
export function audit(books: Books, accepted: readonly Accepted[]): Audit {
  const all = new Map<string, Facts>(accepted.map((facts) => [facts.id, facts]));
  for (const row of books.delegations) all.set(row.id, row);
  const outcomes = [...all.values()].map((facts) => ({ facts, outcome: outcomeOf(facts, books) }));
  const those = (wanted: Outcome) => outcomes.flatMap(({ facts, outcome }) => (outcome === wanted ? [facts] : []));
  return {
    delegations: all.size,
    delivered: those('delivered').length,
    unknown: those('unknown').length,
    lost: those('lost').map(describe),
    doubled: those('doubled').map(describe),
  };
}

/** The rows of old delegations go when there are too many of them. */
type Facts = Accepted & Partial<Pick<Delegation, 'status' | 'delivery' | 'cancelled' | 'resumed'>>;
type Outcome = 'delivered' | 'unknown' | 'lost' | 'doubled';

function outcomeOf(facts: Facts, books: Books): Outcome {
  const { id, sessionId, mode, parentChildId, status, cancelled, resumed = 0 } = facts;
  const told = statusesTold(id, books);
  const times = told.length + answersWith(id, books);
  // Each time that it was resumed it had come back as unknown before, or was to.
  if (times > 1 + resumed && status !== undefined) return 'doubled';
  if (told.slice(0, -1).some((before) => before !== 'unknown')) return 'doubled';
  const last = told.at(-1);
  if (last !== undefined) {
    if (status !== undefined && last !== status) return 'lost';
    return last === 'unknown' ? 'unknown' : 'delivered';
  }
  if (times > 0) return 'delivered';
  if (mode === 'background')
    return !books.known.includes(sessionId) && books.delivered.includes(id) ? 'delivered' : 'lost';
  // Its caller waited for it, and was cut off, stopped or deleted with it.
  const caller = books.runs.find((run) => run.id === parentChildId);
  if (caller?.state.status === 'completed') return 'lost';
  const isCallers = parentChildId !== undefined || cancelled === true || !books.known.includes(sessionId);
  return isCallers || status === undefined ? 'unknown' : 'lost';
}

/** What the completion blocks of a delegation say of its end, in all sessions. */
function statusesTold(id: string, { sessions }: Books): string[] {
  const blocks = sessions.flat().flatMap((entry) => {
    return entry.role === 'user' && entry.delegationId === id ? [entry.text] : [];
  });
  return blocks.map((text) => new RegExp(`^\\[Delegation ${id} finished: (\\w+)`).exec(text)?.[1] ?? 'nothing');
}

/** Tool results that hold the results of a delegation whose caller waited for it. */
function answersWith(id: string, { sessions, runs }: Books): number {
  const entries = [...sessions.flat(), ...runs.flatMap(({ transcript }) => transcript)];
  const results = entries.flatMap((entry) => (entry.role === 'tool' ? entry.results : []));
  return results.filter(({ text }) => text.startsWith(`{"delegation_id":"${id}"`)).length;
}

function describe({ id, mode, status, delivery }: Facts): string {
  return `${id} (${[mode, status ?? 'removed', delivery].join(' ').trim()})`;
}
