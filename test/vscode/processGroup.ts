import { execa } from 'execa';
import { setTimeout as pause } from 'node:timers/promises';

/** How long the extension hosts may take to deactivate; VS Code gives each extension 5 s. */
const graceMs = 8000;

function isAlive(group: number): boolean {
  try {
    return process.kill(-group, 0);
  } catch {
    return false;
  }
}

/**
 * Ends a process that leads a group of its own, and then what is left of the group. Only the leader is asked to end: it ends
 * its children in turn, and each extension gets to end what it started. Nothing tells of the end of a grandchild, so this
 * looks again and again.
 */
export async function endGroup(leader: number): Promise<void> {
  if (process.platform === 'win32') {
    await execa('taskkill', ['/pid', String(leader), '/T', '/F'], { reject: false });
    return;
  }
  if (!isAlive(leader)) return;
  signal(leader, 'SIGTERM');
  const deadline = performance.now() + graceMs;
  while (isAlive(leader) && performance.now() < deadline) await pause(25);
  signal(-leader, 'SIGKILL');
}

function signal(target: number, name: NodeJS.Signals): void {
  try {
    process.kill(target, name);
  } catch {
    // It is gone already.
  }
}

const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Lets a signal, and the end of the process that started this one, end this process in the way that runs its `exit`
 * listeners: what it started and keeps in groups of their own would outlive it.
 */
export function exitOnSignals(): void {
  for (const name of endings) process.once(name, () => process.exit(1));
  process.once('disconnect', () => process.exit(1));
  process.channel?.unref(); // the listener alone would keep a finished process alive
}

/** Asks a process to end when this one exits, whatever for; the returned function takes that back. */
export function endWithUs(leader: number): () => void {
  const end = () => signal(leader, 'SIGTERM');
  process.once('exit', end);
  return () => process.off('exit', end);
}
