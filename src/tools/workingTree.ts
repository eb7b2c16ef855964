import { constants } from 'node:fs';
import { access, copyFile, lstat, mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChangedFile } from '../delegation/worktree';
import { git, GitFault, lineOf, type GitOptions } from './git';

/** New files above that are data, not work: git would copy them whole into its store. In bytes. */
export const LARGEST_FILE = 50 * 1024 * 1024;
/** All new files together, in bytes. */
const LARGEST_TOTAL = 500 * 1024 * 1024;
/** Files in a submodule that are named one by one; of more, the submodule alone. */
const MOST_NAMED = 50;
/** Files that are looked at side by side. */
const AT_ONCE = 16;

/** A working tree: whose repository it is, is not asked of its files, which may lie. */
export interface WorkingTree {
  readonly folder: string;
  /** The repository's own folder. */
  readonly gitDir: string;
  /** An index that knows most of the files; where there is none, the tree of `base` does. */
  readonly index?: string | undefined;
  /** Submodules count as changed where something is in them: at the base, all of them were empty. */
  readonly base?: string;
}

/** A file, or a folder, that is not in the tree though it is there. */
export interface LeftOut extends ChangedFile {
  readonly reason: string;
}

export interface Look {
  /** What git can take of the files as they are now. */
  readonly tree: string;
  readonly left: readonly LeftOut[];
}

/**
 * The tree that holds a working tree as it is now: what is not committed and not tracked is in it, what is ignored is
 * not. Neither index, HEAD, stash nor any file is touched. What git cannot take, or should not, is told, and keeps nothing
 * else out: files that can't be read or are very large, and whatever lies in a repository of its own.
 */
