import type { Message } from '../agent/messages';
import { toolCallsOf } from '../agent/messages';
import type { Clock } from '../util/clock';
import { messageCodec } from './codecs/entryCodec';
import type { Database } from './database';
import { Reading } from './rows';
import { Unwritten } from './unwritten';

/** The transcripts of children. */
export class TranscriptStore {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #unwritten: Unwritten<Message>;

  constructor(db: Database, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
    this.#unwritten = new Unwritten(db);
  }

  /**
   * Nothing comes of it where the child is forgotten. Calls of tools are in the file when this returns, if that can be
   * written now: what a tool did and nobody knows of would be done again when the child is resumed.
   */
  append(childId: string, message: Message): void {
    const position = this.#db.run(
      `INSERT INTO transcripts (child_id, seq, at, body)
       SELECT id, (SELECT coalesce(max(seq) + 1, 0) FROM transcripts WHERE child_id = children.id), ?, ?
       FROM children WHERE id = ?`,
      this.#clock.now(),
      messageCodec.write(message),
      childId,
    );
    this.#unwritten.add(position, childId, message);
    if (message.role === 'assistant' && toolCallsOf(message).length > 0) this.#db.flush();
  }

  load(childId: string): Message[] {
    const reading = new Reading(this.#db);
    const written = this.#db
      .all('SELECT body FROM transcripts WHERE child_id = ? ORDER BY seq', childId)
      .flatMap((row) => reading.body(messageCodec, row) ?? []);
    reading.end();
    return [...written, ...this.#unwritten.of(childId)];
  }
}
