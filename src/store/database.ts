import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import type { SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import { DatabaseSync } from 'node:sqlite';
import { MIGRATIONS } from './migrations';

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** Tells the user, in a sentence: what happened, what was kept, what to do next. */
export type ReportStoreProblem = (sentence: string, error: unknown) => void;

const MEMORY = ':memory:';

/**
 * The SQLite file of a workspace. Calls are synchronous and short (a few microseconds in a transaction). A file that
 * cannot be written any more is reported once; from then on writes do nothing, and all goes on in memory.
 */
export class Database {
  readonly #db: DatabaseSync;
  readonly #report: ReportStoreProblem;
  readonly #inMemory: boolean;
  readonly #statements = new Map<string, StatementSync>();
  #inTransaction = false;
  #broken = false;

  private constructor(db: DatabaseSync, report: ReportStoreProblem, inMemory: boolean) {
    this.#db = db;
    this.#report = report;
    this.#inMemory = inMemory;
  }

  /**
   * Opens the file, makes it where there is none, and brings its tables up to date (after a copy of it was made). A
   * damaged file, or one of a newer Fanout, is set aside under another name and a fresh one begun; where no file can be
   * had at all, all is kept in memory. Either is reported; nothing throws.
   */
  static open(file: string, report: ReportStoreProblem): Database {
    try {
      mkdirSync(dirname(file), { recursive: true });
      return Database.#openOrReplace(file, report);
    } catch (error) {
      report('Fanout cannot use its store, so nothing of this session outlives the window. Check the disk.', error);
      return Database.#openFile(MEMORY, report);
    }
  }

  static #openOrReplace(file: string, report: ReportStoreProblem): Database {
    try {
      return Database.#openFile(file, report);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      const aside = setAside(file);
      const fresh = Database.#openFile(file, report);
      report(`The store of Fanout could not be read. It was set aside as ${aside}, and a fresh one was begun.`, error);
      return fresh;
    }
  }

  static #openFile(file: string, report: ReportStoreProblem): Database {
    // Two windows on one workspace wait for each other, which takes milliseconds.
    const db = new DatabaseSync(file, { timeout: 5000 });
    try {
      // WAL: a killed process loses no committed transaction.
      db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;');
      migrate(db, file);
    } catch (error) {
      db.close();
      throw error;
    }
    return new Database(db, report, file === MEMORY);
  }

  /** Nothing of it outlives the window. */
  get isInMemory(): boolean {
    return this.#inMemory;
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#db.isOpen ? this.#prepare(sql).all(...values) : [];
  }

  /** Another number whenever another window has written. https://sqlite.org/pragma.html#pragma_data_version */
  get otherWrites(): number {
    return Number(this.all('PRAGMA data_version')[0]?.['data_version'] ?? 0);
  }

  /** Returns the number of rows that changed; 0 too where the file cannot be written any more. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return this.#write(() => Number(this.#prepare(sql).run(...values).changes)) ?? 0;
  }

  /**
   * All of the writes in `body`, or none where it throws (the error goes on to the caller). Inside another
   * transaction it is part of that. `body` runs exactly once, whatever the state of the file.
   */
  transaction<T>(body: () => T): T {
    if (this.#inTransaction) return body();
    this.#write(() => this.#db.exec('BEGIN IMMEDIATE'));
    if (this.#broken) return body();
    this.#inTransaction = true;
    try {
      const result = body();
      this.#write(() => this.#db.exec('COMMIT'));
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    } finally {
      this.#inTransaction = false;
    }
  }

  /** What comes after this is not kept; nothing that still ends its work has to know. */
  close(): void {
    this.#broken = true;
    this.#statements.clear();
    if (this.#db.isOpen) this.#db.close();
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #write<T>(write: () => T): T | undefined {
    if (this.#broken) return undefined;
    try {
      return write();
    } catch (error) {
      if (!isStorageFault(error)) throw error;
      this.#broken = true;
      this.#rollBack();
      this.#report(
        'Fanout cannot write its store any more (is the disk full?). This session goes on, but what happens from now on is lost when the window closes.',
        error,
      );
      return undefined;
    }
  }

  #rollBack(): void {
    if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
  }
}

function migrate(db: DatabaseSync, file: string): void {
  const before = versionOf(db);
  if (before === MIGRATIONS.length) return;
  if (before > MIGRATIONS.length) throw new NewerStore(before);
  if (before > 0) backUp(db, `${file}.backup-${before}`);
  db.exec('BEGIN IMMEDIATE');
  // Asked again: another window may have been here first.
  for (const [index, step] of MIGRATIONS.entries()) {
    if (index >= versionOf(db)) db.exec(`${step} PRAGMA user_version = ${index + 1};`);
  }
  db.exec('COMMIT');
}

function versionOf(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
}

/** A copy as it was before this version, once. */
function backUp(db: DatabaseSync, copy: string): void {
  if (!existsSync(copy)) db.exec(`VACUUM INTO '${copy.replaceAll("'", "''")}'`);
}

class NewerStore extends Error {
  constructor(version: number) {
    super(`The store is of a newer version of Fanout (${version}).`);
  }
}

/** Not a database, damaged, or not one that this version knows: https://sqlite.org/rescode.html, 11 and 26. */
function isUnreadable(error: unknown): boolean {
  return error instanceof NewerStore || [11, 26].includes(resultCode(error));
}

/** Gives the file and its companions another name, and returns that. */
function setAside(file: string): string {
  let n = 1;
  while (existsSync(`${file}.damaged-${n}`)) n++;
  const aside = `${file}.damaged-${n}`;
  renameSync(file, aside);
  for (const companion of ['-wal', '-shm']) {
    if (existsSync(file + companion)) renameSync(file + companion, aside + companion);
  }
  return aside;
}

/** Read-only, I/O error, out of space, cannot open: https://sqlite.org/rescode.html, 8, 10, 13 and 14. */
function isStorageFault(error: unknown): boolean {
  return [8, 10, 13, 14].includes(resultCode(error));
}

/** SQLite's primary result code; 0 for any other error. */
function resultCode(error: unknown): number {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return 0;
  return error.errcode & 0xff;
}
