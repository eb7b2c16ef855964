import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';

/**
 * The bytes of a regular file of at most `max` bytes. Undefined for whatever else lies there: a pipe or a device would
 * never end, a huge file would fill the memory. Throws where it can't be opened or read.
 */
export async function readPlainFile(path: string, max: number): Promise<Buffer | undefined> {
  if (!isPlain(await stat(path), max)) return undefined;
  // Not blocking: by now it may be a pipe to which nobody writes.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const facts = await file.stat();
    if (!isPlain(facts, max)) return undefined;
    const bytes = Buffer.alloc(facts.size);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function isPlain(facts: { isFile(): boolean; readonly size: number }, max: number): boolean {
  return facts.isFile() && facts.size <= max;
}
