import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dirent } from 'node:fs';
import { IgnoreRules } from './ignoreRules';
import type { FolderListing } from './workspace';

/** One level of a folder. `top` is the workspace folder that it lies in; both absolute. */
export async function listFolder(folder: string, top: string): Promise<FolderListing> {
  const rules = await IgnoreRules.of(folder, top);
  const found = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.name !== '.git');
  const entries = await Promise.all(
    found.map(async (entry) => ({ name: entry.name, isFolder: await leadsToFolder(folder, entry) })),
  );
  const kept = entries.filter((entry) => !rules.ignores(join(folder, entry.name), entry.isFolder));
  kept.sort((a, b) => Number(b.isFolder) - Number(a.isFolder) || compareText(a.name, b.name));
  return { entries: kept, ignored: entries.length - kept.length };
}

/** Told of a folder or file that could not be looked at, and why. */
export type Unreadable = (path: string, error: unknown) => void;

/** The absolute paths of all files below a folder that .gitignore does not keep out, in order. Follows no link. */
export async function* walkFolder(
  folder: string,
  top: string,
  unreadable: Unreadable,
  signal: AbortSignal,
): AsyncGenerator<string> {
  yield* walk(folder, await IgnoreRules.of(folder, top), unreadable, signal);
}

async function* walk(
  folder: string,
  rules: IgnoreRules,
  unreadable: Unreadable,
  signal: AbortSignal,
): AsyncGenerator<string> {
  signal.throwIfAborted();
  for (const entry of await entriesOf(folder, unreadable)) {
    const path = join(folder, entry.name);
    if (entry.name === '.git' || rules.ignores(path, entry.isDirectory())) continue;
    if (entry.isDirectory()) yield* walk(path, await rules.below(path), unreadable, signal);
    else if (entry.isFile()) yield path;
  }
}

/** A folder that can't be read, or is gone by now, has no entries: the others are still worth showing. */
async function entriesOf(folder: string, unreadable: Unreadable): Promise<Dirent[]> {
  try {
    return (await readdir(folder, { withFileTypes: true })).sort((a, b) => compareText(a.name, b.name));
  } catch (error) {
    unreadable(folder, error);
    return [];
  }
}

async function leadsToFolder(folder: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  try {
    return (await stat(join(folder, entry.name))).isDirectory();
  } catch {
    return false;
  }
}

/** The same order on every machine, unlike localeCompare. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
