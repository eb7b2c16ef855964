import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { ToolFault, type LineRange } from '../agent/tool';
import { binaryRefusal, looksBinary } from './textFile';
import type { WorkspaceFile } from './workspace';

/** In characters; what a longer line holds beyond it is dropped while reading. */
const MAX_LINE = 20_000;

/**
 * Reads some lines of a file of any size, holding no more than those lines. Fewer come back where the file ends.
 * Throws a ToolFault where it meets binary content on the way.
 */
export async function readLineRange(file: WorkspaceFile, range: LineRange, signal: AbortSignal): Promise<string[]> {
  const lines: string[] = [];
  const decoder = new TextDecoder();
  let number = 1;
  let line = '';
  const endLine = () => {
    if (number >= range.first) lines.push(line.endsWith('\r') ? line.slice(0, -1) : line);
    number += 1;
    line = '';
  };
  for await (const chunk of createReadStream(file.real, { signal })) {
    const bytes = chunk as Uint8Array;
    if (looksBinary(bytes)) throw new ToolFault(binaryRefusal(file.shown, (await stat(file.real)).size));
    const parts = decoder.decode(bytes, { stream: true }).split('\n');
    for (const [index, part] of parts.entries()) {
      if (index > 0) endLine();
      if (number > range.last) return lines;
      if (number >= range.first) line += part.slice(0, MAX_LINE - line.length);
    }
  }
  if (line !== '') endLine();
  return lines;
}
