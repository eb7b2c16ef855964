import { randomBytes } from 'node:crypto';

/** `deleg_` and 8 hex digits (SPEC 2.4). */
export function newDelegationId(): string {
  return `deleg_${randomBytes(4).toString('hex')}`;
}
