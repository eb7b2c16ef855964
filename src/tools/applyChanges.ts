import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worktree } from '../delegation/worktree';
import { keepModes, modesOf } from './fileModes';
import { git, GitFault } from './git';
import { commitOf, compareTrees, lookAtUsers, type TreeChange } from './snapshot';
import { undone, writeFiles } from './undoChanges';
import type { LeftOut, Look } from './workingTree';
import { exists, lookInto } from './worktree';

/** Paths are relative to the repository's root. */
export type ApplyOutcome =
  | { readonly kind: 'applied'; readonly files: readonly string[] }
  /** All but what git cannot take from one place to the other. */
  | { readonly kind: 'partly'; readonly files: readonly string[]; readonly left: readonly LeftOut[] }
  /** Nothing is applied, because of these. */
  | { readonly kind: 'conflict'; readonly files: readonly string[] };

type Place = Pick<Worktree, 'path' | 'repository' | 'base'>;

/**
 * Brings the changes of a worktree into the user's working tree, all or nothing: what the user changed since the base
 * stays, and where both changed the same place, nothing happens. What git cannot carry over holds up nothing else.
 * Neither index nor HEAD is touched. `isBusy` names files that must not be written to.
 */
export async function applyChanges(
  place: Place,
  isBusy: (file: string) => Promise<boolean>,
  looked?: Look,
): Promise<ApplyOutcome> {
  const { repository, base } = place;
  const theirs = looked ?? (await lookInto(place));
  const all = await compareTrees(repository, base, theirs.tree);
  // Of a repository in the repository only a commit is known, which the user's files cannot be made of.
  const changes = all.filter(({ isRepository }) => !isRepository);
  const modules = all.filter(({ isRepository }) => isRepository).map(asLeft);
  const left = [...theirs.left, ...modules.filter(({ path }) => theirs.left.every((one) => one.path !== path))];
  if (changes.length === 0 && left.length > 0) return { kind: 'conflict', files: left.map(({ path }) => path) };
  const files = changes.map(({ path }) => path);
  const busy = await Promise.all(files.map(isBusy));
  if (busy.includes(true)) return { kind: 'conflict', files: files.filter((_, i) => busy[i]) };
  const { tree: ours } = await lookAtUsers(repository);
  const merged = await mergeTrees(repository, base, ours, theirs.tree);
  if ('conflicts' in merged) return { kind: 'conflict', files: merged.conflicts };
  const written = await writeStep(place, merged, ours);
  if (written === undefined) return { kind: 'conflict', files: await changedByBoth(repository, changes, base, ours) };
  const missed = [...left, ...written];
  return missed.length === 0
    ? { kind: 'applied', files }
    : { kind: 'partly', files: files.filter((file) => missed.every(({ path }) => path !== file)), left: missed };
}

function asLeft({ path, change }: TreeChange): LeftOut {
  return { path, change, reason: 'it is a submodule, or a repository of its own' };
}

/** The step from one tree to another that leads from the user's files to the merged ones. */
interface Step {
  readonly from: string;
  readonly to: string;
  /** `from` is what the user has: what of it is not on disk is kept off it by a sparse checkout. */
  readonly isFromOurs: boolean;
}

async function mergeTrees(
  root: string,
  base: string,
  ours: string,
  theirs: string,
): Promise<Step | { readonly conflicts: readonly string[] }> {
  // Two commits on the base: older versions of git take no base from us.
  const [left, right] = await Promise.all([commitOf(root, ours, [base]), commitOf(root, theirs, [base])]);
  try {
    const args = ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', left, right];
    const { exitCode, stdout } = await git(root, args, { answers: [1] });
    const [tree = '', ...conflicts] = stdout.split('\0').filter((part) => part !== '');
    if (exitCode !== 1) return { from: ours, to: tree, isFromOurs: true };
    // A file that meets a folder of its name is given another one, which holds the commit: `d~445ee…`.
    const names = conflicts.map((name) => name.replace(`~${left}`, '').replace(`~${right}`, ''));
    return { conflicts: [...new Set(names)] };
  } catch (error) {
    // Git before 2.38 cannot merge trees; its patches find their place by the lines around it.
    if (error instanceof GitFault) return { from: base, to: theirs, isFromOurs: false };
    throw error;
  }
}

/**
 * Changes the files on disk as one tree differs from another. Undefined where git refuses; nothing is changed then. Else
 * what could not be changed, for the user's checkout is sparse and does not hold it.
 */
async function writeStep(place: Place, step: Step, ours: string): Promise<readonly LeftOut[] | undefined> {
  const root = place.repository;
  const all = await compareTrees(root, step.from, step.to);
  const isThere = await Promise.all(all.map(({ path }) => exists(join(root, path))));
  const isAbsent = (i: number) => step.isFromOurs && all[i]?.change !== 'added' && isThere[i] !== true;
  const absent = all.filter(({ isRepository }, i) => !isRepository && isAbsent(i));
  const present = all.filter(({ isRepository }, i) => !isRepository && !isAbsent(i));
  const modes = await modesOf(root, present);
  const folder = await mkdtemp(join(tmpdir(), 'fanout-patch-'));
  try {
    const others = all.filter((change) => !present.includes(change)).map(({ path }) => path);
    try {
      if (present.length > 0 && !(await patch(root, join(folder, 'patch'), step, others))) return undefined;
      const wanted = absent.filter(({ change }) => change !== 'deleted').map(({ path }) => path);
      await writeFiles(root, join(folder, 'index'), step.to, wanted);
    } catch (error) {
      if (!(error instanceof GitFault)) throw error;
      // It changes one file after the other, and the disk may be full halfway.
      throw await undone({ root, ours, index: join(folder, 'undo') }, { present, modes, absent }, error);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  await keepModes(place, present, modes);
  return absent
    .filter(({ change }) => change === 'deleted')
    .map(({ path, change }) => ({ path, change, reason: 'it is outside of the sparse checkout' }));
}

/** False where git refuses. */
async function patch(root: string, file: string, { from, to }: Step, without: readonly string[]): Promise<boolean> {
  const how = ['-p', '--binary', '--full-index', '--no-renames', '--no-color'];
  const paths = without.length === 0 ? [] : ['--', ':(top)', ...without.map((path) => `:(top,exclude,literal)${path}`)];
  await git(root, ['diff-tree', ...how, `--output=${file}`, from, to, ...paths]);
  const applied = await git(root, ['apply', '--whitespace=nowarn', '--no-ignore-whitespace', file], { answers: [1] });
  return applied.exitCode === 0;
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
