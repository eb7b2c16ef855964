import { appendFile, copyFile, cp, lstat, mkdir, readdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Worktree } from '../delegation/worktree';
import { git, lineOf } from './git';

type Place = Pick<Worktree, 'path' | 'repository' | 'base'>;

/** The child's repository, in the folder in which the user's repository keeps what it knows of the worktree. */
const OWN = 'own';

/**
 * Gives a worktree that git has just made a repository of its own, which borrows the objects of the user's: branches, tags
 * and settings are there as they are in the user's, but what the child's git changes of them, its stash above all, is its
 * own. The user's repository goes on knowing the worktree, in the folder `known`, so that nothing of its base is ever
 * cleared away.
 */
export async function makeOwnRepository({ path, repository, base }: Place, known: string): Promise<void> {
  const { stdout: refs } = await git(repository, ['for-each-ref', '--format=%(objectname) %(refname)']);
  const link = join(path, '.git');
  const common = await commonDirOf(known);
  const own = join(known, OWN);
  for (const folder of ['objects/info', 'refs/heads', 'info']) await mkdir(join(own, folder), { recursive: true });
  await writeFile(join(own, 'objects', 'info', 'alternates'), `${join(common, 'objects')}\n`);
  await writeFile(join(own, 'packed-refs'), refs.split('\n').filter(isForAll).join('\n'));
  await writeFile(join(own, 'HEAD'), `${base}\n`);
  await copySettings(common, own, path);
  await Promise.all([
    ...['shallow', 'info/exclude', 'info/attributes'].map((name) => copyIfThere(join(common, name), join(own, name))),
    ...['index', 'config.worktree', 'info/sparse-checkout'].map((name) =>
      copyIfThere(join(known, name), join(own, name)),
    ),
    copyHooks(join(common, 'hooks'), join(own, 'hooks')),
  ]);
  await writeFile(link, `gitdir: ${own}\n`);
}

/** Neither the stash, nor what belongs to one worktree. */
function isForAll(ref: string): boolean {
  return !/^\S+ refs\/(stash$|bisect\/|worktree\/|rewritten\/)/.test(ref);
}

/** Of several values the last one counts. */
async function copySettings(common: string, own: string, path: string): Promise<void> {
  const config = join(own, 'config');
  await copyFile(join(common, 'config'), config);
  const text = await readFile(config, 'utf8');
  const place = path.replaceAll('\\', '/').replaceAll('"', '\\"');
  const more = [
    '\n[core]\n\tbare = false\n',
    /^\s*worktree\s*=/im.test(text) ? `\tworktree = "${place}"\n` : '',
    /^\s*refstorage\s*=/im.test(text) ? '[extensions]\n\trefStorage = files\n' : '',
  ];
  await appendFile(config, more.join(''));
}

async function copyIfThere(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function copyHooks(from: string, to: string): Promise<void> {
  const filter = (path: string) => !path.endsWith('.sample');
  await cp(from, to, { recursive: true, dereference: true, filter }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  });
}

/**
 * The folder in which the user's repository keeps what it knows of the worktree, by what the worktree itself says;
 * undefined where it says nothing.
 */
export async function knownByWorktree(path: string): Promise<string | undefined> {
  const link = (await readSmall(join(path, '.git')))?.replace(/^gitdir: /, '').trim();
  if (link === undefined || link === '') return undefined;
  const folder = resolve(path, link);
  // Those of an earlier version share the repository of the user.
  return basename(folder) === OWN ? dirname(folder) : folder;
}

/** The same by what the user's repository says, whatever became of the worktree. */
export async function knownByRepository(gitDir: string, path: string): Promise<string | undefined> {
  const folder = join(await commonDirOf(gitDir), 'worktrees');
  const links = [...new Set([path, await realpath(path).catch(() => path)])].map((one) => join(one, '.git'));
  // Git names it after the worktree, if it can.
  const names = (await readdir(folder).catch(() => [])).toSorted(
    (a, b) => Number(b.startsWith(basename(path))) - Number(a.startsWith(basename(path))),
  );
  for (const name of names) {
    const known = join(folder, name);
    const link = (await readFile(join(known, 'gitdir'), 'utf8').catch(() => '')).trim();
    if (link !== '' && links.includes(resolve(known, link))) return known;
  }
  return undefined;
}

