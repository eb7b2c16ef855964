import { dirname } from 'node:path';

/** The file has tables of a newer Fanout's: this one must not touch them. */
export class NewerStore extends Error {
  constructor(version: number, known: number) {
    super(`The store is of version ${version}, and this Fanout knows versions up to ${known}.`);
  }
}

/** The same, and a window with that newer Fanout has it open. */
export class NewerStoreInUse extends Error {}

/** An earlier run came upon damage in the file. */
export class KnownDamage extends Error {}

/** Other windows cannot tell that this one lives, so it must not write what they would take for a dead one's. */
export class NotAnnounced extends Error {
  constructor() {
    super('Other windows cannot tell that this one is open.');
  }
}

/** The tables could not be brought up to date; the file is as it was before. */
class MigrationFailed extends Error {}

/** Damaged, or no database at all: https://sqlite.org/rescode.html, 11 and 26. */
export function isDamage(error: unknown): boolean {
  return error instanceof KnownDamage || [11, 26].includes(resultCode(error));
}

/** Read-only, I/O error, out of space, cannot open: https://sqlite.org/rescode.html, 8, 10, 13 and 14. */
function isStorageFault(error: unknown): boolean {
  return [8, 10, 13, 14].includes(resultCode(error));
}

/** Another program holds it just now: https://sqlite.org/rescode.html, 5 and 15. */
export function isBusy(error: unknown): boolean {
  return error instanceof NotAnnounced || [5, 15].includes(resultCode(error));
}

/** It cannot be written just now, through no fault of what was to be written. */
export function isTrouble(error: unknown): boolean {
  return isBusy(error) || isStorageFault(error);
}

/** What came in the way of a migration; a mistake in its steps is told from the trouble that any write may have. */
export function ofMigration(error: unknown): unknown {
  return isDamage(error) || isTrouble(error)
    ? error
    : new MigrationFailed('The tables could not be brought up to date.', { cause: error });
}

/** No store can be had: what the user is told. */
export function unusable(file: string, error: unknown): string {
  const reason = reasonOf(error, file);
  return `Fanout cannot use its store: ${reason.what}. What ${file} holds is left as it is, but it is not shown, and nothing of this session outlives the window. ${reloadAfter(reason)}`;
}

/** Another program has held the store for a while: what the user is told. */
export function held(file: string, isOpen: boolean): string {
  const earlier = isOpen ? '' : ' Earlier sessions are shown as soon as it is free.';
  return `Another program holds Fanout's store, so nothing can be written to it just now.${earlier} All goes on, and what happens is kept and written when it is free; what is not written by then is lost when the window closes. Close whatever else has ${file} open.`;
}

/** The window has no lock of its own for a while: what the user is told. */
export function unannounced(file: string): string {
  return `Fanout cannot make the file by which other windows know that this one is open, so nothing is written to its store. All goes on, and what happens is kept and written when that is mended; what is not written by then is lost when the window closes. Make ${dirname(file)} and all that is in it writable.`;
}

/** The store could be written up to now, and may be again: what the user is told. */
export function waiting(file: string, error: unknown): string {
  const { what, remedy = 'Reload this window' } = reasonOf(error, file);
  return `Fanout cannot write its store any more: ${what}. What was stored up to now is kept. This session goes on, and what happens is written as soon as it can be; what is not written by then is lost when the window closes. ${remedy}.`;
}

/** The store could not be written for so long that no more can wait for it: what the user is told. */
export function notKept(file: string): string {
  return `Fanout's store could not be written for so long that no more can be kept in memory for it. What happened up to now is kept and written as soon as it can be; what happens from now until then goes on, and is lost when the window closes. Free some space for ${file}, or close what else has it open.`;
}

/** The window closes, and something could not be written: what the user is told. */
export function notWritten(file: string): string {
  return `The last of what happened in this window is lost: another program held Fanout's store ${file} until the end. What was stored before is kept.`;
}

/** For the log, after the user was told of trouble. */
export const WRITTEN_AGAIN = 'The store can be written again, and all that waited for that is in it';

/** For the log: writes that no store would take. */
export const LEFT_OUT = 'Something could not be written to the store and was left out';

/** The store could be read up to now: what the user is told. */
export function unwritable(file: string, error: unknown): string {
  const reason = reasonOf(error, file);
  return `Fanout cannot write its store any more: ${reason.what}. What was stored up to now is kept. This session goes on, but what happens from now on is lost when the window closes. ${reloadAfter(reason)}`;
}

/** Something in the store cannot be read, found while it is in use: what the user is told. */
export function damaged(file: string): string {
  return `A part of Fanout's store ${file} is damaged. What could be read of it is shown. This session goes on, but what happens from now on is lost when the window closes. Reload the window: the damaged file is set aside then, and a fresh one begun.`;
}

/** What stood in the way of opening it has another name now: what the user is told. */
export function wasSetAside(aside: string, error: unknown): string {
  return error instanceof NewerStore
    ? `The store was written by a newer Fanout. It was set aside as ${aside}, and a fresh one was begun. To have the sessions in it back, update Fanout, close its windows, and give the file its old name again.`
    : `The store of Fanout could not be read. It was set aside as ${aside}, and a fresh one was begun. Nothing in that file was changed: \`sqlite3 "${aside}" .recover\` shows what can still be read in it.`;
}

/** Something stored is such that this Fanout cannot go on with it: what the user is told. */
export const NOT_TAKEN_UP =
  'Fanout could not take up something of what it had stored. That stays in the store as it is, and may be missing here; all the rest is there and goes on. Reload the window to try again; if it stays so, update Fanout.';

/** Single rows cannot be read: what the user is told. */
export function leftOut(count: number): string {
  const what = count === 1 ? 'One record of what Fanout had stored' : `${count} records of what Fanout had stored`;
  return `${what} cannot be read, in whole or in part, and that was left out. All the rest is there, and nothing was deleted. There is nothing that you have to do.`;
}

interface Reason {
  readonly what: string;
  /** Absent where reloading the window is all that helps. */
  readonly remedy?: string;
}

function reloadAfter({ remedy }: Reason): string {
  return remedy === undefined ? 'Reload this window.' : `${remedy}, and reload the window.`;
}

function reasonOf(error: unknown, file: string): Reason {
  if (error instanceof NewerStoreInUse) return { what: 'a newer Fanout uses it in another window' };
  if (error instanceof MigrationFailed)
    return { what: 'its tables could not be brought up to date', remedy: 'Update Fanout' };
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (resultCode(error) === 13 || code === 'ENOSPC') return { what: 'the disk is full', remedy: 'Free some space' };
  if ([8, 14].includes(resultCode(error)) || ['EROFS', 'EACCES', 'EPERM'].includes(String(code)))
    return { what: 'its folder cannot be written', remedy: `Make ${dirname(file)} writable` };
  const message = error instanceof Error ? error.message : String(error);
  return { what: message.replace(/\.$/, ''), remedy: 'Check the disk' };
}

/** SQLite's primary result code; 0 for any other error. */
function resultCode(error: unknown): number {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return 0;
  return error.errcode & 0xff;
}
