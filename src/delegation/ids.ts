import { randomBytes } from 'node:crypto';

/** `deleg_` and 8 hex digits (SPEC 2.4). */
export function newDelegationId(isTaken: (id: string) => boolean): string {
  const id = `deleg_${randomBytes(4).toString('hex')}`;
  return isTaken(id) ? newDelegationId(isTaken) : id;
}

/** The id of the delegation that a child, by its id, belongs to. */
export function delegationIdOf(childId: string): string {
  return childId.slice(0, childId.lastIndexOf('.'));
}
