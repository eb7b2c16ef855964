import { existsSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';

/** Files of each kind that are kept: the newest. */
const KEPT = 3;

const COMPANIONS = ['-wal', '-shm'];

/** Gives the file and its companions another name, and returns that. */
export function setAside(file: string, why: 'damaged' | 'newer'): string {
  const last = numbered(file, ASIDE).at(-1)?.number ?? 0;
  const aside = `${file}.${why}-${last + 1}`;
  renameSync(file, aside);
  for (const companion of COMPANIONS) {
    if (existsSync(file + companion)) renameSync(file + companion, aside + companion);
  }
  rmSync(markOf(file), { force: true });
  keepNewest(file, ASIDE);
  return aside;
}

/** A larger file is copied off the extension host's thread. */
const COPIED_AT_ONCE = 8 * 1024 * 1024;

const ALL_PAGES = 2 ** 31 - 1;

/** The file is large, and has to be copied by {@link copyAside} before its tables are changed. */
export class CopyFirst extends Error {
  readonly version: number;

  constructor(version: number) {
    super(`The store of version ${version} has to be copied first.`);
    this.version = version;
  }
}

/** Makes a copy of the file as it was before this version of its tables. Throws CopyFirst where that takes long. */
export function backUp(db: DatabaseSync, file: string, version: number): void {
  if (existsSync(copyOf(file, version))) return;
  if (statSync(file).size > COPIED_AT_ONCE) throw new CopyFirst(version);
  const part = partOf(file, version);
  try {
    db.exec(`VACUUM INTO '${part.replaceAll("'", "''")}'`);
    takeCopy(part, file, version);
  } finally {
    rmSync(part, { force: true });
  }
}

/** The same on another thread. */
export async function copyAside(file: string, version: number): Promise<void> {
  const part = partOf(file, version);
  const db = new DatabaseSync(file, { readOnly: true, timeout: 0 });
  try {
    // All in one go: it would begin anew whenever another window writes in between.
    await backup(db, part, { rate: ALL_PAGES });
    takeCopy(part, file, version);
  } finally {
    db.close();
    rmSync(part, { force: true });
  }
}

function copyOf(file: string, version: number): string {
  return `${file}.backup-${version}`;
}

/** A copy that could not be finished must not pass for one. */
function partOf(file: string, version: number): string {
  return `${copyOf(file, version)}.${process.pid}.part`;
}

function takeCopy(part: string, file: string, version: number): void {
  // Where another window brought the file up to date meanwhile, it made the copy before that.
  if (versionOf(part) === version) renameSync(part, copyOf(file, version));
  keepNewest(file, BACKUP);
}

function versionOf(file: string): number {
  const db = new DatabaseSync(file);
  try {
    // A copy needs no log beside it.
    db.exec('PRAGMA journal_mode = DELETE');
    return Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
  } finally {
    db.close();
  }
}

/** Runs `body` while no other window runs one for the same file. Throws a busy error where one does just now. */
export function alone<T>(file: string, body: () => T): T {
  const lock = new DatabaseSync(`${file}.lock`, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return body();
  } finally {
    lock.close();
  }
}

/** Whether another program has the database open. */
export function isInUse(file: string): boolean {
  const db = new DatabaseSync(file, { timeout: 0 });
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; ROLLBACK');
    return false;
  } catch {
    return true;
  } finally {
    db.close();
  }
}

/** Notes for the next run that the file is damaged: a look at all of it takes too long each time. */
export function markDamaged(file: string): void {
  try {
    writeFileSync(markOf(file), '');
  } catch {
    // The same damage is come upon again.
  }
}

export function isMarkedDamaged(file: string): boolean {
  return existsSync(file) && existsSync(markOf(file));
}

function markOf(file: string): string {
  return `${file}.is-damaged`;
}

const ASIDE = /^\.(?:damaged|newer)-(\d+)$/;
const BACKUP = /^\.backup-(\d+)$/;

/** The files that are called as `file` and what `kind` says, the newest last. */
function numbered(file: string, kind: RegExp): { readonly path: string; readonly number: number }[] {
  const name = basename(file);
  return readdirSync(dirname(file))
    .flatMap((other) => {
      const number = other.startsWith(name) ? kind.exec(other.slice(name.length))?.[1] : undefined;
      return number === undefined ? [] : [{ path: join(dirname(file), other), number: Number(number) }];
    })
    .sort((a, b) => a.number - b.number);
}

function keepNewest(file: string, kind: RegExp): void {
  for (const { path } of numbered(file, kind).slice(0, -KEPT)) {
    for (const companion of ['', ...COMPANIONS]) rmSync(path + companion, { force: true });
  }
}
