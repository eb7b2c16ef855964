import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import { systemClock } from '../util/clock';
import type { Batch, Group, Write } from './journal';
import { Journal } from './journal';
import { MEMORY, openStore } from './opening';
import { Patience } from './patience';
import * as faults from './storeFaults';
import * as files from './storeFiles';
import type { DatabasePorts, ReportStoreProblem } from './storePorts';

export type Row = Readonly<Record<string, SQLOutputValue>>;

/**
 * The SQLite file of a workspace. Nothing here waits: reads are synchronous and short, and what is written goes into a
 * journal that is made at the end of the tick, in one transaction. While another program holds the file, or it cannot
 * be written, the journal is kept, in order, and tried again. No write ever throws.
 */
export class Database {
  readonly #file: string;
  readonly #report: ReportStoreProblem;
  readonly #ports: DatabasePorts;
  readonly #patience: Patience;
  readonly #journal = new Journal();
  readonly #statements = new Map<string, StatementSync>();
  readonly #ready = Promise.withResolvers<void>();
  /** Undefined until it could be opened. */
  #db: DatabaseSync | undefined;
  #isInMemory: boolean;
  /** Nothing is written any more: it was closed, or turned out to be damaged. */
  #isOver = false;
  /** The writes of the transaction that is being put together. */
  #group: Write[] | undefined;
  #position = 0;
  #written = 0;
  /** Numbers of writes whose transaction threw. */
  readonly #withdrawn = new Set<number>();
  /** Who wants to know when a write is in the file. */
  #awaited: { readonly position: number; readonly resolve: () => void }[] = [];
  #drops = 0;
  #tick: NodeJS.Immediate | undefined;
  /** A large file of an older Fanout is copied before it is brought up to date. */
  #copying: Promise<void> | undefined;
  #toldOfRows = false;
  #toldOfRefusal = false;

