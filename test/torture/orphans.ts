import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** The command lines of the processes of this machine (Linux) that hold the marker. */
function processesWith(marker: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(commandLine)
    .filter((line) => line.includes(marker));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return ''; // It has ended meanwhile.
  }
}

/**
 * What still runs of the commands of windows that are gone, each of which gets a few seconds to end. Nothing tells of
 * the end of a stranger's process, so this looks again and again.
 */
export async function orphansOf(marker: string): Promise<string[]> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = processesWith(marker);
    if (found.length === 0 || performance.now() > deadline) return found;
    await pause(100);
  }
}

/** More than the grace that a command gets between being asked to end and being killed. */
const PATIENCE_MS = 5000;
