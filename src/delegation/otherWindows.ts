import { isDeepStrictEqual } from 'node:util';
import type { Delegation } from './delegation';

/** What other windows on this workspace run: here it can only be looked at. */
export class OtherWindows {
  readonly #delegations = new Map<string, Delegation>();

  list(): Delegation[] {
    return [...this.#delegations.values()];
  }

  get(delegationId: string): Delegation | undefined {
    return this.#delegations.get(delegationId);
  }

  /** Takes the place of what was known before. Returns what is new or changed, and the ids of what is gone. */
  replace(delegations: readonly Delegation[]): {
    readonly changed: readonly Delegation[];
    readonly gone: readonly string[];
  } {
    const before = new Map(this.#delegations);
    this.#delegations.clear();
    for (const delegation of delegations) this.#delegations.set(delegation.id, delegation);
    return {
      changed: delegations.filter((delegation) => !isDeepStrictEqual(delegation, before.get(delegation.id))),
      gone: [...before.keys()].filter((id) => !this.#delegations.has(id)),
    };
  }
}
