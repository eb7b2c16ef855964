import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ToolFault } from '../agent/tool';
import type { WorkspaceFile } from './workspace';

/**
 * Gives a file new content. One that is there is written in place, as editors do: a new file in its stead would lose
 * owner, attributes and other links, and needs a folder that may be written to. A new file appears whole or not at all.
 * What the system refuses is a ToolFault that names file or folder.
 */
export async function writeFileBytes(file: WorkspaceFile, bytes: Uint8Array): Promise<void> {
  try {
    const existing = await openIfThere(file.real);
    if (existing === undefined) return await create(file, bytes);
    try {
      await overwrite(existing, file, bytes);
    } finally {
      await existing.close();
    }
  } catch (error) {
    throw asFault(error, file);
  }
}

/** Whether a file's mode lets anybody write to it. For the superuser the system does not ask, so we do. */
export function isWritableMode(mode: number): boolean {
  return (mode & 0o222) !== 0;
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function create(file: WorkspaceFile, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(file.real), { recursive: true });
  const temporary = temporaryBeside(file);
  try {
    // `wx`: the temporary file must be ours, not a link that someone put there.
    await writeFile(temporary, bytes, { flag: 'wx' });
    await rename(temporary, file.real);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Nothing is cut off before the new content is there, so the old one still fits where the new one does not. */
async function overwrite(existing: FileHandle, file: WorkspaceFile, bytes: Uint8Array): Promise<void> {
  const facts = await existing.stat();
  if (!isWritableMode(facts.mode)) throw new ToolFault(readOnlySentence(file));
  const old = await existing.readFile();
  const copy = await safetyCopy(file, bytes);
  try {
    await putContent(existing, bytes);
  } catch (error) {
    if (!(await putBack(existing, old)) && copy !== undefined) {
      throw new ToolFault(
        `Writing ${file.shown} broke off (${codeOf(error) ?? String(error)}), and its old text could not be put back. ` +
          `The new text is whole in ${copy}.`,
      );
    }
    if (copy !== undefined) await rm(copy, { force: true });
    throw error;
  }
  if (copy !== undefined) await rm(copy, { force: true });
}

/** The new content beside the file: where the machine goes down halfway, it is there whole. Undefined in a closed folder. */
async function safetyCopy(file: WorkspaceFile, bytes: Uint8Array): Promise<string | undefined> {
  const copy = temporaryBeside(file);
  try {
    await writeFile(copy, bytes, { flag: 'wx', mode: 0o600, flush: true });
    return copy;
  } catch (error) {
    await rm(copy, { force: true }).catch(() => undefined);
    if (['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error) ?? '')) return undefined;
    throw error;
  }
}

async function putContent(target: FileHandle, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    written += (await target.write(bytes, written, bytes.length - written, written)).bytesWritten;
  }
  await target.truncate(bytes.length);
  await target.datasync();
}

async function putBack(target: FileHandle, old: Uint8Array): Promise<boolean> {
  try {
    await putContent(target, old);
    return true;
  } catch {
    return false;
  }
}

function temporaryBeside(file: WorkspaceFile): string {
  return join(dirname(file.real), `.${Array.from(basename(file.real)).slice(0, 40).join('')}.${randomUUID()}.tmp`);
}

export function readOnlySentence(file: WorkspaceFile): string {
  return `${file.shown} is read-only, so it is not changed. The user has to make it writable first.`;
}

function asFault(error: unknown, file: WorkspaceFile): unknown {
  const code = codeOf(error);
  const failed = error instanceof Error ? (error as NodeJS.ErrnoException).path : undefined;
  const place = failed === undefined || failed === file.real ? file.shown : `its folder ${dirname(file.shown)}`;
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return new ToolFault(
        `${file.shown} was not written: ${place} may not be written to by this user (${code}). ` +
          'The user has to change its permissions, or choose another place.',
      );
    case 'EROFS':
      return new ToolFault(`${file.shown} was not written: it lies on a read-only file system.`);
    case 'ENOSPC':
    case 'EDQUOT':
      return new ToolFault(`${file.shown} was not written: there is no room left on the disk (${code}).`);
    case 'ENOTDIR':
    case 'EEXIST':
      return new ToolFault(`${file.shown} was not written: a part of its path is a file, not a folder.`);
    case 'ENAMETOOLONG':
      return new ToolFault('Nothing was written: the path is longer than the file system takes.');
    default:
      return error;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
