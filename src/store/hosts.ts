import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { alone } from './storeFiles';

/**
 * Tells which windows are alive. Each holds a lock on a file of its own for as long as its process lives: the system
 * lets go of it when the process ends, however it ends, and no recycled process id can be taken for it.
 * https://sqlite.org/lockingv3.html
 */
export interface Hosts {
  /** This window's own id, new in every run. */
  readonly id: string;
  isAlive(hostId: string): boolean;
  /** This window is over: others may take what it held. */
  close(): void;
}

/** The windows that share a folder of lock files; this one alone where that cannot be written. */
export function openHosts(folder: string, onError: (message: string, error: unknown) => void): Hosts {
  try {
    return new LockedHosts(folder);
  } catch (error) {
    onError('This window cannot tell of itself to others on the same workspace', error);
    return new LoneHost();
  }
}

/** Windows that share a folder of lock files. Throws where the folder cannot be written. */
export class LockedHosts implements Hosts {
  readonly id = randomUUID();
  readonly #folder: string;
  readonly #lock: DatabaseSync;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    // A file that is made and not locked yet looks like one of a dead window: nobody may clear away meanwhile.
    this.#lock = alone(folder, () => {
      this.#sweep();
      return lock(this.#file(this.id));
    });
  }

  isAlive(hostId: string): boolean {
    return hostId === this.id ? this.#lock.isOpen : isLocked(this.#file(hostId));
  }

  close(): void {
    if (!this.#lock.isOpen) return;
    this.#lock.close();
    remove(this.#file(this.id));
  }

  #file(hostId: string): string {
    return join(this.#folder, `${hostId}.lock`);
  }

  /** Removes what windows left behind that were killed. */
  #sweep(): void {
    for (const name of readdirSync(this.#folder)) {
      const file = join(this.#folder, name);
      if (name.endsWith('.lock') && !isLocked(file)) remove(file);
    }
  }
}

/** The only window there is: its store is in memory. */
export class LoneHost implements Hosts {
  readonly id = randomUUID();

  isAlive(hostId: string): boolean {
    return hostId === this.id;
  }

  close(): void {
    // Nobody else could take anything.
  }
}

function lock(file: string): DatabaseSync {
  const held = new DatabaseSync(file, { timeout: 0 });
  held.exec('BEGIN EXCLUSIVE');
  return held;
}

/** A file that stays, because somebody looks into it just now, is removed another time. */
function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // It is locked by nobody, and tells of nobody.
  }
}

function isLocked(file: string): boolean {
  let probe: DatabaseSync | undefined;
  try {
    // Not there: its window ended in order. It must not be made anew by looking.
    probe = new DatabaseSync(file, { timeout: 0, readOnly: true });
    probe.exec('BEGIN; SELECT count(*) FROM sqlite_schema; ROLLBACK');
    return false;
  } catch (error) {
    return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
  } finally {
    probe?.close();
  }
}

const SQLITE_BUSY = 5;
