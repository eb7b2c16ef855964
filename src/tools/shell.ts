import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { ToolFault } from '../agent/tool';
import { COMMAND_MARK, commandEnvironment, lockLimitOf } from './commandEnvironment';
import { makeNamedPipe, type NamedPipe } from './namedPipe';
import { holdersOf, markedProcesses, pipeOf, signal as send, type FoundProcess } from './processes';
import { PlainOutput } from './terminalText';
import type { ShellEnd } from './workspace';

/** Between asking processes to end and killing them, in milliseconds. */
const GRACE_MS = 2000;
/** For what is killed to be gone, in milliseconds: longer only takes what hangs in the system itself. */
const KILLED_MS = 500;
/** What is killed may be starting others in that moment: it is looked for again, that often at most. */
const KILL_ROUNDS = 5;

const isWindows = process.platform === 'win32';
const systemFolder = join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32');

/** The shell that commands run in, for the model's sake. */
export const SHELL_NAME = isWindows ? 'cmd.exe' : '/bin/sh';

/**
 * Starts the command ($1) with both its streams in one, so that they come in order, and marked with $2 and the limit $3,
 * beside a guard: a process of its group that reads from our pipe. When we were killed, the system closes the pipe, and the guard ends the
 * group, and what left it. It is nobody's child, so that the command meets no stranger among its own, bears no mark, and
 * ignores what the others are sent.
 */
const GUARDED = `
  exec 2>&1
  ( (
    trap '' HUP INT TERM
    read -r _ <&3
    marked() {
      { grep -lsaF "${COMMAND_MARK}=$2" /proc/[0-9]*/environ; grep -lsE "^Max file locks +$3 " /proc/[0-9]*/limits; } |
        while IFS=/ read -r _ _ pid _; do kill "-$1" "$pid"; done
    }
    kill -TERM 0; marked TERM "$2" "$3"; sleep ${GRACE_MS / 1000}; marked KILL "$2" "$3"; kill -KILL 0
  ) >/dev/null 2>&1 & )
  exec 3<&-
  { ulimit -S -w "$3" || ulimit -S -x "$3"; } 2>/dev/null
  ${COMMAND_MARK}="$2" exec /bin/sh -c -- "$1"`;

/** A shell that was started. */
interface Shell {
  readonly child: ChildProcess & { readonly pid: number };
  readonly mark: string;
  readonly pipe: string | undefined;
  /** Of what it and all that it starts print; not those of `child` alone. */
  readonly streams: readonly Readable[];
  /** Resolves when the shell is over. */
  readonly exited: Promise<void>;
  /** Resolves when the shell is over and nobody has its output open any more: all of it is read. */
  readonly closed: Promise<void>;
  isClosed: boolean;
}

/**
 * Runs a command in the shell, with no input and its output (both streams, as they come) handed over. An abort and
 * the timeout end all that it started. What it leaves running is ended with it, so that nothing runs unowned; even
 * when we are killed (but on Windows, which has no process groups). Nothing holds this call up for longer than the grace
 * that processes get to end by themselves, whatever has the output open.
 */
export async function runInShell(
  command: string,
  options: { readonly cwd: string; readonly timeoutMs?: number },
  onOutput: (text: string) => void,
  signal: AbortSignal,
): Promise<ShellEnd> {
  const shell = await startShell(command, options.cwd, onOutput);
  const how = await firstEnd(shell, options.timeoutMs, signal);
  const rest = await (isWindows ? endOnWindows(shell, how) : endAll(shell, how));
  const { exitCode, signalCode } = shell.child;
  return { how, exitCode: exitCode ?? undefined, signal: signalCode ?? undefined, ...rest };
}

async function startShell(command: string, cwd: string, onOutput: (text: string) => void): Promise<Shell> {
  const mark = randomUUID();
  const named = await makeNamedPipe();
  const child = spawnShell(command, cwd, mark, named);
  // Asked for at once: the shell may be over before anything else happens.
  const pipe = child.pid === undefined ? undefined : pipeOf(child.pid);
  child.on('error', () => undefined);
  const exited = Promise.withResolvers<void>();
  child.once('exit', () => exited.resolve());
  const streams = [named?.output, child.stdout, child.stderr].filter((stream) => stream != null);
  const read = Promise.all(streams.map((stream) => handOver(stream, onOutput)));
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw new ToolFault(`The command could not be started: ${(error as Error).message}.`);
  }
  const { pid } = child;
  if (pid === undefined) throw new ToolFault('The command could not be started.');
  const closed = Promise.all([exited.promise, read]).then(() => void (shell.isClosed = true));
  const shell: Shell = {
    child: Object.assign(child, { pid }),
    mark,
    pipe,
    streams,
    exited: exited.promise,
    closed,
    isClosed: false,
  };
  return shell;
}

