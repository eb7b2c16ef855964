import type { Delegation } from './delegation';
import { isOver } from './delegation';

/** Finished delegations that stay listed in a workspace (SPEC 3.11). */
export const KEPT = 50;

/** Finished, and its results are where they belong. A nested one goes with the delegation above it. */
export function isRemovable(delegation: Delegation): boolean {
  const arrived = delegation.delivery === 'delivered' || delegation.delivery === 'none';
  return isOver(delegation.status) && arrived && delegation.parentChildId === undefined;
}

/** Those that have to go, oldest first. `delegations` are in order of dispatch. */
export function surplus(delegations: readonly Delegation[]): readonly Delegation[] {
  const removable = delegations.filter(isRemovable);
  return removable.slice(0, Math.max(0, removable.length - KEPT));
}
