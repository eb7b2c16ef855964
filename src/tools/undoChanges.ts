import { chmod, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { WorktreeFault } from '../delegation/worktree';
import { oneLine } from '../util/plainText';
import { git, type GitFault } from './git';
import type { TreeChange } from './snapshot';

/** What was begun to be changed in the user's files. */
interface Begun {
  /** On the disk before, or new. */
  readonly present: readonly TreeChange[];
  /** Of `present`, in order, as far as they were files before. */
  readonly modes: readonly (number | undefined)[];
  /** Not on the disk before, for the checkout is sparse. */
  readonly absent: readonly TreeChange[];
}

/**
 * Puts the user's files back as they were, which the tree `ours` has, after a change of them broke off; returns what is to
 * be thrown. `index` is a place for one.
 */
export async function undone(
  { root, ours, index }: { readonly root: string; readonly ours: string; readonly index: string },
  { present, modes, absent }: Begun,
  { message }: GitFault,
): Promise<WorktreeFault> {
  try {
    const had = new Set((await git(root, ['ls-tree', '-r', '-z', '--name-only', ours])).stdout.split('\0'));
    // First, so that a full disk has room for the others.
    for (const { path } of [...absent, ...present.filter((one) => !had.has(one.path))]) await removeFile(root, path);
    const changed = present.map(({ path }, i) => ({ path, mode: modes[i] })).filter(({ path }) => had.has(path));
    await writeFiles(
      root,
      index,
      ours,
      changed.map(({ path }) => path),
    );
    for (const { path, mode } of changed) if (mode !== undefined) await chmod(join(root, path), mode);
    return new WorktreeFault(`Nothing was applied, and your files are as they were: ${message}`);
  } catch {
    const files = oneLine([...present, ...absent].map(({ path }) => path).join(', '), 300);
    return new WorktreeFault(
      `Applying broke off (${message}), and what it had changed could not be put back. Look at ${files}: ` +
        `git show ${ours}:FILE prints each as it was. All that the agent made is in its worktree still.`,
    );
  }
}

/** Files as a tree has them, whatever is in their place. */
export async function writeFiles(root: string, index: string, tree: string, paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return;
  await git(root, ['read-tree', tree], { index });
  await git(root, ['checkout-index', '--force', '-z', '--stdin'], { index, input: paths.join('\0') });
}

/** With the folders that it leaves empty, as git does. Where it is no file, it was not written. */
async function removeFile(root: string, path: string): Promise<void> {
  const isGone = await unlink(join(root, path)).then(
    () => true,
    () => false,
  );
  for (let folder = dirname(path); isGone && folder !== '.'; folder = dirname(folder)) {
    try {
      await rmdir(join(root, folder));
    } catch {
      return;
    }
  }
}
