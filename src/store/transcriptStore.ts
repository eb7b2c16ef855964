import type { Message } from '../agent/messages';
import type { Clock } from '../util/clock';
import type { Database } from './database';
import { readBody } from './rows';

/** The transcripts of children. */
export class TranscriptStore {
  readonly #db: Database;
  readonly #clock: Clock;
  /** What came when the store could not be written any more, by child. */
  readonly #unwritten = new Map<string, Message[]>();

  constructor(db: Database, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  append(childId: string, message: Message): void {
    if (!this.#write(childId, message) && !this.#db.isWritable)
      this.#unwritten.set(childId, [...(this.#unwritten.get(childId) ?? []), message]);
  }

  load(childId: string): Message[] {
    const written = this.#db
      .all('SELECT body FROM transcripts WHERE child_id = ? ORDER BY seq', childId)
      .flatMap((row) => readBody<Message>(this.#db, row, (value) => value.role !== undefined) ?? []);
    return [...written, ...(this.#unwritten.get(childId) ?? [])];
  }

  /** False where it could not be written, or the child is forgotten. */
  #write(childId: string, message: Message): boolean {
    const rows = this.#db.run(
      `INSERT INTO transcripts (child_id, seq, at, body)
       SELECT id, (SELECT count(*) FROM transcripts WHERE child_id = children.id), ?, ? FROM children WHERE id = ?`,
      this.#clock.now(),
      JSON.stringify(message),
      childId,
    );
    return rows > 0;
  }
}
