import type { Clock } from '../util/clock';
import { entryCodec } from './codecs/entryCodec';
import type { Database } from './database';
import type { SessionEntry } from './entries';
import { readNumber, readText, Reading } from './rows';
import { Unwritten } from './unwritten';

export interface StoredEntry {
  /** From 0, without gaps in what was ever appended. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly entry: SessionEntry;
}

/** A message that waits; with the name that the view gave it, where it gave one. */
export type QueuedText = string | { readonly text: string; readonly typedId: string };

export interface SessionRecord {
  readonly id: string;
  readonly title: string;
  /** The model that the user chose for it; empty = the setting's. */
  readonly model: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** What the user typed while a turn ran. */
  readonly inbox: readonly QueuedText[];
}

/** What happened to a session and is not in the file yet. */
type Change =
  | { readonly type: 'saved'; readonly record: SessionRecord }
  | { readonly type: 'deleted' }
  | { readonly type: 'appended'; readonly stored: StoredEntry };

/** Sessions and their transcripts. */
export class SessionStore {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #unwritten: Unwritten<Change>;

  constructor(db: Database, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
    this.#unwritten = new Unwritten(db);
  }

  /** All sessions, the one used last first. */
  list(): SessionRecord[] {
    const rows = this.#db.all('SELECT * FROM sessions ORDER BY updated_at DESC, created_at DESC');
    const records = new Map(rows.map(readRecord).map((record) => [record.id, record]));
    const waiting = this.#unwritten.all();
    for (const { key, item } of waiting) {
      if (item.type === 'saved') records.set(key, item.record);
      if (item.type === 'deleted') records.delete(key);
    }
    const listed = [...records.values()];
    return waiting.length === 0 ? listed : listed.sort((a, b) => b.updatedAt - a.updatedAt);
  }

  find(sessionId: string): SessionRecord | undefined {
    return this.#db.all('SELECT * FROM sessions WHERE id = ?', sessionId).map(readRecord)[0];
  }

  /** Ids of those in which messages wait that the user typed. */
  withQueue(): string[] {
    const ids = new Set(this.#db.all("SELECT id FROM sessions WHERE inbox <> '[]'").map((row) => readText(row, 'id')));
    for (const { key, item } of this.#unwritten.all()) {
      if (item.type === 'saved' && item.record.inbox.length > 0) ids.add(key);
      else if (item.type !== 'appended') ids.delete(key);
    }
    return [...ids];
  }

  save(record: SessionRecord): void {
    const position = this.#db.put(
      `session ${record.id}`,
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
    this.#unwritten.add(position, record.id, { type: 'saved', record });
  }

  delete(sessionId: string): void {
    const position = this.#db.run('DELETE FROM sessions WHERE id = ?', sessionId);
    this.#unwritten.add(position, sessionId, { type: 'deleted' });
  }

  append(sessionId: string, seq: number, entry: SessionEntry): StoredEntry {
    const stored = { seq, at: this.#clock.now(), entry };
    const position = this.#db.run(
      'INSERT INTO messages (session_id, seq, at, body) VALUES (?, ?, ?, ?)',
      sessionId,
      seq,
      stored.at,
      entryCodec.write(entry),
    );
    this.#unwritten.add(position, sessionId, { type: 'appended', stored });
    return stored;
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
    const written = last === undefined || last['seq'] === null ? 0 : readNumber(last, 'seq') + 1;
    return Math.max(written, ...this.#waitingEntries(sessionId).map(({ seq }) => seq + 1));
  }

  /** The transcript, in order, from a place on. Damaged entries are left out. */
  entries(sessionId: string, from = 0): StoredEntry[] {
    const reading = new Reading(this.#db);
    const written = this.#db
      .all('SELECT seq, at, body FROM messages WHERE session_id = ? AND seq >= ? ORDER BY seq', sessionId, from)
      .flatMap((row) => {
        const entry = reading.body(entryCodec, row);
        return entry === undefined ? [] : [{ seq: readNumber(row, 'seq'), at: readNumber(row, 'at'), entry }];
      });
    reading.end();
    return [...written, ...this.#waitingEntries(sessionId).filter(({ seq }) => seq >= from)];
  }

  #waitingEntries(sessionId: string): StoredEntry[] {
    return this.#unwritten.of(sessionId).flatMap((change) => (change.type === 'appended' ? [change.stored] : []));
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

function readInbox(json: string): QueuedText[] {
  // As good as always, and there may be a thousand of them at activation.
  if (json === '[]') return [];
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) ? value.filter(isQueued) : [];
  } catch {
    return [];
  }
}

function isQueued(value: unknown): value is QueuedText {
  if (typeof value === 'string') return true;
  if (typeof value !== 'object' || value === null) return false;
  return 'text' in value && typeof value.text === 'string' && 'typedId' in value && typeof value.typedId === 'string';
}
