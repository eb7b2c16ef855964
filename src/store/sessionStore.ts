import type { Message, ModelProblem } from '../agent/messages';
import type { Clock } from '../util/clock';
import type { Database } from './database';
import { readBody, readNumber, readText } from './rows';

/** Something that the conversation shows and the model does not see. */
export interface Notice {
  readonly role: 'notice';
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
  /** What kind of trouble the model had: it decides what the user is offered to do. */
  readonly problem?: ModelProblem;
}

/** The place in the conversation where a delegation was dispatched. */
export interface DispatchMark {
  readonly role: 'dispatched';
  readonly delegationId: string;
}

/** One entry of a session's transcript. */
export type SessionEntry = Message | Notice | DispatchMark;

export interface StoredEntry {
  /** From 0, without gaps in what was ever appended. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly entry: SessionEntry;
}

export interface SessionRecord {
  readonly id: string;
  readonly title: string;
  /** The model that the user chose for it; empty = the setting's. */
  readonly model: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** What the user typed while a turn ran. */
  readonly inbox: readonly string[];
}

/** Sessions and their transcripts. */
export class SessionStore {
  readonly #db: Database;
  readonly #clock: Clock;

  constructor(db: Database, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** All sessions, the one used last first. */
  list(): SessionRecord[] {
    return this.#db.all('SELECT * FROM sessions ORDER BY updated_at DESC, created_at DESC').map(readRecord);
  }

  find(sessionId: string): SessionRecord | undefined {
    return this.#db.all('SELECT * FROM sessions WHERE id = ?', sessionId).map(readRecord)[0];
  }

  /** Ids of those in which messages wait that the user typed. */
  withQueue(): string[] {
    return this.#db.all("SELECT id FROM sessions WHERE inbox <> '[]'").map((row) => readText(row, 'id'));
  }

  save(record: SessionRecord): void {
    this.#db.run(
      `INSERT INTO sessions (id, title, model, created_at, updated_at, inbox) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET title = excluded.title, model = excluded.model,
         updated_at = excluded.updated_at, inbox = excluded.inbox`,
      record.id,
      record.title,
      record.model,
      record.createdAt,
      record.updatedAt,
      JSON.stringify(record.inbox),
    );
  }

  delete(sessionId: string): void {
    this.#db.run('DELETE FROM sessions WHERE id = ?', sessionId);
  }

  append(sessionId: string, seq: number, entry: SessionEntry): StoredEntry {
    const at = this.#clock.now();
    this.#db.run(
      'INSERT INTO messages (session_id, seq, at, body) VALUES (?, ?, ?, ?)',
      sessionId,
      seq,
      at,
      JSON.stringify(entry),
    );
    return { seq, at, entry };
  }

  /** An entry and the record that changes with it (the message leaves the inbox, say): both are kept, or neither. */
  appendAndSave(record: SessionRecord, seq: number, entry: SessionEntry): StoredEntry {
    return this.#db.transaction(() => {
      this.save(record);
      return this.append(record.id, seq, entry);
    });
  }

  /** The number of the next entry: that of a damaged one stays taken. */
  nextSeq(sessionId: string): number {
    const last = this.#db.all('SELECT max(seq) AS seq FROM messages WHERE session_id = ?', sessionId)[0];
    return last === undefined || last['seq'] === null ? 0 : readNumber(last, 'seq') + 1;
  }

  /** The whole transcript, in order. Damaged entries are left out. */
  entries(sessionId: string): StoredEntry[] {
    return this.#db
      .all('SELECT seq, at, body FROM messages WHERE session_id = ? ORDER BY seq', sessionId)
      .flatMap((row) => {
        const entry = readBody<SessionEntry>(this.#db, row, (value) => value.role !== undefined);
        return entry === undefined ? [] : [{ seq: readNumber(row, 'seq'), at: readNumber(row, 'at'), entry }];
      });
  }
}

function readRecord(row: Parameters<typeof readText>[0]): SessionRecord {
  return {
    id: readText(row, 'id'),
    title: readText(row, 'title'),
    model: readText(row, 'model'),
    createdAt: readNumber(row, 'created_at'),
    updatedAt: readNumber(row, 'updated_at'),
    inbox: readInbox(readText(row, 'inbox')),
  };
}

function readInbox(json: string): string[] {
  // As good as always, and there may be a thousand of them at activation.
  if (json === '[]') return [];
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) ? value.filter((text): text is string => typeof text === 'string') : [];
  } catch {
    return [];
  }
}
