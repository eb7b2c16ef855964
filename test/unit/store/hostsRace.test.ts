import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LockedHosts } from '../../../src/store/hosts';

const PROCESSES = 3;
const WINDOWS = 60;

/** Opens and closes windows, one after the other, and tells what went wrong. */
function openMany(folder: string): void {
  const problems: string[] = [];
  for (let i = 0; i < WINDOWS; i++) {
    try {
      const hosts = new LockedHosts(folder, (message, error) => problems.push(`${message}: ${String(error)}`));
      // It waits for nobody by itself: while another one begins it says no.
      while (!hosts.announce() && problems.length === 0) continue;
      if (!existsSync(join(folder, `${hosts.id}.lock`))) problems.push('The lock of a living window was taken away.');
      hosts.close();
    } catch (error) {
      problems.push(String(error));
    }
  }
  process.send?.(problems, () => process.disconnect());
}

function describeRaces(): void {
  it('each have a lock that the others leave alone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fanout-hosts-'));
    const processes = Array.from({ length: PROCESSES }, () => fork(fileURLToPath(import.meta.url), [folder]));
    const ends = processes.map((window) => once(window, 'exit'));
    const told = await Promise.all(processes.map((window) => once(window, 'message')));
    await Promise.all(ends);
    assert.deepEqual(
      told.flatMap(([problems]) => problems as string[]),
      [],
    );
    rmSync(folder, { recursive: true, force: true });
    rmSync(`${folder}.lock`, { force: true });
  });
}

const [, , folder] = process.argv;
if (process.send !== undefined && folder !== undefined && typeof describe === 'undefined') openMany(folder);
else describe('windows that come and go at once', describeRaces);
