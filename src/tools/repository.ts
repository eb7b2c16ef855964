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

/** Throws a WorktreeFault where the folders lie in none, or in several. */
export async function repositoryOf(folders: readonly WorkspaceFolder[]): Promise<Repository> {
  const found = await Promise.all(folders.map(locate));
  const [first] = found;
  if (first === undefined) throw new WorktreeFault(`${ASKED}, but no folder is open.`);
  const roots = [...new Set(found.map(({ root }) => root))];
  if (roots.length > 1) {
    throw new WorktreeFault(
      `${ASKED}, but the open folders are in several repositories (${roots.join(', ')}). Open the folders of one only, or set it to shared.`,
    );
  }
  return { root: first.root, folders: found.map(({ name, inside }) => ({ name, inside })) };
}

const ASKED = 'fanout.delegation.isolation is set to worktree';

async function locate({ name, path }: WorkspaceFolder) {
  const folder = await realpath(path);
  const root = await rootOf(folder);
  const inside = relative(root, folder);
  if (inside !== '' && (await isIgnored(root, inside))) {
    throw new WorktreeFault(
      `${ASKED}, but git ignores ${path}, so that a worktree would not hold it. Run git init there, or set it to shared.`,
    );
  }
  return { name, root, inside };
}

async function rootOf(folder: string): Promise<string> {
  try {
    return resolve(lineOf(await git(folder, ['rev-parse', '--show-toplevel'], { looksUp: true })));
  } catch (error) {
    if (!(error instanceof GitFault)) throw error;
    throw new WorktreeFault(
      error.isMissing
        ? `${ASKED}, but git was not found. Install git, or set it to shared.`
        : `${ASKED}, but there is no git repository to be used at ${folder} (${error.message}). Run git init there, or set it to shared.`,
    );
  }
}

async function isIgnored(root: string, inside: string): Promise<boolean> {
  return (await git(root, ['check-ignore', '--quiet', '--', inside], { answers: [1] })).exitCode === 0;
}
