import { headOf } from '../util/cutText';
import { git } from './git';

/** A working tree with more changes than that is told in part. In characters. */
const MAX_STATUS = 4000;
/** Milliseconds: whoever waits for it can do without. */
const PATIENCE_MS = 5000;

/**
 * What git says of the folder's working tree, one changed file a line (`git status --short`); empty where nothing changed,
 * undefined where there is no repository, no git, or no answer in time. Nothing that the repository's settings name runs
 * for it, and submodules, which have settings of their own, are not looked into.
 */
export async function gitStatus(folder: string): Promise<string | undefined> {
  const args = ['status', '--short', '--untracked-files=normal', '--ignore-submodules=dirty'];
  const answer = await git(folder, args, { looksUp: true, patienceMs: PATIENCE_MS }).catch(() => undefined);
  if (answer === undefined) return undefined;
  const status = answer.stdout.replace(/\r?\n$/, '');
  const head = headOf(status, MAX_STATUS);
  return head === status ? status : `${head}\n[… ${status.length - head.length} more characters]`;
}
