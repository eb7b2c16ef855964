import { access, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { ChangedFile, Worktree } from '../delegation/worktree';
import { git, GitFault, lineOf } from './git';
import { compareTrees, treeOf, type TreeChange } from './snapshot';

type Place = Pick<Worktree, 'path' | 'repository' | 'base'>;

/** Checks the base out into the worktree's folder, on no branch. */
export async function addWorktree({ path, repository, base }: Place, signal: AbortSignal): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await git(repository, ['worktree', 'add', '--force', '--detach', path, base], { signal });
}

/** Removes the folder, whatever is in it, and what git knows of it. */
export async function removeWorktree({ path, repository }: Pick<Place, 'path' | 'repository'>): Promise<void> {
  try {
    await git(repository, ['worktree', 'remove', '--force', '--force', path]);
  } catch (error) {
    // The repository is gone, or does not know it any more: then it is a folder like any other.
    if (!(error instanceof GitFault)) throw error;
  }
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
}

/** There is something in the folder, and its checkout was not cut off: git keeps it locked for as long as that takes. */
export async function isWhole(path: string): Promise<boolean> {
  if (!(await exists(path)) || (await readdir(path)).length === 0) return false;
  return !(await exists(resolve(path, lineOf(await git(path, ['rev-parse', '--git-path', 'locked'])))));
}

/** What differs in it from its base, committed there or not, in order of path. */
export async function changesIn(worktree: Place): Promise<readonly ChangedFile[]> {
  const changes = await compareTrees(worktree.path, worktree.base, await treeOf(worktree.path));
  return changes.map(({ path, change }: TreeChange) => ({ path, change }));
}

/** The text of a file at the base, as it would be on disk; empty where it was not there. */
export async function textAtBase({ repository, base }: Place, path: string): Promise<string> {
  const entry = await git(repository, ['ls-tree', '-z', base, '--', path]);
  if (entry.stdout === '') return '';
  return (await git(repository, ['cat-file', '--filters', `${base}:${path}`])).stdout;
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
