import { resolve } from 'node:path';
import type { ChangedFile } from '../delegation/worktree';
import { git, lineOf } from './git';
import { lookAt, type LeftOut, type Look } from './workingTree';

/** Files that a snapshot names as left out; of more, how many. */
const MOST_NAMED = 20;

const SUBJECT = 'Working tree, as Fanout found it';

/** The repository's own folder, of a working tree of the user's. */
export async function gitDirOf(root: string): Promise<string> {
  return lineOf(await git(root, ['rev-parse', '--absolute-git-dir']));
}

/** The user's working tree as it is now. */
export async function lookAtUsers(root: string): Promise<Look> {
  const [gitDir, index] = await Promise.all([gitDirOf(root), git(root, ['rev-parse', '--git-path', 'index'])]);
  return lookAt({ folder: root, gitDir, index: resolve(root, lineOf(index)) });
}

/** A commit of a tree that nothing names: it belongs to no branch. */
export async function commitOf(
  root: string,
  tree: string,
  parents: readonly string[],
  message = SUBJECT,
): Promise<string> {
  const args = ['commit-tree', tree, '-m', message];
  return lineOf(await git(root, [...args, ...parents.flatMap((parent) => ['-p', parent])]));
}

/** A commit of the user's working tree as it is now, on top of HEAD where there is one; it says what is not in it. */
export async function takeSnapshot(root: string): Promise<string> {
  const { tree, left } = await lookAtUsers(root);
  const head = await git(root, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], { answers: [1] });
  const message = left.length === 0 ? SUBJECT : `${SUBJECT}\n\n${namedLeft(left)}`;
  return commitOf(root, tree, head.exitCode === 0 ? [lineOf(head)] : [], message);
}

/** One line for each file that a snapshot leaves out; empty where it has all. */
export async function leftOutOf(root: string, snapshot: string): Promise<string> {
  return lineOf(await git(root, ['log', '-1', '--format=%b', snapshot])).trim();
}

function namedLeft(left: readonly LeftOut[]): string {
  const named = left.slice(0, MOST_NAMED).map(({ path, reason }) => `${path}: ${reason}`);
  const more = left.length - named.length;
  return [...named, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}

export interface TreeChange extends ChangedFile {
  /** A repository in the repository, of which git knows the commit only. */
  readonly isRepository: boolean;
  /** That of a script and not of a text, now. */
  readonly isExecutable: boolean;
  /** It was the other way before. */
  readonly isModeChanged: boolean;
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
      isExecutable: newMode === '100755',
      isModeChanged: oldMode !== newMode,
    };
  });
}

const REPOSITORY = '160000';
