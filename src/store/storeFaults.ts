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

/** The tables could not be brought up to date; the file is as it was before. */
class MigrationFailed extends Error {}

/** Damaged, or no database at all: https://sqlite.org/rescode.html, 11 and 26. */
export function isDamage(error: unknown): boolean {
  return error instanceof KnownDamage || [11, 26].includes(resultCode(error));
}

/** Read-only, I/O error, out of space, cannot open: https://sqlite.org/rescode.html, 8, 10, 13 and 14. */
export function isStorageFault(error: unknown): boolean {
  return [8, 10, 13, 14].includes(resultCode(error));
}

/** Another window writes, and did not end in the time that was given: https://sqlite.org/rescode.html, 5. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === 5;
}

/** What came in the way of a migration; a mistake in its steps is told from the trouble that any write may have. */
export function ofMigration(error: unknown): unknown {
  const isTrouble = isDamage(error) || isStorageFault(error) || isBusy(error);
  return isTrouble ? error : new MigrationFailed('The tables could not be brought up to date.', { cause: error });
}

/** No store can be had: what the user is told. */
export function unusable(file: string, error: unknown): string {
  const { what, remedy } = reasonOf(error, file);
  return `Fanout cannot use its store: ${what}. What ${file} holds is left as it is, but it is not shown, and nothing of this session outlives the window. ${remedy}`;
}

/** The store could be written up to now: what the user is told. */
export function unwritable(file: string, error: unknown): string {
  const { what, remedy } = reasonOf(error, file);
  return `Fanout cannot write its store any more: ${what}. What was stored up to now is kept. This session goes on, but what happens from now on is lost when the window closes. ${remedy}`;
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

/** Single rows cannot be read: what the user is told. */
export const ROWS_LEFT_OUT =
  'Some of what Fanout had stored cannot be read and was left out. All the rest is there, and nothing was deleted. There is nothing that you have to do.';

function reasonOf(error: unknown, file: string): { readonly what: string; readonly remedy: string } {
  if (error instanceof NewerStoreInUse)
    return { what: 'a newer Fanout uses it in another window', remedy: 'Reload this window to run the newer one.' };
  if (error instanceof MigrationFailed)
    return { what: 'its tables could not be brought up to date', remedy: 'Update Fanout, and reload the window.' };
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (resultCode(error) === 13 || code === 'ENOSPC')
    return { what: 'the disk is full', remedy: 'Free some space, and reload the window.' };
  if ([8, 14].includes(resultCode(error)) || ['EROFS', 'EACCES', 'EPERM'].includes(String(code)))
    return {
      what: 'its folder cannot be written',
      remedy: `Make ${dirname(file)} writable, and reload the window.`,
    };
  if (isBusy(error)) return { what: 'another program holds it', remedy: 'Reload the window to try again.' };
  const message = error instanceof Error ? error.message : String(error);
  return { what: message.replace(/\.$/, ''), remedy: 'Check the disk, and reload the window.' };
}

/** SQLite's primary result code; 0 for any other error. */
function resultCode(error: unknown): number {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return 0;
  return error.errcode & 0xff;
}
