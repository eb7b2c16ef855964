import type { Database } from './database';

/**
 * What was given to the store and is not in its file yet, because another program holds that: who reads it meanwhile
 * gets it from here. Empty at most times.
 */
export class Unwritten<T> {
  readonly #db: Database;
  #items: { readonly position: number; readonly key: string; readonly item: T }[] = [];

  constructor(db: Database) {
    this.#db = db;
  }

  /** `position` is the number that the database gave to the write. */
  add(position: number, key: string, item: T): void {
    this.#prune();
    this.#items.push({ position, key, item });
  }

  /** Those of one key, in order. */
  of(key: string): readonly T[] {
    return this.all().flatMap((waiting) => (waiting.key === key ? [waiting.item] : []));
  }

  /** All, in order. */
  all(): readonly { readonly key: string; readonly item: T }[] {
    this.#prune();
    return this.#items.filter(({ position }) => this.#db.isWaiting(position));
  }

  #prune(): void {
    const from = this.#items.findIndex(({ position }) => this.#db.isWaiting(position));
    if (from !== 0) this.#items = from === -1 ? [] : this.#items.slice(from);
  }
}
