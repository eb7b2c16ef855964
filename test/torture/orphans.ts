import { globSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** Processes whose command line holds the marker. */
function processesWith(marker: string): string[] {
  return globSync('/proc/[0-9]*/cmdline').flatMap((file) => {
    const line = commandLine(file);
    return line.includes(marker) ? [line] : [];
  });
}

function commandLine(file: string): string {
  try {
    return readFileSync(file, 'utf8').replaceAll('\0', ' ');
  } catch {
    return ''; // It has ended meanwhile.
  }
}

/** What still runs of the commands of a window that is gone. Nothing tells of the end of a stranger, so this looks again. */
export async function orphansOf(marker: string, patienceMs = 3000): Promise<string[]> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const found = processesWith(marker);
    if (found.length === 0 || performance.now() > deadline) return found;
    await pause(50);
  }
}
