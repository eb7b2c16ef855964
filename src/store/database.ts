import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import { DatabaseSync } from 'node:sqlite';
import { MIGRATIONS } from './migrations';
import * as faults from './storeFaults';
import * as files from './storeFiles';

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** Tells the user, in a sentence: what happened, what was kept, what to do next. */
export type ReportStoreProblem = (sentence: string, error: unknown) => void;

/** Told of each write by its SQL, before it is made and once it is made: a crash test kills its process there. */
export type WriteWitness = (moment: 'before' | 'after', sql: string) => void;

const MEMORY = ':memory:';

/**
 * The SQLite file of a workspace. Calls are synchronous and short (a few microseconds in a transaction). A file that
 * cannot be written any more is reported once; from then on writes do nothing, and all goes on in memory.
 */
export class Database {
  readonly #db: DatabaseSync;
  readonly #report: ReportStoreProblem;
  readonly #witness: WriteWitness;
  readonly #statements = new Map<string, StatementSync>();
  readonly #file: string;
  #inTransaction = false;
  #broken = false;
  #toldOfRows = false;

  private constructor(db: DatabaseSync, report: ReportStoreProblem, witness: WriteWitness, file: string) {
    this.#db = db;
    this.#report = report;
    this.#witness = witness;
    this.#file = file;
  }

  /**
   * Opens the file, makes it where there is none, and brings its tables up to date (after a copy of it was made). A
   * damaged file, or one of a newer Fanout, is set aside under another name and a fresh one begun; where no file can be
   * had at all, all is kept in memory. Either is reported; nothing throws.
   */
  static open(file: string, report: ReportStoreProblem, witness: WriteWitness = unseen): Database {
    if (file === MEMORY) return Database.#openFile(file, report, witness);
    try {
      mkdirSync(dirname(file), { recursive: true });
      return Database.#openOrReplace(file, report, witness);
    } catch (error) {
      report(faults.unusable(file, error), error);
      return Database.#openFile(MEMORY, report, witness);
    }
  }

  static #openOrReplace(file: string, report: ReportStoreProblem, witness: WriteWitness): Database {
    try {
      if (existsSync(file)) return Database.#openUnlessDamaged(file, report, witness);
    } catch (error) {
      // Busy: another window begins a fresh one, for which SQLite does not wait.
      if (!faults.isDamage(error) && !faults.isBusy(error) && !(error instanceof faults.NewerStore)) throw error;
    }
    return files.alone(file, () => Database.#replace(file, report, witness));
  }

