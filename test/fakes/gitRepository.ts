import { mkdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import type { Worktree } from '../../src/delegation/worktree';
import { takeSnapshot } from '../../src/tools/snapshot';
import { addWorktree } from '../../src/tools/worktree';

// What the user of this machine has set must not decide what the tests see, of which some look at Fanout's own git.
process.env['GIT_CONFIG_GLOBAL'] = devNull;
process.env['GIT_CONFIG_NOSYSTEM'] = '1';

/** Makes a folder a repository in which nothing is committed. */
export async function initRepository(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await runGit(folder, 'init', '--quiet', '--initial-branch=main');
  await runGit(folder, 'config', 'user.name', 'A Tester');
  await runGit(folder, 'config', 'user.email', 'tester@localhost');
}

/** What git says, as the user would ask it. */
export async function runGit(folder: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await execa('git', args, { cwd: folder, stdin: 'ignore' });
  return stdout;
}

/** A git repository on the disk, gone when the test is over; its path is none that a careless command could stand. */
export class GitRepository implements AsyncDisposable {
  /** Holds the repository, and room beside it. */
  readonly outside: string;
  readonly root: string;

  private constructor(outside: string) {
    this.outside = outside;
    this.root = join(outside, 'Übung mit Leerzeichen');
  }

  /** Its files are committed; those that git is to ignore are named in `.gitignore`. */
  static async of(files: Record<string, string> = {}): Promise<GitRepository> {
    const made = new GitRepository(await realpath(await mkdtemp(join(tmpdir(), 'fanout-git-'))));
    await initRepository(made.root);
    for (const [path, text] of Object.entries(files)) await made.write(path, text);
    if (Object.keys(files).length > 0) await made.commit();
    return made;
  }

  git(...args: readonly string[]): Promise<string> {
    return runGit(this.root, ...args);
  }

  async commit(): Promise<void> {
    await this.git('add', '--all');
    await this.git('commit', '--quiet', '-m', 'As it is');
  }

  path(inside: string): string {
    return join(this.root, inside);
  }

  async write(inside: string, content: string | Uint8Array): Promise<void> {
    await writeBelow(this.root, inside, content);
  }

  read(inside: string): Promise<string> {
    return readFile(this.path(inside), 'utf8');
  }

  /** A worktree of what is there now, as a child gets it. */
  async worktree(name = 'child'): Promise<Worktree> {
    const base = await takeSnapshot(this.root);
    const path = join(this.outside, 'worktrees', name);
    const worktree: Worktree = { path, repository: this.root, base, state: 'working', files: [] };
    await addWorktree(worktree, new AbortController().signal);
    return worktree;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.outside, { recursive: true, force: true });
  }
}

export async function writeBelow(folder: string, inside: string, content: string | Uint8Array): Promise<void> {
  const path = join(folder, inside);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}
