import type { FileHandle } from 'node:fs/promises';
import { open, rename, rm } from 'node:fs/promises';

/** Characters that are made ready before they are written: between two writes others get their turn. */
const SLICE = 256 * 1024;

/**
 * Writes the pieces one after the other, without holding up the extension host however many there are. The file is there
 * when it is whole; what was there before stays until then. Rejects where it cannot be written.
 */
export async function writeExport(file: string, pieces: Iterable<string>): Promise<void> {
  const part = `${file}.part`;
  try {
    const handle = await open(part, 'w');
    try {
      await writePieces(handle, pieces);
    } finally {
      await handle.close();
    }
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`The session could not be exported to ${file}, and nothing was changed there: ${why}`, {
      cause: error,
    });
  }
}

async function writePieces(handle: FileHandle, pieces: Iterable<string>): Promise<void> {
  let ready = '';
  for (const piece of pieces) {
    ready += piece;
    if (ready.length < SLICE) continue;
    await handle.writeFile(ready);
    ready = '';
  }
  await handle.writeFile(ready);
}
