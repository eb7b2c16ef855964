import { readFile, stat } from 'node:fs/promises';
import { ToolFault } from '../agent/tool';
import { escapeRegExp } from './escapeRegExp';
import type { FoundLines } from './searching';
import { looksBinary, MAX_TEXT_BYTES } from './textFile';
import type { SearchQuery } from './workspace';

/** Longer lines (minified code) are searched up to here, so that no pattern can keep the extension host busy for long. */
const MAX_LINE = 5_000;

/** The search for machines without ripgrep: reads file after file and hands over every matching line. */
export async function searchPlainly(
  query: SearchQuery,
  paths: AsyncIterable<string>,
  found: FoundLines,
  signal: AbortSignal,
): Promise<void> {
  const pattern = patternOf(query);
  for await (const path of paths) {
    signal.throwIfAborted();
    const text = await readSearchable(path);
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      if (pattern.test(line.slice(0, MAX_LINE))) found.add({ path, line: index + 1, text: line });
    }
    if (found.isFull) return;
  }
}

function patternOf(query: SearchQuery): RegExp {
  const flags = query.caseSensitive ? '' : 'i';
  if (!query.isRegex) return new RegExp(escapeRegExp(query.pattern), `u${flags}`);
  try {
    return new RegExp(query.pattern, `u${flags}`);
  } catch {
    // `u` makes JavaScript as strict as few patterns are written; without it most of them work.
  }
  try {
    return new RegExp(query.pattern, flags);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ToolFault(`The pattern is not a valid regular expression: ${reason}`);
  }
}

async function readSearchable(path: string): Promise<string> {
  try {
    if ((await stat(path)).size > MAX_TEXT_BYTES) return '';
    const bytes = await readFile(path);
    return looksBinary(bytes) ? '' : bytes.toString('utf8');
  } catch {
    return '';
  }
}