  private constructor(file: string, report: ReportStoreProblem, ports: DatabasePorts) {
    this.#file = file;
    this.#isInMemory = file === MEMORY;
    this.#report = report;
    this.#ports = ports;
    this.#patience = new Patience({
      clock: ports.clock,
      tryAgain: () => this.#tryAgain(),
      tell: (error) => report(this.#troubleWith(error), error),
      onThrough: () => ports.onInfo(faults.WRITTEN_AGAIN),
    });
  }

  /**
   * Opens the file, or makes it. Where another window holds it just now it is opened later: nothing can be read until
   * then, what is written is kept, and {@link ready} tells. Where no file can be had at all, all is kept in memory, which
   * is reported. Nothing throws.
   */
  static open(file: string, report: ReportStoreProblem, ports: Partial<DatabasePorts> = {}): Database {
    const db = new Database(file, report, {
      clock: systemClock,
      witness: unseen,
      onError: (message, error) => report(message, error),
      onInfo: unseen,
      mayWrite: () => true,
      ...ports,
    });
    db.#open();
    return db;
  }

  /** Resolves when the file can be read. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** The file can be read. */
  get isOpen(): boolean {
    return this.#db !== undefined;
  }

  /** Nothing of it outlives the window. */
  get isInMemory(): boolean {
    return this.#isInMemory;
  }

  /** Nothing that is written from now on is kept. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The write with this number was given and is not in the file. */
  isWaiting(position: number): boolean {
    return position > this.#written && !this.#withdrawn.has(position);
  }

  /** Resolves when all that was written up to now is in the file, or nothing that waits is kept any more. */
  written(): Promise<void> {
    if (this.#journal.isEmpty || this.#isOver) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#awaited.push({ position: this.#position, resolve });
    return promise;
  }

  /** How many groups of writes were left out. Whoever keeps in mind what it wrote forgets that when the number changes. */
  get drops(): number {
    return this.#drops;
  }

  /** Another number whenever another window has written. https://sqlite.org/pragma.html#pragma_data_version */
  get otherWrites(): number {
    return Number(this.#read('PRAGMA data_version', [])[0]?.['data_version'] ?? 0);
  }

  /**
   * The rows, after all that was written before; while that has to wait, as they were before it. None where the file
   * cannot be read, which is reported.
   */
  all(sql: string, ...values: SQLInputValue[]): Row[] {
    this.flush();
    return this.#read(sql, values);
  }

  /** So many rows could not be read as a whole: the user is told, once. */
  reportLeftOut(count: number, error: unknown): void {
    if (this.#toldOfRows) return;
    this.#toldOfRows = true;
    this.#report(faults.leftOut(count), error);
  }

  /** Makes the statement at the end of the tick. Returns its number. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return this.#add({ sql, values });
  }

  /** The same for a statement that writes all of `subject`: where an earlier one of it still waits, that is left away. */
  put(subject: string, sql: string, ...values: SQLInputValue[]): number {
    return this.#add({ sql, values, subject });
  }

  /**
   * All of the writes in `body`, or none where it throws (the error goes on to the caller). Inside another transaction it
   * is part of that. `body` runs exactly once, at once, whatever the state of the file; what it reads is as it was before.
   */
  transaction<T>(body: () => T): T {
    if (this.#group !== undefined) return body();
    const group: Write[] = (this.#group = []);
    const before = this.#position;
    try {
      const result = body();
      this.#keep(group);
      return result;
    } catch (error) {
      for (let position = before + 1; position <= this.#position; position++) this.#withdrawn.add(position);
      throw error;
    } finally {
      this.#group = undefined;
    }
  }

  /** Makes now what waits. Returns whether nothing waits any more: all that was written is in the file. */
  flush(): boolean {
    for (let batch = this.#journal.first; batch !== undefined; batch = this.#journal.first) {
      if (!this.#make(batch)) return false;
    }
    return !this.#isOver;
  }

  /** Resolves when nothing waits to be written, or it is of no use to wait, or after so many milliseconds. */
  async settled(ms: number): Promise<void> {
    if (this.flush() || this.#isOver) return;
    if (this.#db === undefined && this.#copying !== undefined) await this.#copied(this.#copying, ms);
    if (!this.flush()) await this.#patience.over(ms);
  }

  /** What waits is tried once more, and told of where that is in vain. What comes after this is not kept. */
  close(): void {
    const isLost = !this.flush() && !this.#isOver && !this.#journal.isEmpty;
    if (isLost && !this.#patience.toldOfLoss) this.#report(faults.notWritten(this.#file), this.#patience.reason);
    this.#end();
    this.#statements.clear();
    if (this.#db?.isOpen === true) this.#db.close();
  }

  #open(): void {
    if (this.#isOver) return;
    const { witness } = this.#ports;
    try {
      this.#begin(openStore(this.#file, this.#report, witness));
    } catch (error) {
      if (faults.isBusy(error)) return this.#patience.wait(error);
      if (error instanceof files.CopyFirst) this.#copying = this.#copy(error.version);
      else this.#goWithout(error);
    }
  }

  async #copied(copying: Promise<void>, ms: number): Promise<void> {
    const limit = Promise.withResolvers<void>();
    const timer = this.#ports.clock.after(ms, () => limit.resolve());
    await Promise.race([copying, limit.promise]);
    timer.dispose();
  }

  async #copy(version: number): Promise<void> {
    try {
      await files.copyAside(this.#file, version);
    } catch (error) {
      if (!this.#isOver) this.#goWithout(error);
      return;
    }
    this.#open();
  }

  #goWithout(error: unknown): void {
    this.#report(faults.unusable(this.#file, error), error);
    this.#isInMemory = true;
    this.#begin(openStore(MEMORY, this.#report, this.#ports.witness));
  }

  #tryAgain(): void {
    if (this.#db === undefined) this.#open();
    else this.flush();
  }

  #begin(db: DatabaseSync): void {
    this.#db = db;
    this.#patience.through();
    this.flush();
    this.#ready.resolve();
  }

  #add(write: Write): number {
    this.#position++;
    if (this.#group === undefined) this.#keep([write]);
    else this.#group.push(write);
    return this.#position;
  }

  #keep(group: Group): void {
    if (this.#isOver) return;
    if (!this.#journal.add(group, this.#position)) return this.#refuse(group.length);
    this.#tick ??= setImmediate(() => this.#onTick());
  }

  /** Memory has an end, too. Whoever wrote it hears that it is not kept, and the user, once. */
  #refuse(writes: number): void {
    for (let i = 0; i < writes; i++) this.#withdrawn.add(this.#position - i);
    this.#drops++;
    if (this.#toldOfRefusal) return;
    this.#toldOfRefusal = true;
    this.#report(faults.notKept(this.#file), this.#patience.reason);
  }

  /** A batch at a time: what waited long and became much does not hold up everything else in one piece. */
  #onTick(): void {
    this.#tick = undefined;
    const batch = this.#journal.first;
    if (batch === undefined || this.#patience.isWaiting || !this.#make(batch)) return;
    if (!this.#journal.isEmpty) this.#tick = setImmediate(() => this.#onTick());
  }

  /** Returns whether the batch is done with. */
  #make(batch: Batch, isolated = false): boolean {
    const db = this.#db;
    if (db === undefined || this.#isOver) return false;
    try {
      if (!this.#isInMemory && !this.#ports.mayWrite()) throw new faults.NotAnnounced();
      const dropped = this.#commit(db, batch, isolated);
      this.#journal.shift();
      for (const fault of dropped) this.#drop(fault);
      this.#written = batch.last;
      this.#tellWritten();
      this.#patience.through();
      return true;
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      if (faults.isDamage(error)) return this.#giveUp(error);
      if (faults.isTrouble(error)) {
        this.#patience.wait(error);
        return false;
      }
      // A mistake in one group must not take along the others, nor hold up what comes behind.
      if (!isolated) return this.#make(batch, true);
      this.#journal.shift();
      this.#drop(error);
      this.#tellWritten();
      return true;
    }
  }

  /** Returns what was wrong with groups that were left out; nothing is left out where groups are not `isolated`. */
  #commit(db: DatabaseSync, { groups }: Batch, isolated: boolean): readonly unknown[] {
    this.#exec(db, 'BEGIN IMMEDIATE');
    const dropped = groups.flatMap((group) => {
      if (isolated) return this.#makeAlone(db, group);
      this.#makeGroup(group);
      return [];
    });
    this.#exec(db, 'COMMIT');
    return dropped;
  }

  #makeAlone(db: DatabaseSync, group: Group): readonly unknown[] {
    db.exec('SAVEPOINT alone');
    try {
      this.#makeGroup(group);
      return [];
    } catch (error) {
      if (faults.isTrouble(error) || faults.isDamage(error)) throw error;
      db.exec('ROLLBACK TO alone');
      return [error];
    }
  }

  #makeGroup(group: Group): void {
    const { witness } = this.#ports;
    for (const { sql, values } of group) {
      witness('before', sql);
      this.#prepare(sql).run(...values);
      witness('after', sql);
    }
  }

  #exec(db: DatabaseSync, sql: string): void {
    this.#ports.witness('before', sql);
    db.exec(sql);
    this.#ports.witness('after', sql);
  }

  #tellWritten(): void {
    if (this.#awaited.length === 0) return;
    const isAll = this.#journal.isEmpty;
    for (const { position, resolve } of this.#awaited) if (isAll || position <= this.#written) resolve();
    this.#awaited = isAll ? [] : this.#awaited.filter(({ position }) => position > this.#written);
  }

  #drop(error: unknown): void {
    this.#drops++;
    this.#ports.onError(faults.LEFT_OUT, error);
  }

  #read(sql: string, values: readonly SQLInputValue[]): Row[] {
    if (this.#db?.isOpen !== true) return [];
    try {
      return this.#prepare(sql).all(...values);
    } catch (error) {
      if (!faults.isDamage(error) && !faults.isTrouble(error)) throw error;
      // Nobody may take what cannot be read for empty, and write over it.
      this.#giveUp(error);
      return [];
    }
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    if (this.#db === undefined) throw new Error('The store is not open.');
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #troubleWith(error: unknown): string {
    if (error instanceof faults.NotAnnounced) return faults.unannounced(this.#file);
    if (faults.isBusy(error)) return faults.held(this.#file, this.isOpen);
    return faults.waiting(this.#file, error);
  }

  /** From now on all goes on in memory. */
  #giveUp(error: unknown): false {
    if (this.#isOver) return false;
    this.#end();
    const isDamage = faults.isDamage(error);
    if (isDamage) files.markDamaged(this.#file);
    this.#report(isDamage ? faults.damaged(this.#file) : faults.unwritable(this.#file, error), error);
    return false;
  }

  #end(): void {
    this.#isOver = true;
    this.#journal.clear();
    this.#patience.dispose();
    this.#tellWritten();
    clearImmediate(this.#tick);
  }
}

function unseen(): void {
  // In production nobody looks.
}
