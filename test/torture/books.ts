import { DatabaseSync } from 'node:sqlite';
import type { Message } from '../../src/agent/messages';
import type { Child, Delegation } from '../../src/delegation/delegation';
import { isOver } from '../../src/delegation/delegation';
import type { SessionEntry } from '../../src/store/entries';
import { faultInTranscript } from './legality';

/** A run of a task, as it is recorded. */
export interface RunOnRecord extends Child {
  readonly delegationId: string;
  /** It stands for its task: no other run of it does. */
  readonly stands: boolean;
  readonly transcript: readonly Message[];
}

/** What is on the disk. */
export interface Books {
  readonly delegations: readonly Omit<Delegation, 'children'>[];
  /** All runs of all tasks. */
  readonly runs: readonly RunOnRecord[];
  /** The transcripts of the sessions. */
  readonly sessions: readonly (readonly SessionEntry[])[];
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
    return readAll(db);
  } finally {
    db.close();
  }
}

function readAll(db: DatabaseSync): Books {
  const all = <T>(sql: string) => db.prepare(sql).all() as T[];
  const ids = (sql: string) => all<{ id: string }>(sql).map(({ id }) => id);
  const grouped = <T>(sql: string): Map<string, T[]> => {
    const groups = new Map<string, T[]>();
    for (const { key, body } of all<{ key: string; body: string }>(sql))
      groups.set(key, [...(groups.get(key) ?? []), JSON.parse(body) as T]);
    return groups;
  };
  const delegations = all<{ body: string }>('SELECT body FROM delegations').map(
    ({ body }) => JSON.parse(body) as Omit<Delegation, 'children'>,
  );
  const rows = grouped<Child>('SELECT delegation_id AS key, body FROM children');
  const transcripts = grouped<Message>('SELECT child_id AS key, body FROM transcripts ORDER BY child_id, seq');
  const runs = delegations.flatMap(({ id: delegationId, superseded = [] }): RunOnRecord[] => {
    const gone = new Set(superseded.map(({ id }) => id));
    const standing = (rows.get(delegationId) ?? []).filter(({ id }) => !gone.has(id));
    const onRecord = (child: Child, stands: boolean) => {
      return { ...child, delegationId, stands, transcript: transcripts.get(child.id) ?? [] };
    };
    return [...superseded.map((child) => onRecord(child, false)), ...standing.map((child) => onRecord(child, true))];
  });
  return {
    delegations,
    runs,
    sessions: [
      ...grouped<SessionEntry>('SELECT session_id AS key, body FROM messages ORDER BY session_id, seq').values(),
    ],
    known: ids('SELECT id FROM sessions'),
    delivered: ids('SELECT delegation_id AS id FROM completions WHERE delivered_at IS NOT NULL'),
    undelivered: ids('SELECT delegation_id AS id FROM completions WHERE delivered_at IS NULL'),
    queued: all("SELECT id FROM sessions WHERE inbox <> '[]'").length,
  };
}

/** What does not end by itself, in words; nothing at rest. */
export function unsettled({ delegations, runs, sessions, undelivered, queued }: Books): string[] {
  return [
    ...delegations.flatMap(({ id, status }) => (isOver(status) ? [] : [`${id} is ${status}`])),
    ...runs.flatMap(({ id, state }) => (isOver(state.status) ? [] : [`${id} is ${state.status}`])),
    ...runs.flatMap(({ id, worktree }) => (worktree?.state === 'working' ? [`the worktree of ${id} is in use`] : [])),
    ...undelivered.map((id) => `${id} is not delivered`),
    // A turn that was cut off is closed by the window that takes the session up.
    ...sessions.flatMap((entries) => faultInTranscript(entries) ?? []),
    ...(queued === 0 ? [] : [`${queued} sessions have a message in the queue`]),
  ];
}
