import { realpath } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { WorktreeFault } from '../delegation/worktree';
import { git, GitFault, lineOf } from './git';
import type { WorkspaceFolder } from './workspace';

/** The one repository that the workspace folders lie in. */
export interface Repository {
  /** Absolute: the root of the user's working tree. */
  readonly root: string;
  /** The folders as paths from there; the root itself is ``. */
  readonly folders: readonly { readonly name: string; readonly inside: string }[];
}

/** Throws a WorktreeFault where the folders lie in none, or in several; `asked` says who wants a worktree. */
export async function repositoryOf(folders: readonly WorkspaceFolder[], asked: string): Promise<Repository> {
  const found = await Promise.all(folders.map((folder) => locate(folder, asked)));
  const [first] = found;
  if (first === undefined) throw new WorktreeFault(`${asked}, but no folder is open.`);
  const roots = [...new Set(found.map(({ root }) => root))];
  if (roots.length > 1) {
    throw new WorktreeFault(
      `${asked}, but the open folders are in several repositories (${roots.join(', ')}). Open the folders of one only, or set it to shared.`,
    );
  }
  return { root: first.root, folders: found.map(({ name, inside }) => ({ name, inside })) };
}

async function locate({ name, path }: WorkspaceFolder, asked: string) {
  const folder = await realpath(path);
  const root = await rootOf(folder, asked);
  const inside = relative(root, folder);
  if (inside !== '' && (await isIgnored(root, inside))) {
    throw new WorktreeFault(
      `${asked}, but git ignores ${path}, so that a worktree would not hold it. Run git init there, or set it to shared.`,
    );
  }
  return { name, root, inside };
}

async function rootOf(folder: string, asked: string): Promise<string> {
  try {
    return resolve(lineOf(await git(folder, ['rev-parse', '--show-toplevel'], { looksUp: true })));
  } catch (error) {
    if (!(error instanceof GitFault)) throw error;
    throw new WorktreeFault(
      error.isMissing
        ? `${asked}, but git was not found. Install git, or set it to shared.`
        : `${asked}, but there is no git repository to be used at ${folder} (${error.message}). Run git init there, or set it to shared.`,
    );
  }
}

async function isIgnored(root: string, inside: string): Promise<boolean> {
  return (await git(root, ['check-ignore', '--quiet', '--', inside], { answers: [1] })).exitCode === 0;
}