/** What all worktrees of a repository have in common. */
export async function commonDirOf(gitDir: string): Promise<string> {
  return resolve(gitDir, (await readFile(join(gitDir, 'commondir'), 'utf8').catch(() => '.')).trim());
}

/** The child went elsewhere than where it began: to a commit, or to a branch. */
export async function hasMoved(known: string, base: string): Promise<boolean> {
  const head = await readSmall(join(known, OWN, 'HEAD'));
  return head !== undefined && head.trim() !== base;
}

/** A commit with the name that it has in the child's repository. */
interface NamedCommit {
  readonly commit: string;
  readonly name: string;
}

/**
 * Commits of the child's that are not in the user's repository, whatever its files are now: on branches, or put aside.
 * The one that its files go out from is not among them: what is in it is seen in the files.
 */
export async function commitsIn({ path, repository }: Place): Promise<readonly NamedCommit[]> {
  const gitDir = await ownRepositoryOf(path, repository);
  const head = gitDir === undefined ? undefined : await readSmall(join(gitDir, 'HEAD'));
  if (gitDir === undefined || head === undefined || !(await hasObjects(gitDir))) return [];
  // Only names: reading objects could run what the child's settings name.
  const { stdout } = await git(path, ['for-each-ref', '--format=%(objectname) %(refname)'], { gitDir });
  const refs = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map(named);
  const branch = /^ref: refs\/(.*)/.exec(head)?.[1]?.trim();
  const current = branch === undefined ? head.trim() : refs.find(({ name }) => name === branch)?.commit;
  const found = [...refs, ...(await olderStashes(gitDir))].filter(({ commit }) => commit !== current);
  if (found.length === 0) return [];
  const input = found.map(({ commit }) => `${commit}\n`).join('');
  const answers = (await git(repository, ['cat-file', '--batch-check'], { input })).stdout.split('\n');
  return found.filter((_, i) => answers[i]?.endsWith(' missing') === true);
}

function named(line: string): NamedCommit {
  const end = line.indexOf(' ');
  return { commit: line.slice(0, end), name: line.slice(end + 1).replace(/^refs\//, '') };
}

/** The newest is a ref; the others are in its log alone. */
async function olderStashes(gitDir: string): Promise<readonly NamedCommit[]> {
  const log = (await readSmall(join(gitDir, 'logs', 'refs', 'stash'))) ?? '';
  const commits = log.split('\n').flatMap((line) => /^[0-9a-f]+ ([0-9a-f]+) /.exec(line)?.[1] ?? []);
  return commits.toReversed().flatMap((commit, i) => (i === 0 ? [] : [{ commit, name: `stash-${i}` }]));
}

async function ownRepositoryOf(path: string, repository: string): Promise<string | undefined> {
  const known = await knownByRepository(lineOf(await git(repository, ['rev-parse', '--absolute-git-dir'])), path);
  return known === undefined ? undefined : join(known, OWN);
}

async function hasObjects(gitDir: string): Promise<boolean> {
  const folders = await readdir(join(gitDir, 'objects')).catch(() => []);
  const packs = await readdir(join(gitDir, 'objects', 'pack')).catch(() => []);
  return packs.length > 0 || folders.some((name) => /^[0-9a-f]{2}$/.test(name));
}

/** Brings such commits into the user's repository, under names that are no branches, and returns these. */
export async function keepCommits(
  place: Place,
  childId: string,
  commits: readonly NamedCommit[],
): Promise<readonly string[]> {
  const own = await ownRepositoryOf(place.path, place.repository);
  if (own === undefined) return [];
  const kept = commits.map(({ name }) => `refs/fanout/${childId}/${name}`);
  const how = ['--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', '--quiet'];
  const specs = commits.map(({ commit }, i) => `+${commit}:${kept[i]}`);
  // Of the second version any commit can be asked for, not only what has a name.
  await git(place.repository, ['-c', 'protocol.version=2', 'fetch', ...how, own, ...specs]);
  return kept;
}

/** In bytes; a link into a repository is one line. */
const SMALL = 64 * 1024;

/** A file that a child may have put there: a pipe would be waited for, for ever. Undefined where it is none. */
async function readSmall(path: string): Promise<string | undefined> {
  try {
    const facts = await lstat(path);
    return facts.isFile() && facts.size <= SMALL ? await readFile(path, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}
