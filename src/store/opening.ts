import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { MIGRATIONS } from './migrations';
import * as faults from './storeFaults';
import * as files from './storeFiles';
import type { ReportStoreProblem, WriteWitness } from './storePorts';

export const MEMORY = ':memory:';

/**
 * Opens the file, makes it where there is none, and brings its tables up to date (after a copy of it was made). A
 * damaged file, or one of a newer Fanout, is set aside under another name and a fresh one begun, which is reported.
 * Waits for nobody: throws a busy error where another window is at it just now.
 */
export function openStore(file: string, report: ReportStoreProblem, witness: WriteWitness): DatabaseSync {
  if (file === MEMORY) return openFile(file, witness);
  mkdirSync(dirname(file), { recursive: true });
  try {
    if (existsSync(file)) return openUnlessDamaged(file, witness);
  } catch (error) {
    if (!faults.isDamage(error) && !(error instanceof faults.NewerStore)) throw error;
  }
  return files.alone(file, () => replace(file, report, witness));
}

/** Begins a fresh file where there is none or where what is there cannot be used. One window at a time does this. */
function replace(file: string, report: ReportStoreProblem, witness: WriteWitness): DatabaseSync {
  try {
    // Another window may have replaced it before this one came to it.
    return openUnlessDamaged(file, witness);
  } catch (error) {
    const isNewer = error instanceof faults.NewerStore;
    if (!faults.isDamage(error) && !isNewer) throw error;
    if (isNewer && files.isInUse(file)) throw new faults.NewerStoreInUse(error.message);
    const aside = files.setAside(file, isNewer ? 'newer' : 'damaged');
    const tell = () => report(faults.wasSetAside(aside, error), error);
    const fresh = beginFresh(file, witness, tell);
    tell();
    return fresh;
  }
}

/** Where another window came first, it is that one's file that is fresh. */
function beginFresh(file: string, witness: WriteWitness, tell: () => void): DatabaseSync {
  try {
    return openFile(file, witness);
  } catch (error) {
    if (faults.isBusy(error)) tell();
    throw error;
  }
}

function openUnlessDamaged(file: string, witness: WriteWitness): DatabaseSync {
  if (files.isMarkedDamaged(file)) throw new faults.KnownDamage('An earlier run came upon damage in the store.');
  return openFile(file, witness);
}

function openFile(file: string, witness: WriteWitness): DatabaseSync {
  // No waiting inside SQLite: the extension host is one thread, and a wait for a lock is a frozen editor.
  const db = new DatabaseSync(file, { timeout: 0 });
  try {
    // WAL: a killed process loses no committed transaction, and who reads does not wait for who writes.
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;');
    migrate(db, file, witness);
  } catch (error) {
    db.close();
    throw error;
  }
  return db;
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
