import { DatabaseSync } from 'node:sqlite';

/** Another window (a second connection, which is the same to SQLite) that holds the write lock of a store. */
export class LockHolder implements Disposable {
  readonly #db: DatabaseSync;

  constructor(file: string) {
    this.#db = new DatabaseSync(file, { timeout: 0 });
    this.#db.exec('BEGIN IMMEDIATE');
  }

  release(): void {
    if (this.#db.isOpen) this.#db.close();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
