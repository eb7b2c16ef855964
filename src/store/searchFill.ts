import type { Clock } from '../util/clock';
import type { Disposable } from '../util/emitter';
import type { Database, Row } from './database';
import { readNumber, readText } from './rows';

/** Milliseconds: activation, and what the user waits for after it, goes first. */
const FIRST_PIECE_MS = 5000;
const BETWEEN_MS = 50;
/** Entries of a session that are taken in at a time: a few milliseconds of the extension host's thread. */
const PIECE = 20;

/**
 * Puts into the search, a piece at a time and the newest first, what an older Fanout stored before there was one. What
 * is done and what is left is in the file, and a piece is made whole or not at all, so it goes on after a crash; that two
 * windows do the same piece changes nothing. What is new meanwhile the triggers take in.
 */
export class SearchFill implements Disposable {
  readonly #db: Database;
  readonly #clock: Clock;
  #timer: Disposable | undefined;
  /** The number of the last write of the piece before, and what that was. */
  #last: { readonly position: number; readonly piece: string } | undefined;

  constructor(db: Database, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** Begins in a while, where there is anything to do. */
  start(): void {
    if (this.#next() !== undefined) this.#after(FIRST_PIECE_MS);
  }

  dispose(): void {
    this.#timer?.dispose();
  }

  #next(): Row | undefined {
    return this.#db.all('SELECT id, seq FROM unsearched ORDER BY at DESC, id LIMIT 1')[0];
  }

  #after(ms: number): void {
    this.#timer = this.#clock.after(ms, () => {
      // While the store cannot be written, what there is to do stays as it is.
      if (this.#last === undefined || !this.#db.isWaiting(this.#last.position)) {
        const row = this.#next();
        if (row === undefined) return;
        this.#take(row);
      }
      this.#after(BETWEEN_MS);
    });
  }

  #take(row: Row): void {
    const id = readText(row, 'id');
    const piece = `${id} ${String(row['seq'])}`;
    const position =
      this.#last?.piece === piece
        ? // It was left out for something in it, and must not hold up the others.
          this.#db.run('DELETE FROM unsearched WHERE id = ?', id)
        : this.#db.transaction(() =>
            row['seq'] === null ? this.#takeChild(id) : this.#takeEntries(id, readNumber(row, 'seq')),
          );
    this.#db.flush();
    this.#last = { position, piece };
  }

  #takeChild(id: string): number {
    this.#db.run(
      `INSERT INTO places (id, child_id) SELECT (SELECT ${LOWEST}) - 1, child_id FROM child_texts
       WHERE child_id = ? AND text <> '' ON CONFLICT DO NOTHING`,
      id,
    );
    this.#db.run(
      `INSERT INTO search (rowid, text) SELECT places.id, text FROM child_texts JOIN places USING (child_id)
       WHERE child_id = ? AND text <> '' AND ${IS_NEW}`,
      id,
    );
    return this.#db.run('DELETE FROM unsearched WHERE id = ?', id);
  }

  #takeEntries(sessionId: string, above: number): number {
    const from = above - PIECE;
    this.#db.run(
      `INSERT INTO places (id, session_id, seq)
       SELECT (SELECT ${LOWEST}) - row_number() OVER (ORDER BY seq DESC), session_id, seq FROM message_texts
       WHERE session_id = ? AND seq >= ? AND seq < ? AND text <> '' ON CONFLICT DO NOTHING`,
      sessionId,
      from,
      above,
    );
    this.#db.run(
      `INSERT INTO search (rowid, text) SELECT places.id, text FROM message_texts JOIN places USING (session_id, seq)
       WHERE session_id = ? AND seq >= ? AND seq < ? AND text <> '' AND ${IS_NEW}`,
      sessionId,
      from,
      above,
    );
    return from > 0
      ? this.#db.run('UPDATE unsearched SET seq = ? WHERE id = ? AND seq = ?', from, sessionId, above)
      : this.#db.run('DELETE FROM unsearched WHERE id = ?', sessionId);
  }
}

/** Places are found newest first by their numbers: what is older than all of them goes below. */
const LOWEST = 'coalesce(min(id), 1) FROM places';
const IS_NEW = 'NOT EXISTS (SELECT 1 FROM search WHERE search.rowid = places.id)';
