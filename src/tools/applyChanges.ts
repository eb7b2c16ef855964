import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worktree } from '../delegation/worktree';
import { git, GitFault } from './git';
import { commitOf, compareTrees, treeOf, type TreeChange } from './snapshot';

/** Paths are relative to the repository's root. */
export type ApplyOutcome =
  | { readonly kind: 'applied'; readonly files: readonly string[] }
  | { readonly kind: 'conflict'; readonly files: readonly string[] };

/**
 * Brings the changes of a worktree into the user's working tree, all or nothing: what the user changed since the base
 * stays, and where both changed the same place, nothing happens. Neither index nor HEAD is touched. `isBusy` names files
 * that must not be written to.
 */
export async function applyChanges(
  { path, repository, base }: Pick<Worktree, 'path' | 'repository' | 'base'>,
  isBusy: (file: string) => Promise<boolean>,
): Promise<ApplyOutcome> {
  const theirs = await treeOf(path);
  const changes = await compareTrees(repository, base, theirs);
  const files = changes.map((change) => change.path);
  // Of a repository in the repository only a commit is known, which the user's files cannot be made of.
  const closed = await Promise.all(changes.map(async (change) => change.isRepository || (await isBusy(change.path))));
  if (closed.includes(true)) return { kind: 'conflict', files: files.filter((_, i) => closed[i]) };
  const ours = await treeOf(repository, 'leave out');
  const merged = await mergeTrees(repository, base, ours, theirs);
  if ('conflicts' in merged) return { kind: 'conflict', files: merged.conflicts };
  const refused = await patchFiles(repository, merged.from, merged.to);
  if (!refused) return { kind: 'applied', files };
  return { kind: 'conflict', files: await changedByBoth(repository, changes, base, ours) };
}

/** The step from one tree to another that leads from the user's files to the merged ones. */
type Merged = { readonly from: string; readonly to: string } | { readonly conflicts: readonly string[] };

async function mergeTrees(root: string, base: string, ours: string, theirs: string): Promise<Merged> {
  // Two commits on the base: older versions of git take no base from us.
  const [left, right] = await Promise.all([commitOf(root, ours, [base]), commitOf(root, theirs, [base])]);
  try {
    const args = ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', left, right];
    const { exitCode, stdout } = await git(root, args, { answers: [1] });
    const [tree = '', ...conflicts] = stdout.split('\0').filter((part) => part !== '');
    return exitCode === 1 ? { conflicts } : { from: ours, to: tree };
  } catch (error) {
    // Git before 2.38 cannot merge trees; its patches find their place by the lines around it.
    if (error instanceof GitFault) return { from: base, to: theirs };
    throw error;
  }
}

/** Changes the files on disk as one tree differs from another. Returns true where git refuses; nothing is changed then. */
async function patchFiles(root: string, from: string, to: string): Promise<boolean> {
  if (from === to) return false;
  const folder = await mkdtemp(join(tmpdir(), 'fanout-patch-'));
  const patch = join(folder, 'patch');
  try {
    const how = ['-p', '--binary', '--full-index', '--no-renames', '--no-color'];
    await git(root, ['diff-tree', ...how, `--output=${patch}`, from, to]);
    const applied = await git(root, ['apply', '--whitespace=nowarn', '--no-ignore-whitespace', patch], {
      answers: [1],
    });
    return applied.exitCode !== 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** All of them where none stands out. */
async function changedByBoth(
  root: string,
  changes: readonly TreeChange[],
  base: string,
  ours: string,
): Promise<readonly string[]> {
  const own = new Set((await compareTrees(root, base, ours)).map(({ path }) => path));
  const files = changes.map(({ path }) => path);
  const both = files.filter((path) => own.has(path));
  return both.length > 0 ? both : files;
}
