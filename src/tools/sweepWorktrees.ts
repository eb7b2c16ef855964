import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Worktree } from '../delegation/worktree';
import { commonDirOf, hasMoved, knownByRepository, knownByWorktree } from './childRepository';
import { git, GitFault, lineOf, OWN_EMAIL } from './git';
import { asideOf, changesIn, isWhole, removeWorktree } from './worktree';

/** The folders of worktrees, by what the rows of their children say. */
export interface KnownWorktrees {
  /** Somebody works in them, or they hold what nobody has taken. */
  readonly open: readonly string[];
  /** What was in them is applied or discarded. */
  readonly closed: readonly string[];
}

/**
 * Removes the checkouts that nobody needs: what a crash left of those that were done with, and those that no row knows
 * and in which, git says, nothing changed. Any other stays: it may hold somebody's work. `readKnown` is asked after the
 * folder was read, for a row is written before its checkout; undefined where the rows cannot be had.
 */
export async function sweepWorktrees(folder: string, readKnown: () => KnownWorktrees | undefined): Promise<void> {
  // What was put aside to be removed, and was not in time.
  await rm(asideOf(folder), { recursive: true, force: true, maxRetries: 3 });
  const paths = (await readdir(folder).catch(noEntries)).map((name) => join(folder, name));
  if (paths.length === 0) return;
  const known = readKnown();
  if (known === undefined) return;
  for (const path of paths.filter((candidate) => !known.open.includes(candidate))) {
    if (known.closed.includes(path) || (await isUnneeded(path))) await remove(path);
  }
}

async function isUnneeded(path: string): Promise<boolean> {
  try {
    if (!(await isWhole(path))) return true;
    const worktree = await knownOf(path);
    if (worktree === undefined || (await changesIn(worktree)).length > 0) return false;
    // What an agent committed has another author.
    const author = await git(worktree.repository, ['log', '-1', '--format=%ae', worktree.base]);
    return lineOf(author) === OWN_EMAIL && !(await hasMoved(worktree.known, worktree.base));
  } catch (error) {
    if (error instanceof GitFault) return false;
    throw error;
  }
}

async function remove(path: string): Promise<void> {
  const repository = (await knownOf(path).catch(() => undefined))?.repository;
  await removeWorktree({ path, repository: repository ?? path });
}

interface KnownWorktree extends Pick<Worktree, 'path' | 'repository' | 'base'> {
  /** Where the repository keeps what it knows of it. */
  readonly known: string;
}

/** What the worktree, and the repository that it names, know of it; undefined where it names none. */
async function knownOf(path: string): Promise<KnownWorktree | undefined> {
  const known = await knownByWorktree(path);
  if (known === undefined || (await knownByRepository(known, path)) === undefined) return undefined;
  const base = await git(path, ['rev-parse', 'HEAD^{commit}'], { gitDir: known });
  const common = await commonDirOf(known);
  return { path, known, repository: basename(common) === '.git' ? dirname(common) : common, base: lineOf(base) };
}

/** The folder is made with the first worktree. */
function noEntries(error: unknown): string[] {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
  throw error;
}
