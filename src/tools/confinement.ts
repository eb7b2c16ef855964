import { lstat, realpath } from 'node:fs/promises';
import nodePath, { type PlatformPath } from 'node:path';
import { ToolFault } from '../agent/tool';
import type { WorkspaceAccess, WorkspaceFile, WorkspaceFolder } from './workspace';

/**
 * Finds the file that a model means and makes sure that it lies inside the workspace, with every link on the way
 * resolved. The file need not exist. Throws a ToolFault where the path leads elsewhere.
 */
export async function confine(
  folders: readonly WorkspaceFolder[],
  given: string,
  use: 'read' | 'write',
): Promise<WorkspaceFile> {
  const real = await realPathOf(absolutePathOf(folders, given), given);
  for (const folder of folders) {
    const top = await realPathOfFolder(folder);
    const inFolder = top === undefined ? undefined : relativeInside(top, real);
    if (top === undefined || inFolder === undefined) continue;
    if (use === 'write' && leadsIntoGit(inFolder)) {
      throw new ToolFault(`${given} belongs to git itself and is not written to. Use git commands instead.`);
    }
    return {
      real,
      path: nodePath.join(folder.path, inFolder),
      shown: shownPath(folders, folder, inFolder),
      top,
    };
  }
  const names = folders.map((folder) => folder.path).join(', ');
  throw new ToolFault(`${given} is outside the workspace (${names}); only files inside it can be used.`);
}

/**
 * Where a given path points before links are looked at: absolute, or below the folder that its first part names
 * where several folders are open, else below the first folder.
 */
export function absolutePathOf(
  folders: readonly WorkspaceFolder[],
  given: string,
  path: PlatformPath = nodePath,
): string {
  const [first] = folders;
  if (first === undefined) throw new ToolFault('No folder is open, so there are no files to work on.');
  if (given.includes('\0')) throw new ToolFault('The path holds a NUL character, which no file name can.');
  if (path.isAbsolute(given)) return path.normalize(given);
  const [head = '', ...rest] = given.split(path.sep === '\\' ? /[\\/]/ : '/').filter((part) => part !== '.');
  const named = folders.length > 1 ? folders.filter((folder) => folder.name === head) : [];
  if (named.length > 1) {
    throw new ToolFault(`Several open folders are named ${head}; give the absolute path instead.`);
  }
  return named[0] === undefined ? path.resolve(first.path, given) : path.resolve(named[0].path, ...rest);
}

/** The path from a folder to what lies in it, `` for the folder itself; undefined where it lies outside. */
export function relativeInside(folder: string, file: string, path: PlatformPath = nodePath): string | undefined {
  const relative = path.relative(folder, file);
  const outside = relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative);
  return outside ? undefined : relative;
}

/** Whether a path inside a folder touches a repository's own files, by any name that some file system takes for them. */
export function leadsIntoGit(inFolder: string): boolean {
  // Windows drops trailing dots and spaces, takes `.git::$INDEX_ALLOCATION` for `.git`, and shortens it to `git~1`.
  return inFolder.split(/[\\/]/).some((part) => /^(\.git|git~\d+)[. ]*(:.*)?$/i.test(part));
}

/** How a file in a folder is named to people and models. */
export function shownPath(folders: readonly WorkspaceFolder[], folder: WorkspaceFolder, inFolder: string): string {
  const relative = inFolder.split(nodePath.sep).join('/');
  if (folders.length === 1) return relative === '' ? '.' : relative;
  const isUnique = folders.filter((other) => other.name === folder.name).length === 1;
  const prefix = isUnique ? folder.name : folder.path.split(nodePath.sep).join('/');
  return relative === '' ? prefix : `${prefix}/${relative}`;
}

/** What lies below a file or folder already found: `real` must be below its real path. */
export function fileBelow(start: WorkspaceFile, real: string): WorkspaceFile {
  const relative = nodePath.relative(start.real, real);
  const inStart = relative.split(nodePath.sep).join('/');
  const shown = start.shown === '.' ? inStart : inStart === '' ? start.shown : `${start.shown}/${inStart}`;
  return { real, path: nodePath.join(start.path, relative), shown, top: start.top };
}

/** What tools may work in, or the sentence that says why they may not. */
export function workspaceAccess(
  folders: readonly WorkspaceFolder[],
  facts: { readonly trusted: boolean; readonly virtualFolders: number },
): WorkspaceAccess {
  if (folders.length === 0 && facts.virtualFolders > 0) {
    return { refusal: 'The open folders are not on a disk (a virtual workspace), and tools work on disk files only.' };
  }
  if (folders.length === 0) {
    return { refusal: 'No folder is open in VS Code, so there are no files to work on. Open a folder first.' };
  }
  if (!facts.trusted) {
    return { refusal: 'This workspace is not trusted, so tools do not work in it. The user can trust it in VS Code.' };
  }
  return { folders };
}

/** Undefined for a folder that is open but gone from the disk: it holds nothing. */
async function realPathOfFolder(folder: WorkspaceFolder): Promise<string | undefined> {
  try {
    return await realpath(folder.path);
  } catch {
    return undefined;
  }
}

export const PATH_TOO_LONG = 'The path is longer than the file system takes.';

/** Resolves the links of the part of a path that exists, and puts the rest behind it. */
async function realPathOf(path: string, given: string): Promise<string> {
  const missing: string[] = [];
  for (let existing = path; ; existing = nodePath.dirname(existing)) {
    try {
      return nodePath.join(await realpath(existing), ...missing);
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENAMETOOLONG') throw new ToolFault(PATH_TOO_LONG);
      if (code === 'ELOOP') throw new ToolFault(`${given} is a link that leads back to itself.`);
      if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
    }
    // What a link points at decides where a write would land; where that is missing, nothing can be promised.
    if (await isLink(existing)) throw new ToolFault(`${given} leads through a link whose target does not exist.`);
    if (nodePath.dirname(existing) === existing) throw new ToolFault(`There is no ${given}.`);
    missing.unshift(nodePath.basename(existing));
  }
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch {
    return false;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
