import { execFile } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { findProgram } from './programs';

/** A pipe whose one end we read; `target` is the other, to be handed on and closed here. */
export interface NamedPipe {
  readonly output: Readable;
  readonly target: number;
}

/**
 * A pipe that a command can open once more by name, as `/dev/stderr`. Node gives it a socket, which Linux refuses to open.
 * Undefined where that is no matter, or none can be made.
 */
export async function makeNamedPipe(): Promise<NamedPipe | undefined> {
  const mkfifo = process.platform === 'linux' ? await findProgram('mkfifo') : undefined;
  if (mkfifo === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'fanout-output-')).catch(() => undefined);
  if (folder === undefined) return undefined;
  try {
    const path = join(folder, 'output');
    await promisify(execFile)(mkfifo, ['-m', '600', path]);
    // In this order: whoever opens the end to write first waits for a reader.
    const source = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const target = openSync(path, constants.O_WRONLY);
      return { output: new Socket({ fd: source, readable: true, writable: false }), target };
    } catch (error) {
      closeSync(source);
      throw error;
    }
  } catch {
    return undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
