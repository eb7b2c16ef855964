import type { SecretStorage } from 'vscode';
import type { Disposable, Event } from '../util/emitter';
import { Emitter } from '../util/emitter';

const PREFIX = 'fanout.key.';

/** API keys by provider id. They live in VS Code's secret storage and nowhere else (SPEC 7.3). */
export class ApiKeys implements Disposable {
  readonly #storage: Pick<SecretStorage, 'get' | 'store' | 'delete' | 'onDidChange'>;
  /** All that was seen since activation, replaced ones included: what a log must not show. */
  readonly #seen = new Set<string>();
  readonly #changed = new Emitter<string>();
  readonly #subscription: Disposable;

  constructor(storage: Pick<SecretStorage, 'get' | 'store' | 'delete' | 'onDidChange'>) {
    this.#storage = storage;
    this.#subscription = storage.onDidChange(({ key }) => {
      if (key.startsWith(PREFIX)) this.#changed.fire(key.slice(PREFIX.length));
    });
  }

  /** The id of the provider whose key was set or removed, in this window or another. */
  readonly onDidChange: Event<string> = this.#changed.event;

  async get(providerId: string): Promise<string | undefined> {
    const key = await this.#storage.get(PREFIX + providerId);
    if (key === undefined || key === '') return undefined;
    this.#seen.add(key);
    return key;
  }

  async set(providerId: string, key: string): Promise<void> {
    this.#seen.add(key);
    await this.#storage.store(PREFIX + providerId, key);
  }

  async remove(providerId: string): Promise<void> {
    await this.#storage.delete(PREFIX + providerId);
  }

  /** Every value that must not be shown. */
  seen(): readonly string[] {
    return [...this.#seen];
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }
}
