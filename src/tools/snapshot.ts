import { copyFile, mkdtemp, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ChangedFile } from '../delegation/worktree';
import { git, GitFault, lineOf } from './git';

/**
 * The tree that holds a working tree as it is now: what is not committed and not tracked is in it, what is ignored is
 * not. Neither index, HEAD, stash nor any file is touched. A file that git cannot take (unreadable, or a repository
 * without a commit) is a GitFault, or is left out where that is said.
 */
export async function treeOf(root: string, untakable: 'fail' | 'leave out' = 'fail'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fanout-index-'));
  const index = join(folder, 'index');
  try {
    await copyIndex(root, index);
    if (untakable === 'leave out') await git(root, ['add', '--all', '--ignore-errors'], { index, answers: [1] });
    else await addAll(root, index);
    return lineOf(await git(root, ['write-tree'], { index }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A commit of a tree that nothing names: it belongs to no branch. */
export async function commitOf(root: string, tree: string, parents: readonly string[]): Promise<string> {
  const args = ['commit-tree', tree, '-m', 'Working tree, as Fanout found it'];
  return lineOf(await git(root, [...args, ...parents.flatMap((parent) => ['-p', parent])]));
}

/** A commit of the user's working tree as it is now, on top of HEAD where there is one. */
export async function takeSnapshot(root: string): Promise<string> {
  const tree = await treeOf(root, 'leave out');
  const head = await git(root, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], { answers: [1] });
  return commitOf(root, tree, head.exitCode === 0 ? [lineOf(head)] : []);
}

export interface TreeChange extends ChangedFile {
  /** A repository in the repository, of which git knows the commit only. */
  readonly isRepository: boolean;
}

/** The files that differ between two trees or commits, in order of path. A renamed one is one deleted and one added. */
export async function compareTrees(root: string, before: string, after: string): Promise<readonly TreeChange[]> {
  const { stdout } = await git(root, ['diff-tree', '-r', '-z', '--raw', '--no-renames', before, after]);
  const parts = stdout.split('\0');
  return Array.from({ length: Math.floor(parts.length / 2) }, (_, i): TreeChange => {
    const [oldMode, newMode, , , status] = (parts[2 * i] ?? '').slice(1).split(' ');
    return {
      path: parts[2 * i + 1] ?? '',
      change: status === 'A' ? 'added' : status === 'D' ? 'deleted' : 'modified',
      isRepository: oldMode === REPOSITORY || newMode === REPOSITORY,
    };
  });
}

const REPOSITORY = '160000';

/**
 * The copy knows what is unchanged by size and time, so that only changed files are read. It must not seem newer than it
 * is: git takes a file for unchanged that was written well before the index. https://git-scm.com/docs/racy-git
 */
async function copyIndex(root: string, copy: string): Promise<void> {
  const index = resolve(root, lineOf(await git(root, ['rev-parse', '--git-path', 'index'])));
  try {
    const seconds = Math.floor((await stat(index)).mtimeMs / 1000);
    await copyFile(index, copy);
    await utimes(copy, seconds, seconds);
  } catch (error) {
    // A repository in which nothing was ever added has none.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function addAll(root: string, index: string): Promise<void> {
  try {
    await git(root, ['add', '--all'], { index });
  } catch (error) {
    // A file that came and went meanwhile: something is still writing.
    if (!(error instanceof GitFault)) throw error;
    await git(root, ['add', '--all'], { index });
  }
}
