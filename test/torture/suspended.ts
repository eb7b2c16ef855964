import { isOver, type Delegation } from '../../src/delegation/delegation';
import type { Books } from './books';

/** A delegation that an orderly end of its window cut off. */
export interface Suspended extends Pick<Delegation, 'id' | 'resumed'> {
  readonly runs: readonly string[];
}

/** Those that a window left which has just closed in order. Nested ones go on with their callers. */
export function suspendedIn(books: Books | undefined): readonly Suspended[] {
  if (books === undefined) return [];
  const { delegations } = books;
  return delegations
    .filter(({ suspendedAt, parentChildId }) => suspendedAt !== undefined && parentChildId === undefined)
    .map(({ id, resumed }) => ({ id, ...(resumed !== undefined && { resumed }), runs: runsOf(id, books) }));
}

/** What did not go on in its place, in words. */
export function faultsInGoingOn(suspended: readonly Suspended[], books: Books): string[] {
  return suspended.flatMap(({ id, resumed, runs }) => {
    const now = books.delegations.find((delegation) => delegation.id === id);
    if (now === undefined) return [`${id} was suspended and is gone`];
    if (!isOver(now.status) || now.status === 'unknown') return [`${id} was suspended and is ${now.status}`];
    if (now.resumed !== resumed) return [`${id} was suspended and came back in between`];
    const after = runsOf(id, books);
    return after.join() === runs.join() ? [] : [`${id} was suspended with ${runs.join()} and has ${after.join()}`];
  });
}

function runsOf(id: string, { runs }: Books): readonly string[] {
  return runs.flatMap((run) => (run.delegationId === id ? [run.id] : [])).sort();
}
