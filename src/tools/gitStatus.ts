import { execa } from 'execa';
import { headOf } from '../util/cutText';

/** A working tree with more changes than that is told in part. In characters. */
const MAX_STATUS = 4000;
/** Milliseconds: whoever waits for it can do without. */
const PATIENCE_MS = 5000;

/**
 * What git says of the folder's working tree, one changed file a line (`git status --short`); empty where nothing changed,
 * undefined where there is no repository, no git, or no answer in time.
 */
export async function gitStatus(folder: string): Promise<string | undefined> {
  const { failed, stdout } = await execa('git', ['status', '--short', '--untracked-files=normal'], {
    cwd: folder,
    reject: false,
    stdin: 'ignore',
    timeout: PATIENCE_MS,
    env: { GIT_OPTIONAL_LOCKS: '0' },
  });
  if (failed) return undefined;
  const head = headOf(stdout, MAX_STATUS);
  return head === stdout ? stdout : `${head}\n[… ${stdout.length - head.length} more characters]`;
}
