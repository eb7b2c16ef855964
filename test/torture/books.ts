import { DatabaseSync } from 'node:sqlite';
import type { Message } from '../../src/agent/messages';
import type { Delegation } from '../../src/delegation/delegation';
import { isOver } from '../../src/delegation/delegation';
import type { SessionEntry } from '../../src/store/sessionStore';
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
        ({ id, state, ...x }) => ({ id, status: state.status, ...x }),
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
    ...running.map((x) => `${x.id} is ${x.status} ${JSON.stringify(x)}`),
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

/** Checks the books of a store at rest against what was told as accepted. */
export function audit(books: Books, accepted: readonly string[]): Audit {
  const rows = new Map(books.delegations.map((delegation) => [delegation.id, delegation]));
  const outcomes = [...new Set([...accepted, ...rows.keys()])].map((id) => [id, outcomeOf(id, rows.get(id), books)]);
  const worded = (id: string) => {
    const row = rows.get(id);
    return row === undefined ? `${id}, no row` : `${id}, ${row.origin}, ${row.mode}, ${row.status}, ${row.delivery}`;
  };
  const ids = (outcome: Outcome) => outcomes.flatMap(([id = '', is]) => (is === outcome ? [id] : []));
  return {
    delegations: outcomes.length,
    delivered: ids('delivered').length,
    unknown: ids('unknown').length,
    lost: ids('lost').map(worded),
    doubled: ids('doubled').map(worded),
  };
}

type Outcome = 'delivered' | 'unknown' | 'lost' | 'doubled';

function outcomeOf(id: string, row: Books['delegations'][number] | undefined, books: Books): Outcome {
  if (row === undefined) return 'lost';
  const times = blocksOf(id, books) + answersWith(id, books);
  if (times > 1) return 'doubled';
  if (times === 1) return row.status === 'unknown' ? 'unknown' : 'delivered';
  // Its session was deleted, with what was in it.
  if (!books.known.includes(row.sessionId))
    return row.mode !== 'background' ? 'unknown' : books.delivered.includes(id) ? 'delivered' : 'lost';
  // Its caller was waiting for it, and was cut off or stopped with it.
  return row.parentChildId !== undefined || (row.mode === 'inline' && row.cancelled) ? 'unknown' : 'lost';
}

/** Completion blocks of a delegation, in all sessions. */
function blocksOf(id: string, { sessions }: Books): number {
  return sessions.flat().filter((entry) => entry.role === 'user' && entry.delegationId === id).length;
}

/** Tool results that hold the results of a delegation whose caller waited for it. */
function answersWith(id: string, { sessions, transcripts }: Books): number {
  const results = [...sessions.flat(), ...transcripts.flat()].flatMap((entry) =>
    entry.role === 'tool' ? entry.results : [],
  );
  return results.filter(({ text }) => text.startsWith(`{"delegation_id":"${id}"`)).length;
}
