import { devNull } from 'node:os';
import { dirname } from 'node:path';
import { oneLine } from '../util/plainText';
import { NO_PROGRAM_OF_THE_FOLDER } from './commandEnvironment';
import { findProgram } from './programs';

/** Milliseconds: the checkout of a large repository on a slow disk takes minutes. */
const PATIENCE_MS = 10 * 60_000;

/** Git could not do what it was asked for. `message` ends with git's own last words. */
export class GitFault extends Error {
  /** There is no git on this machine. */
  readonly isMissing: boolean;

  constructor(message: string, isMissing = false) {
    super(message);
    this.name = 'GitFault';
    this.isMissing = isMissing;
  }
}

/** Whose commits our own are. */
export const OWN_EMAIL = 'fanout@localhost';

export interface GitOptions {
  /** A file that stands in for the repository's index, which is not touched then. */
  readonly index?: string;
  /**
   * The repository's own folder, where the working tree does not say itself which one is meant, or may lie about it: the
   * given folder is its working tree then.
   */
  readonly gitDir?: string;
  /** What it reads from its input. */
  readonly input?: string;
  /** Exit codes that are an answer, beside 0. */
  readonly answers?: readonly number[];
  /** The repository may be one further up than the given folder. */
  readonly looksUp?: boolean;
  /** Milliseconds, where nobody wants to wait as long as ours takes. */
  readonly patienceMs?: number;
  readonly signal?: AbortSignal;
}

export interface GitAnswer {
  readonly exitCode: number;
  /** As it came, the last line's end included. */
  readonly stdout: string;
}

/**
 * Runs git in the root folder of a working tree: without a shell, without the user's hooks and without asking for
 * anything. Throws a GitFault for any end but those that are an answer.
 */
export async function git(folder: string, args: readonly string[], options: GitOptions = {}): Promise<GitAnswer> {
  const { index, gitDir, input, answers = [], looksUp = false, patienceMs = PATIENCE_MS, signal } = options;
  const tooLong = AbortSignal.timeout(patienceMs);
  const isOver = signal === undefined ? tooLong : AbortSignal.any([signal, tooLong]);
  const [program, { execa }] = await Promise.all([findProgram('git'), import('execa')]);
  isOver.throwIfAborted();
  if (program === undefined) throw new GitFault(`git could not be started in ${folder}`, true);
  const place = gitDir === undefined ? [] : [`--git-dir=${gitDir}`, `--work-tree=${folder}`];
  const running = execa(program, [...FIXED_CONFIG, ...place, ...args], {
    cwd: folder,
    reject: false,
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
    stripFinalNewline: false,
    detached: !isWindows,
    env: {
      ...NOT_INHERITED,
      ...IDENTITY,
      ...(isWindows ? NO_PROGRAM_OF_THE_FOLDER : {}),
      GIT_OPTIONAL_LOCKS: '0',
      GIT_TERMINAL_PROMPT: '0',
      // A worktree that lost its .git must not be taken for a part of what lies around it.
      GIT_CEILING_DIRECTORIES: looksUp ? undefined : dirname(folder),
      GIT_INDEX_FILE: index,
    },
  });
  const end = () => endGroup(running.pid);
  isOver.addEventListener('abort', end, { once: true });
  const { exitCode, stdout, stderr, code } = await running.finally(() => isOver.removeEventListener('abort', end));
  if (exitCode !== undefined && (exitCode === 0 || answers.includes(exitCode))) return { exitCode, stdout };
  if (code === 'ENOENT') throw new GitFault(`git could not be started in ${folder}: is the folder there?`);
  const words = tooLong.aborted ? 'it took too long' : wordsOf(stderr);
  throw new GitFault(
    `git ${args[0] ?? ''} failed: ${words === '' ? `it ended with code ${exitCode ?? 'none'}` : words}`,
  );
}

/** Ends git with the filters that it runs: what outlives it would hold our pipe, and we would wait for that. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(isWindows ? pid : -pid);
  } catch {
    // It ended by itself.
  }
}

const isWindows = process.platform === 'win32';

/** On one line; a hint is for people at a terminal. */
function wordsOf(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('hint:'));
  return oneLine(lines.slice(-3).join(' '), 300);
}

/** What the user set must not change what we read and write, nor start anything beside it. */
const FIXED_CONFIG = [
  `core.hooksPath=${devNull}`,
  'core.fsmonitor=false',
  'core.splitIndex=false',
  'core.safecrlf=false',
  'core.longPaths=true',
  'submodule.recurse=false',
  'maintenance.auto=false',
  'gc.auto=0',
].flatMap((setting) => ['-c', setting]);

const IDENTITY = {
  GIT_AUTHOR_NAME: 'Fanout',
  GIT_AUTHOR_EMAIL: OWN_EMAIL,
  GIT_COMMITTER_NAME: 'Fanout',
  GIT_COMMITTER_EMAIL: OWN_EMAIL,
};

/** VS Code may have been started by git itself (as its editor), whose repository is not the one that is meant. */
const NOT_INHERITED = {
  GIT_DIR: undefined,
  GIT_WORK_TREE: undefined,
  GIT_COMMON_DIR: undefined,
  GIT_NAMESPACE: undefined,
  GIT_PREFIX: undefined,
  GIT_OBJECT_DIRECTORY: undefined,
  GIT_ALTERNATE_OBJECT_DIRECTORIES: undefined,
};

/** The one line of an answer. */
export function lineOf({ stdout }: GitAnswer): string {
  return stdout.replace(/\r?\n$/, '');
}
