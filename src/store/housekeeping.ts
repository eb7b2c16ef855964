import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../util/clock';
import type { Disposable } from '../util/emitter';
import type { DelegationStore } from './delegationStore';

/** Milliseconds: activation, and what the user waits for after it, goes first. */
const FIRST_LOOK_MS = 10_000;
const BETWEEN_MS = 200;
/** Delegations that are forgotten at a time: a few milliseconds of the extension host's thread. */
const BATCH = 20;

export interface HousekeepingPorts {
  readonly store: DelegationStore;
  /** Where the full texts of results are, `<child id>.md`. */
  readonly resultsFolder: string;
  readonly clock: Clock;
  readonly onError: (message: string, error: unknown) => void;
}

/** Clears away what belongs to delegations that are not listed any more (SPEC 3.11), a little at a time. */
export class Housekeeping implements Disposable {
  readonly #ports: HousekeepingPorts;
  #timer: Disposable | undefined;
  #removing: Promise<void> = Promise.resolve();

  constructor(ports: HousekeepingPorts) {
    this.#ports = ports;
  }

  /** Begins in a while, where there is anything to do. */
  start(): void {
    if (this.#ports.store.hasUnlisted()) this.#after(FIRST_LOOK_MS);
  }

  /** Removes the full texts of forgotten delegations' results. */
  removeResults(delegationIds: readonly string[]): void {
    this.#removing = this.#removing
      .then(() => this.#removeResults(new Set(delegationIds)))
      .catch((error: unknown) =>
        this.#ports.onError('The full texts of results that are forgotten could not be removed', error),
      );
  }

  /** Resolves when all that was to be removed is gone. */
  settled(): Promise<void> {
    return this.#removing;
  }

  dispose(): void {
    this.#timer?.dispose();
  }

  #after(ms: number): void {
    this.#timer = this.#ports.clock.after(ms, () => {
      const gone = this.#ports.store.forgetUnlisted(BATCH);
      if (gone.length === 0) return;
      this.removeResults(gone);
      this.#after(BETWEEN_MS);
    });
  }

  async #removeResults(delegationIds: ReadonlySet<string>): Promise<void> {
    const { resultsFolder } = this.#ports;
    const files = await readdir(resultsFolder).catch(noFiles);
    const theirs = files.filter((file) => delegationIds.has(file.slice(0, file.indexOf('.'))));
    await Promise.all(theirs.map((file) => rm(join(resultsFolder, file), { force: true })));
  }
}

/** The folder is made with the first result that is too long for its block. */
function noFiles(error: unknown): string[] {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
  throw error;
}
