import type { SecretStorageChangeEvent } from 'vscode';
import { Emitter } from '../../src/util/emitter';

/** VS Code's secret storage, in memory. */
export class SecretMemory {
  readonly values = new Map<string, string>();
  readonly #changed = new Emitter<SecretStorageChangeEvent>();

  readonly onDidChange = this.#changed.event;

  get(key: string): Promise<string | undefined> {
    return Promise.resolve(this.values.get(key));
  }

  store(key: string, value: string): Promise<void> {
    this.values.set(key, value);
    this.#changed.fire({ key });
    return Promise.resolve();
  }

  delete(key: string): Promise<void> {
    this.values.delete(key);
    this.#changed.fire({ key });
    return Promise.resolve();
  }
}
