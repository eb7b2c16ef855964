import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

interface Process {
  readonly pid: string;
  readonly commandLine: string;
}

/** The processes of this machine (Linux) whose command line holds the marker. */
function processesWith(marker: string): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => ({ pid, commandLine: commandLineOf(pid) }))
    .filter(({ commandLine }) => commandLine.includes(marker));
}

function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return ''; // It has ended meanwhile.
  }
}

/**
 * What still runs of the commands of windows that are gone, after a few seconds in which it may end; and ends it. Nothing
 * tells of the end of a stranger's process, so this looks again and again.
 */
export async function endOrphans(marker: string): Promise<string[]> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = processesWith(marker);
    if (found.length > 0 && performance.now() < deadline) {
      await pause(100);
      continue;
    }
    for (const { pid } of found) process.kill(Number(pid), 'SIGKILL');
    return found.map(({ commandLine }) => commandLine);
  }
}

/** More than the grace that a command gets between being asked to end and being killed. */
const PATIENCE_MS = 4000;
