import { chmod, lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Worktree } from '../delegation/worktree';
import type { TreeChange } from './snapshot';

/** Permissions of files before they are changed; undefined where there is none, or no plain file. */
export async function modesOf(root: string, changes: readonly TreeChange[]): Promise<readonly (number | undefined)[]> {
  return Promise.all(changes.map(({ path }) => modeOf(join(root, path))));
}

/**
 * Git knows of permissions only whether a file can be run. Those of a file that was there stay, but for that; a new one
 * has those that the child gave it.
 */
export async function keepModes(
  { path, repository }: Pick<Worktree, 'path' | 'repository'>,
  changes: readonly TreeChange[],
  before: readonly (number | undefined)[],
): Promise<void> {
  for (const [i, change] of changes.entries()) {
    const file = join(repository, change.path);
    const known = before[i];
    const wanted = known === undefined ? await modeOf(join(path, change.path)) : modeAfter(known, change);
    const now = await modeOf(file);
    if (wanted !== undefined && now !== undefined && now !== wanted) await chmod(file, wanted);
  }
}

function modeAfter(before: number, { isModeChanged, isExecutable }: TreeChange): number {
  if (!isModeChanged) return before;
  // Whoever may read it may run it.
  return isExecutable ? before | ((before & 0o444) >> 2) : before & ~0o111;
}

async function modeOf(path: string): Promise<number | undefined> {
  try {
    const facts = await lstat(path);
    return facts.isFile() ? facts.mode & 0o777 : undefined;
  } catch {
    return undefined;
  }
}
