import type { Delegation } from './delegation';
import { isOver } from './delegation';
import { everyRun } from './result';
import { isOpen } from './worktree';

/** Finished delegations that stay listed in a workspace (SPEC 3.11). */
export const KEPT = 50;

/** It runs, waits for its delivery, or has changes in a worktree that nobody took: taken off the list, they were lost. */
export function isHeld(delegation: Delegation): boolean {
  if (!isOver(delegation.status) || delegation.delivery === 'pending') return true;
  return everyRun(delegation).some(({ worktree }) => isOpen(worktree));
}

/** Finished, and its results are where they belong. A nested one goes with the delegation above it. */
export function isRemovable(delegation: Delegation): boolean {
  const arrived = delegation.delivery === 'delivered' || delegation.delivery === 'none';
  return arrived && delegation.parentChildId === undefined && !isHeld(delegation);
}

/** Those that have to go, oldest first. `delegations` are in order of dispatch. */
export function surplus(delegations: readonly Delegation[]): readonly Delegation[] {
  const removable = delegations.filter(isRemovable);
  return removable.slice(0, Math.max(0, removable.length - KEPT));
}
