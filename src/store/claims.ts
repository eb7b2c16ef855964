import type { Database } from './database';
import type { Hosts } from './hosts';
import { readText } from './rows';

/**
 * Which window has a session, and with it all that the session dispatched. Two windows on one workspace never both have
 * the same: who has it runs it, writes it and delivers to it; the other one looks on, and takes it over when the first
 * is gone.
 */
export class Claims {
  readonly #db: Database;
  readonly #hosts: Hosts;
  readonly #mine = new Set<string>();

  constructor(db: Database, hosts: Hosts) {
    this.#db = db;
    this.#hosts = hosts;
    for (const row of db.all('SELECT DISTINCT host FROM claims')) {
      const host = readText(row, 'host');
      if (!hosts.isAlive(host)) db.run('DELETE FROM claims WHERE host = ?', host);
    }
  }

  /**
   * Takes it where no other living window has it. Returns whether it is ours: not as long as the store cannot be written,
   * so ask again when it can.
   */
  claim(sessionId: string): boolean {
    if (this.#mine.has(sessionId)) return true;
    const owner = this.#ownerOf(sessionId);
    if (owner !== undefined && owner !== this.#hosts.id && this.#hosts.isAlive(owner)) return false;
    const isNew = owner === undefined && !this.#isStored(sessionId);
    // Two windows may find the owner dead at once: the row changes hands only from the one that was seen.
    this.#db.put(
      `claim ${sessionId}`,
      'INSERT INTO claims (session_id, host) VALUES (?, ?) ON CONFLICT (session_id) DO UPDATE SET host = excluded.host WHERE host = ?',
      sessionId,
      this.#hosts.id,
      owner ?? '',
    );
    const isOurs = this.#isOurs(sessionId, isNew);
    if (isOurs) this.#mine.add(sessionId);
    return isOurs;
  }

  /** Another living window has it. */
  isElsewhere(sessionId: string): boolean {
    if (this.#mine.has(sessionId)) return false;
    const owner = this.#ownerOf(sessionId);
    return owner !== undefined && owner !== this.#hosts.id && this.#hosts.isAlive(owner);
  }

  #isOurs(sessionId: string, isNew: boolean): boolean {
    if (this.#db.flush()) return this.#ownerOf(sessionId) === this.#hosts.id;
    // Nobody else can know of one that this window has just made; and a store that is given up is written by nobody here.
    return isNew || this.#db.isOver;
  }

  #isStored(sessionId: string): boolean {
    return this.#db.all('SELECT 1 FROM sessions WHERE id = ?', sessionId).length > 0;
  }

  #ownerOf(sessionId: string): string | undefined {
    const row = this.#db.all('SELECT host FROM claims WHERE session_id = ?', sessionId)[0];
    return row === undefined ? undefined : readText(row, 'host');
  }
}
