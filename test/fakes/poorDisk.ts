import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';

/** Whether a test can have a disk that refuses to take more: by the limits of Linux. */
export const canLimitFiles = process.platform === 'linux';

/** While this is held no file of this process grows beyond `bytes`: the system refuses the write, as on a full disk. */
export function limitFiles(bytes: number): Disposable {
  // The signal that comes with the refusal must not end the process.
  process.on('SIGXFSZ', ignore);
  setLimit(String(bytes));
  return {
    [Symbol.dispose]() {
      setLimit('unlimited');
      process.off('SIGXFSZ', ignore);
    },
  };
}

/** While this is held this process can read what is in the folder, and write nothing in it. */
export function readOnly(folder: string, files: readonly string[]): Disposable {
  for (const file of files) chmodSync(file, 0o444);
  chmodSync(folder, 0o555);
  // Modes do not bind root.
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(NOBODY);
  return {
    [Symbol.dispose]() {
      if (isRoot) process.seteuid?.(0);
      chmodSync(folder, 0o755);
      for (const file of files) chmodSync(file, 0o644);
    },
  };
}

function setLimit(soft: string): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${soft}:unlimited`]);
}

function ignore(): void {
  // The write that was refused says so.
}

const NOBODY = 65534;
