import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

interface Process {
  readonly pid: number;
  readonly commandLine: string;
}

const run = promisify(execFile);

/** The processes of this machine whose command line holds the marker. */
async function processesWith(marker: string): Promise<Process[]> {
  const { stdout } = await run('ps', ['-A', '-ww', '-o', 'pid=,args='], { maxBuffer: 1e8 });
  return stdout
    .split('\n')
    .filter((line) => line.includes(marker))
    .map((line) => ({ pid: Number.parseInt(line, 10), commandLine: line.trim() }));
}

/**
 * What still runs of the commands of windows that are gone, after a while in which it may end; and ends it. Nothing
 * tells of the end of a stranger's process, so this looks again and again.
 */
export async function endOrphans(marker: string, patienceMs: number): Promise<string[]> {
  const deadline = performance.now() + Math.max(patienceMs, GRACE_MS);
  for (;;) {
    const found = await processesWith(marker);
    if (found.length > 0 && performance.now() < deadline) {
      await pause(500);
      continue;
    }
    for (const { pid } of found) end(pid);
    return found.map(({ commandLine }) => commandLine);
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

/** More than the grace that a command gets between being asked to end and being killed. */
const GRACE_MS = 5000;
