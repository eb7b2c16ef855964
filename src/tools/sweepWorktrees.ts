import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { git, GitFault, lineOf, OWN_EMAIL } from './git';
import { isWhole, removeWorktree } from './worktree';

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
    const { stdout } = await git(path, ['status', '--porcelain', '--untracked-files=normal']);
    // What an agent committed has another author.
    return stdout === '' && lineOf(await git(path, ['log', '-1', '--format=%ae'])) === OWN_EMAIL;
  } catch (error) {
    if (error instanceof GitFault) return false;
    throw error;
  }
}

async function remove(path: string): Promise<void> {
  await removeWorktree({ path, repository: await repositoryOf(path) });
}

/** Where git knows it; its own folder where it is no checkout. */
async function repositoryOf(path: string): Promise<string> {
  try {
    const { stdout } = await git(path, ['worktree', 'list', '--porcelain', '-z']);
    return stdout.slice('worktree '.length, stdout.indexOf('\0'));
  } catch (error) {
    if (error instanceof GitFault) return path;
    throw error;
  }
}

/** The folder is made with the first worktree. */
function noEntries(error: unknown): string[] {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
  throw error;
}
