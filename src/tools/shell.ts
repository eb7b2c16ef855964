import { stripVTControlCharacters } from 'node:util';
import { execa } from 'execa';
import { ToolFault } from '../agent/tool';
import type { ShellEnd } from './workspace';

/** Between asking processes to end and killing them, in milliseconds. */
const GRACE_MS = 2000;

/** The shell that commands run in, for the model's sake. */
export const SHELL_NAME = process.platform === 'win32' ? 'cmd.exe' : '/bin/sh';

const isWindows = process.platform === 'win32';

/**
 * Starts the command ($1) with nothing as its input, beside a guard: a process of its group that reads from our pipe.
 * When the shell has ended, or we were killed, the system closes the pipe, and the guard ends what is left of the group.
 * It is nobody's child, so that the command meets no stranger among its own, and ignores what the others are sent.
 */
const GUARDED = `
  exec 3<&0 </dev/null
  ( ( trap '' HUP INT TERM; read -r _ <&3; kill -TERM 0; sleep ${GRACE_MS / 1000}; kill -KILL 0 ) >/dev/null 2>&1 & )
  exec 3<&-
  exec /bin/sh -c "$1"`;

/**
 * Runs a command in the shell, with no input and its output (both streams, as they come) handed over. An abort and
 * the timeout end its whole process tree. What it leaves running is ended with it, so that nothing runs unowned; even
 * when we are killed (but on Windows, which has no process groups).
 */
export async function runInShell(
  command: string,
  options: { readonly cwd: string; readonly timeoutMs?: number },
  onOutput: (text: string) => void,
  signal: AbortSignal,
): Promise<ShellEnd> {
  const [file, args] = isWindows ? [command, []] : ['/bin/sh', ['-c', GUARDED, 'sh', command]];
  const running = execa(file, args, {
    shell: isWindows,
    stdin: isWindows ? 'ignore' : 'pipe',
    cwd: options.cwd,
    env: commandEnvironment(process.env),
    extendEnv: false,
    all: true,
    buffer: false,
    encoding: 'utf8',
    reject: false,
    killDescendants: true,
    forceKillAfterDelay: GRACE_MS,
    cancelSignal: signal,
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
  });
  // A process in the background keeps the output open, and this call waiting, long after the shell is gone.
  running.nodeChildProcess.once('exit', () => running.kill());
  const decoder = new TextDecoder();
  running.all.on('data', (bytes: Uint8Array) => {
    onOutput(stripVTControlCharacters(decoder.decode(bytes, { stream: true })));
  });
  const end = await running;
  // For those that were asked to end and did not, and hold no output open that would have kept us waiting.
  running.kill('SIGKILL');
  if (end.failed && running.pid === undefined) {
    throw new ToolFault(`The command could not be started: ${end.originalMessage ?? end.shortMessage}.`);
  }
  const how = end.isCanceled ? 'interrupted' : end.timedOut ? 'timed-out' : 'exited';
  return { how, exitCode: end.exitCode, signal: end.signal };
}

/**
 * The environment that commands get: that of VS Code, without what is meant for VS Code's own processes, and with
 * programs told not to wait for a person.
 */
export function commandEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = /^(ELECTRON_|VSCODE_(?!PORTABLE$)|FANOUT_)/i;
  return {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => !own.test(name))),
    PAGER: 'cat',
    GIT_PAGER: 'cat',
    GIT_TERMINAL_PROMPT: '0',
  };
}
