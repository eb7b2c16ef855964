import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { FoundLine, FoundLines } from './searching';
import { patternFault, sourceOf, spansLines } from './searchPattern';
import { MAX_TEXT_BYTES } from './textFile';
import type { SearchQuery } from './workspace';

/** Files that the worker is given at once. */
const BATCH = 64;

interface Task {
  readonly source: string;
  readonly flags: string;
  /** The pattern is looked for in whole files, not line by line. */
  readonly spansLines: boolean;
  /** Larger files are not read. */
  readonly maxBytes: number;
}

interface BatchResult {
  readonly found: readonly FoundLine[];
  /** Paths with the reasons why they could not be searched. */
  readonly unread: readonly (readonly [string, string])[];
}

/**
 * The search for machines without ripgrep: file after file, in a thread of its own, which can be ended whatever the
 * pattern keeps it busy with. Resolves to false where `limit` ended it. Rejects where `signal` did.
 */
export async function searchPlainly(
  query: SearchQuery,
  paths: AsyncIterable<string>,
  found: FoundLines,
  limit: AbortSignal,
  signal: AbortSignal,
): Promise<boolean> {
  const task: Task = { ...expressionOf(query), spansLines: spansLines(query), maxBytes: MAX_TEXT_BYTES };
  const worker = new Worker(`(${searchInWorker.toString()})()`, { eval: true, workerData: task });
  const search = async (batch: readonly string[]) => {
    worker.postMessage(batch);
    const [result] = (await once(worker, 'message', { signal: AbortSignal.any([limit, signal]) })) as [BatchResult];
    for (const line of result.found) found.add(line);
    for (const [path, reason] of result.unread) found.unreadable(path, reason);
  };
  try {
    let batch: string[] = [];
    for await (const path of paths) {
      limit.throwIfAborted();
      if (!found.wants(path)) continue;
      if (batch.push(path) < BATCH) continue;
      await search(batch);
      batch = [];
      if (found.isFull) return true;
    }
    if (batch.length > 0) await search(batch);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted) return false;
    throw error;
  } finally {
    await worker.terminate();
  }
}

/** What other engines have and JavaScript, where it is not strict, silently takes for plain letters. */
const FOREIGN = /\\[AzZQEKGRXhH]|\\[xuopP]\{|\\k<|\[\[:/;

function expressionOf(query: SearchQuery): { readonly source: string; readonly flags: string } {
  const source = query.isRegex && spansLines(query) ? withLineAnchors(sourceOf(query)) : sourceOf(query);
  const flags = `gm${query.caseSensitive ? '' : 'i'}`;
  try {
    return { source: new RegExp(source, `${flags}u`).source, flags: `${flags}u` };
  } catch {
    // `u` makes JavaScript as strict as few patterns are written; without it most of them work.
    const strange = FOREIGN.exec(source)?.[0];
    if (strange !== undefined) throw patternFault(`${strange} is not understood here`);
  }
  try {
    return { source: new RegExp(source, flags).source, flags };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw patternFault(reason.slice(reason.lastIndexOf(': ') + 2));
  }
}

/** JavaScript takes the place between the two characters of a CRLF for the end of one line and the beginning of another. */
function withLineAnchors(source: string): string {
  return source.replace(/\\.|\[(?:\\.|[^\]\\])*\]|[\^$]/gs, (piece) =>
    piece === '^' ? '(?<![^\\n])' : piece === '$' ? '(?=\\r\\n|(?<!\\r)\\n|(?![^]))' : piece,
  );
}

/** What the thread runs. It is handed over as text, so it uses nothing but its own. */
function searchInWorker(): void {
  const fs = process.getBuiltinModule('node:fs');
  const threads = process.getBuiltinModule('node:worker_threads');
  const task = threads.workerData as Task;
  const pattern = new RegExp(task.source, task.flags);

  const textOf = (path: string): string | { readonly reason: string } => {
    // Not blocking: a pipe to which nobody writes would hold it for ever.
    const file = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    try {
      const facts = fs.fstatSync(file);
      if (!facts.isFile()) return { reason: 'not a regular file' };
      if (facts.size > task.maxBytes) return { reason: `larger than ${task.maxBytes / 1024 / 1024} MB` };
      const bytes = Buffer.alloc(facts.size);
      fs.readSync(file, bytes, 0, bytes.length, 0);
      if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
      if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
      return bytes.subarray(0, 8000).includes(0) ? '' : new TextDecoder().decode(bytes);
    } finally {
      fs.closeSync(file);
    }
  };

  const byLine = (path: string, text: string, add: (found: FoundLine) => void) => {
    const lines = text.split(/\r?\n/);
    // A line end at the end does not begin another line.
    if (lines.at(-1) === '') lines.pop();
    for (const [index, line] of lines.entries()) {
      pattern.lastIndex = 0;
      const match = pattern.exec(line);
      if (match !== null) add({ path, line: index + 1, text: line, at: match.index });
    }
  };

  const acrossLines = (path: string, text: string, add: (found: FoundLine) => void) => {
    // Lines are counted up to `counted`; those before `shown` went out with an earlier match.
    let [counted, line, shown, previousEnd] = [0, 1, 0, -1];
    for (const match of text.matchAll(pattern)) {
      const matchEnd = match.index + match[0].length;
      // As ripgrep has it, nothing is found where the last match ended, nor behind the last line.
      const isNothing = match[0] === '' && (match.index === previousEnd || match.index === text.length);
      previousEnd = matchEnd;
      if (isNothing || match.index < shown) continue;
      const start = match.index === 0 ? 0 : text.lastIndexOf('\n', match.index - 1) + 1;
      const lineEnd = text.indexOf('\n', Math.max(match.index, matchEnd - 1));
      for (let at = text.indexOf('\n', counted); at !== -1 && at < start; at = text.indexOf('\n', at + 1)) line += 1;
      counted = start;
      shown = lineEnd === -1 ? text.length : lineEnd + 1;
      add({ path, line, text: text.slice(start, shown), at: match.index - start });
    }
  };

  threads.parentPort?.on('message', (paths: readonly string[]) => {
    const found: FoundLine[] = [];
    const unread: [string, string][] = [];
    for (const path of paths) {
      try {
        const text = textOf(path);
        if (typeof text !== 'string') unread.push([path, text.reason]);
        else (task.spansLines ? acrossLines : byLine)(path, text, (line) => found.push(line));
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (code !== 'ENOENT') unread.push([path, code ?? message]);
      }
    }
    threads.parentPort?.postMessage({ found, unread } satisfies BatchResult);
  });
}