  /** Begins a fresh file where there is none or where what is there cannot be used. One window at a time does this. */
  static #replace(file: string, report: ReportStoreProblem, witness: WriteWitness): Database {
    try {
      // Another window may have replaced it while this one waited.
      return Database.#openUnlessDamaged(file, report, witness);
    } catch (error) {
      const isNewer = error instanceof faults.NewerStore;
      if (!faults.isDamage(error) && !isNewer) throw error;
      if (isNewer && files.isInUse(file)) throw new faults.NewerStoreInUse(error.message);
      const aside = files.setAside(file, isNewer ? 'newer' : 'damaged');
      const fresh = Database.#openFile(file, report, witness);
      report(faults.wasSetAside(aside, error), error);
      return fresh;
    }
  }

  static #openUnlessDamaged(file: string, report: ReportStoreProblem, witness: WriteWitness): Database {
    if (files.isMarkedDamaged(file)) throw new faults.KnownDamage('An earlier run came upon damage in the store.');
    return Database.#openFile(file, report, witness);
  }

  static #openFile(file: string, report: ReportStoreProblem, witness: WriteWitness): Database {
    // Two windows on one workspace wait for each other, which takes milliseconds.
    const db = new DatabaseSync(file, { timeout: 5000 });
    try {
      // WAL: a killed process loses no committed transaction.
      db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;');
      migrate(db, file, witness);
    } catch (error) {
      db.close();
      throw error;
    }
    return new Database(db, report, witness, file);
  }

  /** Nothing of it outlives the window. */
  get isInMemory(): boolean {
    return this.#file === MEMORY;
  }

  /** The rows; none where the file cannot be read, which is reported. */
  all(sql: string, ...values: SQLInputValue[]): Row[] {
    if (!this.#db.isOpen) return [];
    try {
      return this.#prepare(sql).all(...values);
    } catch (error) {
      if (!faults.isDamage(error) && !faults.isStorageFault(error)) throw error;
      this.#giveUp(error);
      return [];
    }
  }

  /** Another number whenever another window has written. https://sqlite.org/pragma.html#pragma_data_version */
  get otherWrites(): number {
    return Number(this.all('PRAGMA data_version')[0]?.['data_version'] ?? 0);
  }

  /** What is written now is there when it is read: in the file, or in memory where no file could be had. */
  get isWritable(): boolean {
    return !this.#broken;
  }

  /** A row is damaged and was left out: the user is told, once. */
  reportDamagedRow(error: unknown): void {
    if (this.#toldOfRows) return;
    this.#toldOfRows = true;
    this.#report(faults.ROWS_LEFT_OUT, error);
  }

  /** Returns the number of rows that changed; 0 too where the file cannot be written any more. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return this.#write(sql, () => Number(this.#prepare(sql).run(...values).changes)) ?? 0;
  }

  /**
   * All of the writes in `body`, or none where it throws (the error goes on to the caller). Inside another
   * transaction it is part of that. `body` runs exactly once, whatever the state of the file.
   */
  transaction<T>(body: () => T): T {
    if (this.#inTransaction) return body();
    this.#write('BEGIN', () => this.#db.exec('BEGIN IMMEDIATE'));
    if (this.#broken) return body();
    this.#inTransaction = true;
    try {
      const result = body();
      this.#write('COMMIT', () => this.#db.exec('COMMIT'));
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

  #write<T>(sql: string, write: () => T): T | undefined {
    if (this.#broken) return undefined;
    this.#witness('before', sql);
    try {
      const result = write();
      this.#witness('after', sql);
      return result;
    } catch (error) {
      if (!faults.isDamage(error) && !faults.isStorageFault(error)) throw error;
      this.#giveUp(error);
      return undefined;
    }
  }

  /** From now on all goes on in memory. */
  #giveUp(error: unknown): void {
    if (this.#broken) return;
    this.#broken = true;
    this.#rollBack();
    const isDamage = faults.isDamage(error);
    if (isDamage) files.markDamaged(this.#file);
    this.#report(isDamage ? faults.damaged(this.#file) : faults.unwritable(this.#file, error), error);
  }

  #rollBack(): void {
    if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
  }
}

function unseen(): void {
  // In production nobody looks.
}

function migrate(db: DatabaseSync, file: string, witness: WriteWitness): void {
  const before = versionOf(db);
  if (before === MIGRATIONS.length) return;
  if (before > MIGRATIONS.length) throw new faults.NewerStore(before, MIGRATIONS.length);
  if (before > 0) files.backUp(db, file, before);
  // All steps or none: what fails leaves the file as it was.
  db.exec('BEGIN IMMEDIATE');
  try {
    takeSteps(db, witness);
  } catch (error) {
    throw faults.ofMigration(error);
  }
  witness('before', 'COMMIT');
  db.exec('COMMIT');
  witness('after', 'COMMIT');
}

function takeSteps(db: DatabaseSync, witness: WriteWitness): void {
  for (const [index, step] of MIGRATIONS.entries()) {
    // Asked again: another window may have been here first.
    if (index < versionOf(db)) continue;
    witness('before', `MIGRATION ${index + 1}`);
    db.exec(`${step} PRAGMA user_version = ${index + 1};`);
  }
}

function versionOf(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
}
