import { oneLine, quotedName } from '../util/plainText';
import type { Child } from './delegation';
import type { ChangedFile, Worktree } from './worktree';
import { isOpen } from './worktree';

/** More changed files than that are counted. */
const MOST_NAMED = 30;

const WHO_DECIDES = "The user applies or discards it in Fanout's tree.";

/** Where the changes of a child are, for an agent that must not take them to be in the workspace. */
export function changesText(worktree: Worktree): string {
  const { state, files, path } = worktree;
  if (state === 'applied') return `The user applied its changes to the workspace: ${fileList(files)}.`;
  if (state === 'discarded') return `The user discarded its changes: ${fileList(files)}.`;
  const what = files.length === 0 ? 'What it changed' : `What it changed (${fileList(files)})`;
  return `${what} is in a git worktree, ${oneLine(path, 500)}, and NOT in the workspace yet. ${WHO_DECIDES}`;
}

/** The same in short for results that name the worktrees; undefined where there are none. */
export function worktreesNote(children: readonly Child[]): string | undefined {
  if (!children.some((child) => isOpen(child.worktree))) return undefined;
  return `What tasks with "worktree" changed is in that folder and NOT in the workspace yet. ${WHO_DECIDES}`;
}

function fileList(files: readonly ChangedFile[]): string {
  const named = files.slice(0, MOST_NAMED).map(({ path, change }) => `${quotedName(path)} ${change}`);
  const more = files.length - named.length;
  const count = files.length === 1 ? '1 file' : `${files.length} files`;
  return `${count}: ${[...named, ...(more > 0 ? [`and ${more} more`] : [])].join(', ')}`;
}
