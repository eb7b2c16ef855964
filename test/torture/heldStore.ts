import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** Another program that keeps the store for itself for a while: nobody can write in the meantime. */
export class HeldStore {
  /** Resolves when everybody can write again. */
  readonly over: Promise<void>;
  readonly #db: DatabaseSync;
  readonly #timer: NodeJS.Timeout;
  readonly #released = Promise.withResolvers<void>();

  private constructor(db: DatabaseSync, ms: number) {
    this.#db = db;
    this.#timer = setTimeout(() => this.release(), ms);
    this.over = this.#released.promise;
  }

  /** Undefined where there is no store yet. */
  static hold(file: string, ms: number): HeldStore | undefined {
    if (!existsSync(file)) return undefined;
    const db = new DatabaseSync(file, { timeout: 5000 });
    db.exec('BEGIN IMMEDIATE');
    return new HeldStore(db, ms);
  }

  /** A second time it does nothing. */
  release(): void {
    clearTimeout(this.#timer);
    if (this.#db.isOpen) this.#db.close();
    this.#released.resolve();
  }
}
