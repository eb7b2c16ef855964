import { execFile } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import { oneLine } from '../util/plainText';
import { COMMAND_MARK, lockLimitOf } from './commandEnvironment';

/** A process that a command started, by itself or through others. */
export interface FoundProcess {
  readonly pid: number;
  /** Of its process group; 0 where that is not known. */
  readonly group: number;
  /** How it was started, on one line. */
  readonly line: string;
}

/** Processes that are looked at side by side: each takes some of the few threads that all file work shares. */
const AT_ONCE = 16;

/** The processes that carry the mark in their environment or, on Linux, in their limits, wherever they went. */
export async function markedProcesses(mark: string): Promise<readonly FoundProcess[]> {
  if (process.platform === 'linux') {
    const found = await marks.next();
    const pids = [mark, String(lockLimitOf(mark))].flatMap((key) => found.get(key) ?? []);
    return describeAll([...new Set(pids)]);
  }
  return (await listed.next()).filter(({ marks }) => marks.includes(mark));
}

/**
 * Those that hold one end of a pipe or socket, named as {@link pipeOf} does, but for those that were given the mark among
 * their last arguments: the guard. Where the system does not tell, none.
 */
export async function holdersOf(pipe: string | undefined, mark: string): Promise<readonly FoundProcess[]> {
  if (pipe === undefined) return [];
  const pids = (await holders.next()).get(pipe) ?? [];
  const isGuard = await Promise.all(
    pids.map(async (pid) =>
      (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).endsWith(`\0${mark}\0${lockLimitOf(mark)}\0`),
    ),
  );
  return describeAll(pids.filter((pid, i) => pid !== process.pid && isGuard[i] !== true));
}

/** What a process that was just started has as its output; undefined where the system does not tell. */
export function pipeOf(pid: number): string | undefined {
  try {
    const link = readlinkSync(`/proc/${pid}/fd/1`);
    return /^(socket|pipe):\[|\/fanout-output-\w+\/output( \(deleted\))?$/.test(link) ? link : undefined;
  } catch {
    return undefined;
  }
}

/** Does nothing to what is gone already. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself, or belongs to somebody else now.
  }
}

/**
 * One look at all processes for all who wait for one: a hundred commands that end at once cost two looks. Who asks while
 * one is under way gets the next, for a process may have come since.
 */
export class SharedLook<T> {
  readonly #look: () => Promise<T>;
  #current: Promise<T> | undefined;
  #next: Promise<T> | undefined;

  constructor(look: () => Promise<T>) {
    this.#look = look;
  }

  next(): Promise<T> {
    if (this.#current === undefined) return this.#start();
    const start = () => {
      this.#next = undefined;
      return this.#start();
    };
    this.#next ??= this.#current.then(start, start);
    return this.#next;
  }

  #start(): Promise<T> {
    const look = this.#look().finally(() => {
      if (this.#current === look) this.#current = undefined;
    });
    this.#current = look;
    return look;
  }
}

const marks = new SharedLook(() =>
  pidsBy(async (pid) => {
    // Of another user's process the limits can be read, but not the environment.
    const [environment, limits] = await Promise.all([
      readFile(`/proc/${pid}/environ`).catch(() => Buffer.of()),
      readFile(`/proc/${pid}/limits`, 'latin1').catch(() => ''),
    ]);
    return [...markIn(environment), ...(/^Max file locks +(\d+) /m.exec(limits)?.slice(1) ?? [])];
  }),
);

const holders = new SharedLook(() =>
  pidsBy(async (pid) => {
    const folder = `/proc/${pid}/fd`;
    const links = (await readdir(folder)).map((fd) => readlink(`${folder}/${fd}`).catch(() => ''));
    return [...new Set(await Promise.all(links))];
  }),
);

/** The processes of this system that can be looked into, by what is found in them. */
async function pidsBy(keysOf: (pid: number) => Promise<readonly string[]>): Promise<ReadonlyMap<string, number[]>> {
  const found = new Map<string, number[]>();
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
  const look = async () => {
    for (let pid = pids.pop(); pid !== undefined; pid = pids.pop()) {
      // It is gone, or another user's.
      const keys = await keysOf(pid).catch(() => []);
      for (const key of keys) found.set(key, [...(found.get(key) ?? []), pid]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, look));
  return found;
}

function markIn(environment: Buffer): readonly string[] {
  const name = `${COMMAND_MARK}=`;
  const isFirst = environment.subarray(0, name.length).equals(Buffer.from(name));
  const before = isFirst ? -1 : environment.indexOf(`\0${name}`);
  if (before < 0 && !isFirst) return [];
  const start = before + 1 + name.length;
  const end = environment.indexOf(0, start);
  return [environment.toString('utf8', start, end < 0 ? undefined : end)];
}

async function describeAll(pids: readonly number[]): Promise<readonly FoundProcess[]> {
  return (await Promise.all(pids.map(describe))).filter((found) => found !== undefined);
}

async function describe(pid: number): Promise<FoundProcess | undefined> {
  try {
    const [stat, line] = await Promise.all(['stat', 'cmdline'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8')));
    // Behind the name, which may hold anything: state, parent, group.
    const [state, , group] = (stat ?? '').slice((stat ?? '').lastIndexOf(')') + 2).split(' ');
    // It is over, and waits for its parent to take note.
    if (state === 'Z' || state === 'X') return undefined;
    return { pid, group: Number(group ?? 0), line: oneLine((line ?? '').replaceAll('\0', ' ')) };
  } catch {
    return undefined;
  }
}

/** Where there is no /proc. Of programs that belong to the system itself, macOS does not tell the environment. */
const listed = new SharedLook(async () => {
  const args = ['-A', '-ww', '-E', '-o', 'pid=,pgid=,command='];
  const { stdout } = await promisify(execFile)('/bin/ps', args, { maxBuffer: 64 * 1024 * 1024 }).catch(() => ({
    stdout: '',
  }));
  return stdout.split('\n').flatMap((row) => {
    const [, pid, group, line] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(row) ?? [];
    if (pid === undefined || line === undefined) return [];
    const found = [...line.matchAll(new RegExp(` ${COMMAND_MARK}=(\\S+)`, 'g'))].map(([, mark]) => mark ?? '');
    // The environment stands behind the arguments: nobody is to read it.
    return [{ pid: Number(pid), group: Number(group), line: oneLine(line.split(/ \w+=/)[0] ?? ''), marks: found }];
  });
});