function spawnShell(command: string, cwd: string, mark: string, named: NamedPipe | undefined): ChildProcess {
  const env = commandEnvironment(process.env);
  try {
    return isWindows
      ? spawn(command, {
          cwd,
          env,
          shell: join(systemFolder, 'cmd.exe'),
          windowsHide: true,
          stdio: ['ignore', 'pipe', 'pipe'],
        })
      : spawn('/bin/sh', ['-c', GUARDED, 'sh', command, mark, String(lockLimitOf(mark))], {
          cwd,
          env,
          detached: true,
          stdio: ['ignore', named?.target ?? 'pipe', 'ignore', 'pipe'],
        });
  } catch (error) {
    // The command is too long, or holds what no argument can.
    named?.output.destroy();
    throw new ToolFault(`The command could not be started: ${(error as Error).message}.`);
  } finally {
    if (named !== undefined) closeSync(named.target);
  }
}

/** Resolves when the stream has come to its end, or was given up. */
async function handOver(stream: Readable, onOutput: (text: string) => void): Promise<void> {
  const plain = new PlainOutput();
  const pass = (text: string) => {
    if (text !== '') onOutput(text);
  };
  // Both ways are open, and an editor that has no keyboard would wait for one there.
  if (!isWindows && stream instanceof Socket && stream.writable) stream.end();
  stream.on('data', (bytes: Uint8Array) => pass(plain.take(bytes)));
  // A pipe that breaks has come to its end as well.
  stream.on('error', () => undefined);
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.once('close', resolve);
  await promise;
  pass(plain.end());
}

/** Resolves when the shell has ended, or is to end. */
async function firstEnd(
  { exited }: Shell,
  timeoutMs: number | undefined,
  signal: AbortSignal,
): Promise<ShellEnd['how']> {
  const { promise, resolve } = Promise.withResolvers<ShellEnd['how']>();
  const onAbort = () => resolve('interrupted');
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => resolve('timed-out'), timeoutMs);
  void exited.then(() => resolve('exited'));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

type Rest = Pick<ShellEnd, 'ended' | 'isLeft'>;

async function endAll(shell: Shell, how: ShellEnd['how']): Promise<Rest> {
  const group = shell.child.pid;
  if (how !== 'exited') send(-group, 'SIGTERM');
  const running = await leftOf(shell);
  if (how === 'exited') send(-group, 'SIGTERM');
  for (const found of running) if (found.group !== group) send(found.pid, 'SIGTERM');
  await within(GRACE_MS, shell.closed);
  const isLeft = running.length > 0 || !shell.isClosed ? await killAll(shell) : false;
  // The guard, and what we cannot find.
  send(-group, 'SIGKILL');
  await within(KILLED_MS, shell.closed);
  release(shell);
  return { ended: how === 'exited' ? running.map(({ line }) => line) : [], isLeft: isLeft || !shell.isClosed };
}

/** Resolves to true where something is still there in the end. */
async function killAll(shell: Shell): Promise<boolean> {
  for (let round = 0; round < KILL_ROUNDS; round++) {
    const stubborn = await leftOf(shell);
    if (stubborn.length === 0) return false;
    for (const { pid } of stubborn) send(pid, 'SIGKILL');
  }
  return (await leftOf(shell)).length > 0;
}

/** What runs of a command: by its mark and, where somebody has the output open, by that. */
async function leftOf(shell: Shell): Promise<readonly FoundProcess[]> {
  const marked = await markedProcesses(shell.mark);
  if (marked.length > 0 || shell.isClosed) return marked;
  return holdersOf(shell.pipe, shell.mark);
}

/** Windows does not tell whose child a process was, once its parent is gone. */
async function endOnWindows(shell: Shell, how: ShellEnd['how']): Promise<Rest> {
  if (how !== 'exited') {
    const { pid } = shell.child;
    execFile(join(systemFolder, 'taskkill.exe'), ['/pid', String(pid), '/T', '/F'], (error) => {
      if (error !== null) shell.child.kill();
    });
  }
  await within(GRACE_MS, shell.closed);
  release(shell);
  return { ended: [], isLeft: !shell.isClosed };
}

/** Waits no more for whoever has the pipes open. */
function release({ child, streams }: Shell): void {
  for (const stream of [...child.stdio, ...streams]) stream?.destroy();
  child.unref();
}

async function within(milliseconds: number, over: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  await Promise.race([over, promise]);
  clearTimeout(timer);
}
