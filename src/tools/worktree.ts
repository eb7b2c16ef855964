import { randomUUID } from 'node:crypto';
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ChangedFile, Worktree } from '../delegation/worktree';
import { knownByRepository, knownByWorktree, makeOwnRepository } from './childRepository';
import { git, GitFault } from './git';
import { KeyedLock } from './keyedLock';
import { commitOf, compareTrees, gitDirOf } from './snapshot';
import { lookAt, type Look } from './workingTree';

type Place = Pick<Worktree, 'path' | 'repository' | 'base'>;

/** While git is told of a worktree, it must not be told of another: it reads what the first has not finished writing. */
const telling = new KeyedLock();

/**
 * Checks the base out into the worktree's folder, on no branch, as a repository of its own. Git keeps it locked for as
 * long as that takes.
 */
export async function addWorktree(place: Place, signal: AbortSignal): Promise<void> {
  const { path, repository, base } = place;
  await mkdir(dirname(path), { recursive: true });
  const how = ['--force', '--detach', '--no-checkout', '--lock', '--reason', 'initializing'];
  await telling.run(repository, () => git(repository, ['worktree', 'add', ...how, path, base], { signal }));
  const known = await knownByWorktree(path);
  if (known === undefined) throw new GitFault(`git made no worktree at ${path}`);
  await git(path, ['reset', '--hard', '--quiet'], { gitDir: known, signal });
  await makeOwnRepository(place, known);
  await rm(join(known, 'locked'), { force: true });
}

/**
 * Puts a worktree that nobody needs where it is in nobody's way, so that it is gone at once; returns the folder that is
 * to be removed, which may take a while.
 */
export async function putAside({ path, repository }: Pick<Place, 'path' | 'repository'>): Promise<string> {
  const known = await knownOf(path, repository);
  const aside = join(asideOf(dirname(path)), `${basename(path)}-${randomUUID()}`);
  await mkdir(dirname(aside), { recursive: true });
  await rename(path, aside);
  if (known !== undefined) await rm(known, { recursive: true, force: true, maxRetries: 3 });
  return aside;
}

/** Beside the folder of all worktrees: on the same disk, and not among them. */
export function asideOf(folder: string): string {
  return `${folder}-removed`;
}

/**
 * Removes the folder, whatever is in it, and what git knows of it. That by hand: `git worktree remove` also removes the
 * folder that holds it, where another worktree is about to be made.
 */
export async function removeWorktree({ path, repository }: Pick<Place, 'path' | 'repository'>): Promise<void> {
  const known = await knownOf(path, repository);
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
  if (known !== undefined) await rm(known, { recursive: true, force: true, maxRetries: 3 });
}

/** The repository may be gone, or not know it any more. Never asked of the worktree: it could name any folder. */
function knownOf(path: string, repository: string): Promise<string | undefined> {
  return gitDirOf(repository)
    .then((gitDir) => knownByRepository(gitDir, path))
    .catch(unknownToGit);
}

function unknownToGit(error: unknown): undefined {
  if (!(error instanceof GitFault)) throw error;
}

/** There is something in the folder, and its checkout was not cut off: git keeps it locked for as long as that takes. */
export async function isWhole(path: string): Promise<boolean> {
  if (!(await exists(path)) || (await readdir(path)).length === 0) return false;
  const known = await knownByWorktree(path);
  return known === undefined || !(await exists(join(known, 'locked')));
}

/**
 * Its files as they are now. They are looked at as a working tree of the user's repository: nothing in the worktree
 * decides what git does there, and it need not be a repository any more.
 */
export async function lookInto({ path, repository, base }: Place): Promise<Look> {
  const gitDir = await gitDirOf(repository);
  const known = await knownByRepository(gitDir, path);
  return lookAt({ folder: path, gitDir, base, index: known === undefined ? undefined : join(known, 'index') });
}

/** What differs in it from its base, committed there or not, in order of path; what git cannot take is named as well. */
export async function changesIn(worktree: Place): Promise<readonly ChangedFile[]> {
  return changesSeen(worktree, await lookInto(worktree));
}

export async function changesSeen(
  { repository, base }: Pick<Place, 'repository' | 'base'>,
  { tree, left }: Look,
): Promise<readonly ChangedFile[]> {
  const named = new Set(left.map(({ path }) => path));
  const changes = (await compareTrees(repository, base, tree)).filter(({ path }) => !named.has(path));
  return [...left, ...changes]
    .map(({ path, change }) => ({ path, change }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** The worktree with all that was taken from it as its new base, which is kept from being cleared away. */
export async function rebased<T extends Place>(worktree: T, tree: string): Promise<T> {
  const base = await commitOf(worktree.repository, tree, [worktree.base]);
  const known = await knownByRepository(await gitDirOf(worktree.repository), worktree.path);
  if (known !== undefined) await git(worktree.path, ['update-ref', '--no-deref', 'HEAD', base], { gitDir: known });
  return { ...worktree, base };
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