export async function lookAt(place: WorkingTree): Promise<Look> {
  const temporary = await mkdtemp(join(tmpdir(), 'fanout-index-'));
  try {
    const index = join(temporary, 'index');
    const options: GitOptions = { index, gitDir: place.gitDir };
    await beginIndex(place, index, options);
    const { modules, hidden } = await entriesOf(place.folder, options);
    await unhide(place.folder, hidden, options);
    const [others, changes] = await Promise.all([
      namesFrom(place.folder, ['ls-files', '--others', '--exclude-standard', '-z'], options),
      changesOf(place.folder, options),
    ]);
    const named = (isDeleted: boolean) =>
      changes
        .filter(({ path, change }) => isSpelt(path) && (change === 'deleted') === isDeleted)
        .map(({ path }) => path);
    const { takable, left } = await sortOut(place.folder, others.filter(isSpelt));
    await updateIndex(place.folder, ['--force-remove'], named(true), options);
    const refused = await take(place.folder, [...named(false), ...takable], options);
    const unspelt = [...others.map((path) => leftOut(path, NOT_SPELT)), ...changes].filter(
      ({ path }) => !isSpelt(path),
    );
    const unread = [
      ...refused.map((path) => leftOut(path, CANNOT_TAKE, takable.includes(path) ? 'added' : 'modified')),
      ...unspelt.map(({ path, change }) => leftOut(path, NOT_SPELT, change)),
    ];
    const tree = lineOf(await git(place.folder, ['write-tree'], options));
    const inModules = place.base === undefined ? [] : await filledModules(place.folder, modules);
    return { tree, left: [...left, ...unread, ...inModules].toSorted((a, b) => (a.path < b.path ? -1 : 1)) };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

const CANNOT_TAKE = 'git cannot take it, or it cannot be read';
const NOT_SPELT = 'its name is not UTF-8';

/** Bytes that are no UTF-8 are lost in a name, and whoever asks for what is left of it finds nothing. */
function isSpelt(path: string): boolean {
  return !path.includes('\ufffd');
}

/** Files that are not as the index has them. */
async function changesOf(folder: string, options: GitOptions): Promise<readonly ChangedFile[]> {
  // Of a submodule only where it stands: looking into it would run what its own settings name.
  const args = ['diff-files', '--name-status', '-z', '--ignore-submodules=dirty'];
  const parts = await namesFrom(folder, args, options).catch(async (error: unknown) => {
    if (!(error instanceof GitFault)) throw error;
    // One file whose filter does not work holds up all. Without filters more files seem changed; that is found out later.
    return namesFrom(folder, [...(await withoutFilters(folder, options)), ...args], options);
  });
  return Array.from({ length: Math.floor(parts.length / 2) }, (_, i) => ({
    path: parts[2 * i + 1] ?? '',
    change: parts[2 * i] === 'D' ? ('deleted' as const) : ('modified' as const),
  }));
}

async function withoutFilters(folder: string, options: GitOptions): Promise<readonly string[]> {
  const how = ['config', '--name-only', '-z', '--get-regexp', '^filter\\..*\\.(clean|process|required)$'];
  const { stdout } = await git(folder, how, { ...options, answers: [1] });
  const keys = stdout.split('\0').filter((key) => key !== '');
  return keys.flatMap((key) => ['-c', key.endsWith('.required') ? `${key}=false` : `${key}=`]);
}

function leftOut(path: string, reason: string, change: ChangedFile['change'] = 'added'): LeftOut {
  return { path, change, reason };
}

/**
 * A copy of the index knows what is unchanged by size and time, so that only changed files are read. It must not seem
 * newer than it is: git takes a file for unchanged that was written well before the index. https://git-scm.com/docs/racy-git
 */
async function beginIndex({ folder, index, base }: WorkingTree, copy: string, options: GitOptions): Promise<void> {
  try {
    if (index === undefined) throw Object.assign(new Error('There is no index.'), { code: 'ENOENT' });
    const seconds = Math.floor((await stat(index)).mtimeMs / 1000);
    await copyFile(index, copy);
    await utimes(copy, seconds, seconds);
  } catch (error) {
    // A repository in which nothing was ever added has none.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    if (base !== undefined) await git(folder, ['read-tree', base], options);
  }
}

interface Entries {
  /** Submodules, by path. */
  readonly modules: readonly string[];
  /** Files that git was told not to look at (`--skip-worktree`, `--assume-unchanged`). */
  readonly hidden: readonly string[];
}

async function entriesOf(folder: string, options: GitOptions): Promise<Entries> {
  const modules: string[] = [];
  const hidden: string[] = [];
  for (const entry of await namesFrom(folder, ['ls-files', '--stage', '-v', '-z'], options)) {
    const path = entry.slice(entry.indexOf('\t') + 1);
    if (entry.startsWith('160000 ', 2)) modules.push(path);
    else if (!entry.startsWith('H ') && /^[a-zS]/.test(entry)) hidden.push(path);
  }
  return { modules, hidden };
}

/** What is there is looked at; what is not, in a sparse checkout, stays as the repository has it. */
async function unhide(folder: string, hidden: readonly string[], options: GitOptions): Promise<void> {
  const facts = await eachOf(hidden, (path) => lstat(join(folder, path)).catch(() => undefined));
  const there = hidden.filter((_, i) => facts[i] !== undefined);
  for (const mark of ['--no-skip-worktree', '--no-assume-unchanged']) await updateIndex(folder, [mark], there, options);
}

async function updateIndex(
  folder: string,
  how: readonly string[],
  paths: readonly string[],
  options: GitOptions,
): Promise<void> {
  if (paths.length === 0) return;
  await git(folder, ['update-index', ...how, '-z', '--stdin'], { ...options, input: [...new Set(paths)].join('\0') });
}

async function sortOut(
  folder: string,
  others: readonly string[],
): Promise<{ readonly takable: readonly string[]; readonly left: readonly LeftOut[] }> {
  const takable: string[] = [];
  const left: LeftOut[] = [];
  const facts = await eachOf(others, (path) => factsOf(join(folder, path)));
  let total = 0;
  for (const [i, path] of others.entries()) {
    const { size, isReadable } = facts[i] ?? NOTHING;
    if (path.endsWith('/')) left.push(leftOut(path.slice(0, -1), 'it is a repository of its own'));
    else if (!isReadable) left.push(leftOut(path, 'it cannot be read'));
    else if (size > LARGEST_FILE) left.push(leftOut(path, `it is larger than ${megabytes(LARGEST_FILE)}`));
    else if (total + size > LARGEST_TOTAL)
      left.push(leftOut(path, `all new files are larger than ${megabytes(LARGEST_TOTAL)}`));
    else {
      total += size;
      takable.push(path);
    }
  }
  return { takable, left };
}

const NOTHING = { size: 0, isReadable: true };

async function factsOf(path: string): Promise<{ readonly size: number; readonly isReadable: boolean }> {
  try {
    const facts = await lstat(path);
    if (!facts.isFile()) return NOTHING;
    const isReadable = await access(path, constants.R_OK).then(
      () => true,
      () => false,
    );
    return { size: facts.size, isReadable };
  } catch {
    // It came and went: git is told the same.
    return NOTHING;
  }
}

function megabytes(bytes: number): string {
  return `${bytes / 1024 / 1024} MB`;
}

/** Brings files into the index as they are on disk; returns those that git refuses, found by halving. */
async function take(folder: string, paths: readonly string[], options: GitOptions): Promise<readonly string[]> {
  if (paths.length === 0) return [];
  try {
    await updateIndex(folder, ['--add', '--remove', '--replace'], paths, options);
    return [];
  } catch (error) {
    if (!(error instanceof GitFault)) throw error;
    if (paths.length === 1) return paths;
  }
  const half = Math.ceil(paths.length / 2);
  const first = await take(folder, paths.slice(0, half), options);
  return [...first, ...(await take(folder, paths.slice(half), options))];
}

/** What was written where git knows a commit only. */
async function filledModules(folder: string, modules: readonly string[]): Promise<readonly LeftOut[]> {
  const found = await eachOf(modules, async (module) => {
    const inside = await readdir(join(folder, module), { recursive: true, withFileTypes: true }).catch(() => []);
    if (inside.some(({ name, parentPath }) => name === '.git' && parentPath === join(folder, module))) {
      return [leftOut(module, 'it is a submodule that was filled here', 'modified')];
    }
    const files = inside.filter((entry) => !entry.isDirectory());
    if (files.length > MOST_NAMED) return [leftOut(module, 'it is a submodule', 'modified')];
    return files.map(({ name, parentPath }) => {
      const path = join(parentPath, name).slice(folder.length + 1);
      return leftOut(path.replaceAll('\\', '/'), `it is in the submodule ${module}`);
    });
  });
  return found.flat();
}

async function namesFrom(folder: string, args: readonly string[], options: GitOptions): Promise<readonly string[]> {
  return (await git(folder, args, options)).stdout.split('\0').filter((name) => name !== '');
}

/** In order, a few at a time. */
async function eachOf<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  const next = async () => {
    for (const [i, item] of waiting) results[i] = await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  return results;
}
