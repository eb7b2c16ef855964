import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isBusy } from './storeFaults';
import { alone } from './storeFiles';

/**
 * Tells which windows are alive. Each holds a lock on a file of its own for as long as its process lives: the system
 * lets go of it when the process ends, however it ends, and no recycled process id can be taken for it.
 * https://sqlite.org/lockingv3.html
 */
export interface Hosts {
  /** This window's own id, new in every run. */
  readonly id: string;
  /**
   * Others can tell that this window lives. Tried anew where that could not be brought about before; as long as it is
   * false, this window may take nothing that others could take for a dead one's.
   */
  announce(): boolean;
  /** Whatever cannot be found out counts as alive: two windows that have the same are worse than one that looks on. */
  isAlive(hostId: string): boolean;
  /** This window is over: others may take what it held. */
  close(): void;
}

/** Windows that share a folder of lock files. */
export class LockedHosts implements Hosts {
  readonly id = randomUUID();
  readonly #folder: string;
  readonly #onError: (message: string, error: unknown) => void;
  #lock: DatabaseSync | undefined;
  #isClosed = false;
  #toldOf = false;

  constructor(folder: string, onError: (message: string, error: unknown) => void) {
    this.#folder = folder;
    this.#onError = onError;
    this.announce();
  }

  announce(): boolean {
    if (this.#lock !== undefined || this.#isClosed) return !this.#isClosed;
    try {
      mkdirSync(this.#folder, { recursive: true });
      // A file that is made and not locked yet looks like one of a dead window: nobody may clear away meanwhile.
      this.#lock = alone(this.#folder, () => {
        this.#sweep();
        return lock(this.#file(this.id));
      });
      return true;
    } catch (error) {
      if (!this.#toldOf && !isBusy(error)) this.#onError('This window cannot tell of itself to others', error);
      this.#toldOf ||= !isBusy(error);
      return false;
    }
  }

  isAlive(hostId: string): boolean {
    return hostId === this.id ? !this.#isClosed : !isDead(this.#file(hostId));
  }

  close(): void {
    this.#isClosed = true;
    if (this.#lock === undefined) return;
    this.#lock.close();
    this.#lock = undefined;
    remove(this.#file(this.id));
  }

  #file(hostId: string): string {
    return join(this.#folder, `${hostId}.lock`);
  }

  /** Removes what windows left behind that were killed. */
  #sweep(): void {
    for (const name of readdirSync(this.#folder)) {
      const file = join(this.#folder, name);
      if (name.endsWith('.lock') && isDead(file)) remove(file);
    }
  }
}

/** The only window there is: its store is in memory. */
export class LoneHost implements Hosts {
  readonly id = randomUUID();

  announce(): boolean {
    return true;
  }

  isAlive(hostId: string): boolean {
    return hostId === this.id;
  }

  close(): void {
    // Nobody else could take anything.
  }
}

function lock(file: string): DatabaseSync {
  const held = new DatabaseSync(file, { timeout: 0 });
  try {
    held.exec('BEGIN EXCLUSIVE');
    return held;
  } catch (error) {
    held.close();
    throw error;
  }
}

/** A file that stays, because somebody looks into it just now, is removed another time. */
function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // It is locked by nobody, and tells of nobody.
  }
}

/** It is not there, because its window ended in order, or nobody holds its lock. */
function isDead(file: string): boolean {
  let probe: DatabaseSync | undefined;
  try {
    if (statSync(file, { throwIfNoEntry: false }) === undefined) return true;
    // It must not be made anew by looking.
    probe = new DatabaseSync(file, { timeout: 0, readOnly: true });
    probe.exec('BEGIN; SELECT count(*) FROM sqlite_schema; ROLLBACK');
    return true;
  } catch {
    return false;
  } finally {
    probe?.close();
  }
}
