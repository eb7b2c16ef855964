import type { Message } from '../agent/messages';
import type { Clock } from '../util/clock';
import type { Database } from './database';
import { readBody } from './rows';

/** The transcripts of children. */
export class TranscriptStore {
  readonly #db: Database;
  readonly #clock: Clock;

  constructor(db: Database, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  append(childId: string, message: Message): void {
    this.#db.run(
      `INSERT INTO transcripts (child_id, seq, at, body)
       SELECT id, (SELECT count(*) FROM transcripts WHERE child_id = children.id), ?, ? FROM children WHERE id = ?`,
      this.#clock.now(),
      JSON.stringify(message),
      childId,
    );
  }

  load(childId: string): Message[] {
    return this.#db
      .all('SELECT body FROM transcripts WHERE child_id = ? ORDER BY seq', childId)
      .flatMap((row) => readBody<Message>(row, (value) => value.role !== undefined) ?? []);
  }
}
