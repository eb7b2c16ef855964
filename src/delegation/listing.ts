import type { Child, Delegation } from './delegation';
import type { DelegationRun } from './delegationRun';
import { delegationIdOf } from './ids';
import { OtherWindows } from './otherWindows';
import { everyRun } from './result';

/** The delegations that a pool knows, by id and by who dispatched whom: its own, and those of other windows. */
export class Listing {
  readonly #runs = new Map<string, DelegationRun>();
  readonly #elsewhere = new OtherWindows();

  add(run: DelegationRun): void {
    this.#runs.set(run.delegation.id, run);
  }

  delete(delegationId: string): void {
    this.#runs.delete(delegationId);
  }

  run(delegationId: string): DelegationRun | undefined {
    return this.#runs.get(delegationId);
  }

  runs(): DelegationRun[] {
    return [...this.#runs.values()];
  }

  runOfChild(childId: string): DelegationRun | undefined {
    return this.#runs.get(delegationIdOf(childId));
  }

  /** Those of this window, oldest first. */
  own(): Delegation[] {
    return this.runs().map((run) => run.delegation);
  }

  /** Oldest first. */
  all(): Delegation[] {
    const elsewhere = this.#elsewhere.list();
    const own = this.own();
    return elsewhere.length === 0 ? own : [...own, ...elsewhere].sort((a, b) => a.dispatchedAt - b.dispatchedAt);
  }

  get(delegationId: string): Delegation | undefined {
    return this.#runs.get(delegationId)?.delegation ?? this.#elsewhere.get(delegationId);
  }

  isElsewhere(delegationId: string): boolean {
    return !this.#runs.has(delegationId) && this.#elsewhere.get(delegationId) !== undefined;
  }

  /** What other windows run now. Returns what is new or changed of it, and the ids of what is not listed any more. */
  replaceElsewhere(delegations: readonly Delegation[]): ReturnType<OtherWindows['replace']> {
    const { changed, gone } = this.#elsewhere.replace(delegations);
    return { changed, gone: gone.filter((id) => !this.#runs.has(id)) };
  }

  /** A delegation of this window with all of its children, or with the one child that the id means. */
  find(id: string): { readonly run: DelegationRun; readonly children: readonly Child[] } | undefined {
    const run = this.#runs.get(id) ?? this.runOfChild(id);
    if (run === undefined) return undefined;
    const { delegation } = run;
    const children =
      delegation.id === id ? delegation.children : everyRun(delegation).filter((child) => child.id === id);
    return children.length === 0 ? undefined : { run, children };
  }

  /** The delegation and all that its children dispatched. */
  tree(delegation: Delegation): Delegation[] {
    const below = this.all().filter((other) => everyRun(delegation).some(({ id }) => id === other.parentChildId));
    return [delegation, ...below.flatMap((other) => this.tree(other))];
  }

  /** The delegation at the top, of which all below it share the budget. */
  root(delegation: Delegation): Delegation {
    const { parentChildId } = delegation;
    const above = parentChildId === undefined ? undefined : this.runOfChild(parentChildId)?.delegation;
    return above === undefined ? delegation : this.root(above);
  }
}
