import type { FSWatcher } from 'node:fs';
import { watch } from 'node:fs';
import type { Clock } from '../util/clock';
import type { Disposable } from '../util/emitter';

/** Milliseconds for which the traces of one write are gathered. */
const GATHER_MS = 200;
/** Milliseconds between two looks at whether a window still lives: one that is killed writes no farewell. */
const LOOK_MS = 2000;

export interface ChangeFeedPorts {
  /** Folders in which other windows leave traces. */
  readonly folders: readonly string[];
  readonly clock: Clock;
  /** Something may have changed. */
  readonly onChange: () => void;
  /** Another window has something that would be ours if it died. Only then is there anything to look after. */
  readonly isWaiting: () => boolean;
  readonly onError: (message: string, error: unknown) => void;
}

/** Tells when another window may have written to the store, or ended. */
export class ChangeFeed implements Disposable {
  readonly #ports: ChangeFeedPorts;
  readonly #watchers: readonly FSWatcher[];
  #gathering: Disposable | undefined;
  #looking: Disposable | undefined;

  constructor(ports: ChangeFeedPorts) {
    this.#ports = ports;
    this.#watchers = ports.folders.flatMap((folder) => this.#watch(folder) ?? []);
    this.#look();
  }

  /** Something turned out to be another window's: looked at again in a while. */
  lookAfter(): void {
    this.#looking ??= this.#ports.clock.after(LOOK_MS, () => this.#tell());
  }

  dispose(): void {
    this.#gathering?.dispose();
    this.#looking?.dispose();
    for (const watcher of this.#watchers) watcher.close();
  }

  #watch(folder: string): FSWatcher | undefined {
    const { onError } = this.#ports;
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#gather());
      watcher.on('error', (error) => onError(`Could not go on watching ${folder}`, error));
      return watcher;
    } catch (error) {
      onError(`Could not watch ${folder}`, error);
      return undefined;
    }
  }

  #gather(): void {
    this.#gathering ??= this.#ports.clock.after(GATHER_MS, () => {
      this.#gathering = undefined;
      this.#tell();
    });
  }

  #tell(): void {
    this.#ports.onChange();
    this.#look();
  }

  #look(): void {
    this.#looking?.dispose();
    this.#looking = undefined;
    if (this.#ports.isWaiting()) this.lookAfter();
  }
}
