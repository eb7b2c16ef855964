import { DatabaseSync } from 'node:sqlite';
import type { Message } from '../../src/agent/messages';
import type { Delegation } from '../../src/delegation/delegation';
import { isOver } from '../../src/delegation/delegation';
import type { SessionEntry } from '../../src/store/entries';
import { faultInTranscript } from './legality';

/** What is on the disk. */
export interface Books {
  readonly delegations: readonly Omit<Delegation, 'children'>[];
  /** States of all children. */
  readonly children: readonly { readonly id: string; readonly status: Delegation['status'] }[];
  /** The transcripts of the sessions, and those of the children. */
  readonly sessions: readonly (readonly SessionEntry[])[];
  readonly transcripts: readonly (readonly Message[])[];
  /** Sessions that there are. */
  readonly known: readonly string[];
  /** Completions that a session got, be it there still or not. */
  readonly delivered: readonly string[];
  /** Completions that no session got. */
  readonly undelivered: readonly string[];
  /** Messages that nobody took up. */
  readonly queued: number;
}

/** Reads the store without changing it. Undefined where there is none yet. */
export function readBooks(file: string): Books | undefined {
  let db: DatabaseSync;
  try {
    db = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
  } catch {
    return undefined;
  }
  try {
    // Its window died before the tables were made.
    if (db.prepare('PRAGMA user_version').get()?.['user_version'] === 0) return undefined;
    const all = <T>(sql: string) => db.prepare(sql).all() as T[];
    const ids = (sql: string) => all<{ id: string }>(sql).map(({ id }) => id);
    const bodies = <T>(sql: string) => all<{ body: string }>(sql).map(({ body }) => JSON.parse(body) as T);
    const grouped = <T>(sql: string): T[][] => {
      const groups = new Map<string, T[]>();
      for (const { key, body } of all<{ key: string; body: string }>(sql))
        groups.set(key, [...(groups.get(key) ?? []), JSON.parse(body) as T]);
      return [...groups.values()];
    };
    return {
      delegations: bodies('SELECT body FROM delegations'),
      children: bodies<{ id: string; state: { status: Delegation['status'] } }>('SELECT body FROM children').map(
        ({ id, state }) => ({ id, status: state.status }),
      ),
      sessions: grouped('SELECT session_id AS key, body FROM messages ORDER BY session_id, seq'),
      transcripts: grouped('SELECT child_id AS key, body FROM transcripts ORDER BY child_id, seq'),
      known: ids('SELECT id FROM sessions'),
      delivered: ids('SELECT delegation_id AS id FROM completions WHERE delivered_at IS NOT NULL'),
      undelivered: ids('SELECT delegation_id AS id FROM completions WHERE delivered_at IS NULL'),
      queued: all("SELECT id FROM sessions WHERE inbox <> '[]'").length,
    };
  } finally {
    db.close();
  }
}

/** What does not end by itself, in words; nothing at rest. */
export function unsettled({ delegations, children, sessions, undelivered, queued }: Books): string[] {
  const running = [
    ...delegations.filter(({ status }) => !isOver(status)),
    ...children.filter(({ status }) => !isOver(status)),
  ];
  return [
    ...running.map(({ id, status }) => `${id} is ${status}`),
    ...undelivered.map((id) => `${id} is not delivered`),
    // A turn that was cut off is closed by the window that takes the session up.
    ...sessions.flatMap((entries) => faultInTranscript(entries) ?? []),
    ...(queued === 0 ? [] : [`${queued} sessions have a message in the queue`]),
  ];
}

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
type Facts = Accepted & Partial<Pick<Delegation, 'status' | 'delivery' | 'cancelled'>>;
type Outcome = 'delivered' | 'unknown' | 'lost' | 'doubled';

function outcomeOf(facts: Facts, books: Books): Outcome {
  const { id, sessionId, mode, parentChildId, status, cancelled } = facts;
  const blocks = blocksOf(id, books);
  const times = blocks.length + answersWith(id, books);
  if (times > 1) return 'doubled';
  if (times === 1) return blocks[0]?.startsWith(`[Delegation ${id} finished: unknown]`) ? 'unknown' : 'delivered';
  if (mode === 'background')
    return !books.known.includes(sessionId) && books.delivered.includes(id) ? 'delivered' : 'lost';
  // Its caller waited for it, and was cut off, stopped or deleted with it.
  const isCallers = parentChildId !== undefined || cancelled === true || !books.known.includes(sessionId);
  return isCallers || status === undefined ? 'unknown' : 'lost';
}

/** The texts of the completion blocks of a delegation, in all sessions. */
function blocksOf(id: string, { sessions }: Books): string[] {
  return sessions.flat().flatMap((entry) => (entry.role === 'user' && entry.delegationId === id ? [entry.text] : []));
}

/** Tool results that hold the results of a delegation whose caller waited for it. */
function answersWith(id: string, { sessions, transcripts }: Books): number {
  const entries = [...sessions.flat(), ...transcripts.flat()];
  const results = entries.flatMap((entry) => (entry.role === 'tool' ? entry.results : []));
  return results.filter(({ text }) => text.startsWith(`{"delegation_id":"${id}"`)).length;
}

function describe({ id, mode, status, delivery }: Facts): string {
  return `${id} (${[mode, status ?? 'removed', delivery].join(' ').trim()})`;
}
