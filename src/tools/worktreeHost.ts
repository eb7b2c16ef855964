import { isAbsolute, join } from 'node:path';
import { ToolFault } from '../agent/tool';
import { relativeInside } from './confinement';
import type { Repository } from './repository';
import type { WorkspaceFolder, WorkspaceHost } from './workspace';

/** The user's folders as they are in a worktree of their repository, under the same names. */
export function foldersIn(worktree: string, { folders }: Pick<Repository, 'folders'>): readonly WorkspaceFolder[] {
  return folders.map(({ name, inside }) => ({ name, path: join(worktree, inside) }));
}

/**
 * What stands behind a workspace whose folders are in a worktree: no editor, so neither unsaved text nor problems. The
 * user's own folders, which a task may name, mean those of the worktree.
 */
export function worktreeHost(user: WorkspaceHost, folders: readonly WorkspaceFolder[]): WorkspaceHost {
  return {
    access() {
      const access = user.access();
      return 'refusal' in access ? access : { folders };
    },
    unsavedText: () => undefined,
    saveInEditor: () => Promise.reject(new Error('No editor shows the files of a worktree.')),
    problems() {
      throw new ToolFault(
        "VS Code knows the problems of the user's files only, not of the worktree that you work in. Run a compiler or linter to see them.",
      );
    },
    redirect: (path) => (isAbsolute(path) ? redirected(path, user, folders) : path),
    ripgrepCandidates: user.ripgrepCandidates,
  };
}

function redirected(path: string, user: WorkspaceHost, folders: readonly WorkspaceFolder[]): string {
  const access = user.access();
  const own = 'folders' in access ? access.folders : [];
  for (const folder of own) {
    const inside = relativeInside(folder.path, path);
    const stand = folders.find(({ name }) => name === folder.name);
    if (inside !== undefined && stand !== undefined) return join(stand.path, inside);
  }
  return path;
}
