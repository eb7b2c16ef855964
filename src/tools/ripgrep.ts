import { constants } from 'node:fs';
import { access, open } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import * as z from 'zod';
import { BoundedText } from './boundedText';
import type { FoundLine, FoundLines } from './searching';
import { patternFault, sourceOf, spansLines } from './searchPattern';
import type { SearchQuery } from './workspace';

const SUFFIX = process.platform === 'win32' ? '.exe' : '';

/** How a run of ripgrep ended: it looked at all that it could, was ended before, or is no ripgrep that works here. */
export type RipgrepEnd = 'done' | 'stopped' | 'unusable';

/** Where VS Code keeps ripgrep, newest place first: it moved with 1.122, and lies unpacked where modules are packed. */
export function ripgrepInVsCode(appRoot: string): string[] {
  const universal = join('@vscode', 'ripgrep-universal', 'bin', `${process.platform}-${process.arch}`, `rg${SUFFIX}`);
  const older = join('@vscode', 'ripgrep', 'bin', `rg${SUFFIX}`);
  return ['node_modules', 'node_modules.asar.unpacked'].flatMap((modules) =>
    [universal, older].map((place) => join(appRoot, modules, place)),
  );
}

/**
 * The first of the candidates, then of the folders on `searchPath`, that can be run; undefined where there is none. Never
 * one of the folder that we happen to be in, which is what a relative entry, or an empty one, stands for.
 */
export async function findRipgrep(candidates: readonly string[], searchPath: string): Promise<string | undefined> {
  const onPath = searchPath
    .split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, `rg${SUFFIX}`));
  for (const candidate of [...candidates, ...onPath]) {
    try {
      await access(candidate, constants.X_OK);
      if (!(await isForeign(candidate))) return candidate;
    } catch {
      // Not here: the next one.
    }
  }
  return undefined;
}

/** The number by which an ELF file names the machine that it is for. */
const ELF_MACHINES: Readonly<Record<string, number>> = {
  ia32: 3,
  arm: 40,
  ppc64: 21,
  s390x: 22,
  x64: 62,
  arm64: 183,
  riscv64: 243,
  loong64: 258,
};

/** Whether a program is for another machine. The system would give such a one to a shell, which runs it as a script. */
async function isForeign(program: string): Promise<boolean> {
  const wanted = ELF_MACHINES[process.arch];
  const file = await open(program, 'r');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(20), 0, 20, 0);
    if (wanted === undefined || bytesRead < 20 || buffer.toString('latin1', 0, 4) !== '\x7fELF') return false;
    const machine = buffer[5] === 2 ? buffer.readUInt16BE(18) : buffer.readUInt16LE(18);
    return machine !== wanted;
  } finally {
    await file.close();
  }
}

/** One rule for what is left out, the one of list_files too: .gitignore files and .git/info/exclude, nothing else. */
const SHARED = [
  ...['--no-config', '--hidden', '--no-require-git', '--no-ignore-dot', '--no-ignore-global'],
  ...['--no-ignore-messages', '--glob', '!.git'],
];

/**
 * Runs ripgrep over absolute paths and hands over every match. `limit` stops it. Throws a ToolFault for a pattern that it
 * does not take.
 */
export async function searchWithRipgrep(
  ripgrep: string,
  query: SearchQuery,
  paths: readonly string[],
  found: FoundLines,
  limit: AbortSignal,
  signal: AbortSignal,
): Promise<RipgrepEnd> {
  const seen = { summary: false };
  const full = new AbortController();
  const pattern = spansLines(query) ? sourceOf(query) : query.pattern;
  const end = await run(
    ripgrep,
    [...SHARED, ...searchArguments(query), '--', pattern, ...paths],
    '\n',
    (line) => {
      // What is cut off by the end that we make to it is no JSON any more.
      if (full.signal.aborted || limit.aborted) return;
      if (line.includes('"type":"summary"')) seen.summary = true;
      for (const match of parseMatches(line)) found.add(match);
      if (found.isFull) full.abort();
    },
    AbortSignal.any([limit, full.signal]),
    signal,
  );
  for (const { path, reason } of unreadIn(end.said)) found.unreadable(path, reason);
  if (full.signal.aborted) return 'done';
  if (limit.aborted) return 'stopped';
  // Only its own summary tells that it was ripgrep and that it looked.
  if (seen.summary) return 'done';
  if (end.exitCode === 2 && end.said.startsWith('rg: ') && !/unrecognized|unexpected argument/.test(end.said)) {
    throw patternFault(reasonIn(end.said));
  }
  return 'unusable';
}

/** Names all files below absolute paths that search_text would look at. `limit` stops it. */
export async function filesByRipgrep(
  ripgrep: string,
  paths: readonly string[],
  onFile: (path: string) => void,
  unreadable: (path: string, error: unknown) => void,
  limit: AbortSignal,
  signal: AbortSignal,
): Promise<RipgrepEnd> {
  const end = await run(ripgrep, [...SHARED, '--files', '--null', '--', ...paths], '\0', onFile, limit, signal);
  for (const { path, reason } of unreadIn(end.said)) unreadable(path, reason);
  if (limit.aborted) return 'stopped';
  // 1: there is none. 2: it could not look everywhere, and says where.
  const looked = end.exitCode === 0 || (end.exitCode === 1 && end.said === '');
  return looked || (end.exitCode === 2 && unreadIn(end.said).length > 0) ? 'done' : 'unusable';
}

interface RunEnd {
  readonly exitCode: number | undefined;
  /** On stderr, where it is much not all. */
  readonly said: string;
}

/** Hands over what a program prints, piece by piece. Rejects where `signal` ended it. */
async function run(
  program: string,
  args: readonly string[],
  separator: string,
  onPiece: (piece: string) => void,
  stop: AbortSignal,
  signal: AbortSignal,
): Promise<RunEnd> {
  const { execa } = await import('execa');
  const running = execa(program, args, {
    stdin: 'ignore',
    buffer: false,
    reject: false,
    cancelSignal: AbortSignal.any([stop, signal]),
  });
  const said = new BoundedText(8000, 8000);
  running.stderr.setEncoding('utf8').on('data', (text: string) => said.append(text));
  let rest = '';
  running.stdout.setEncoding('utf8').on('data', (text: string) => {
    const pieces = (rest + text).split(separator);
    rest = pieces.pop() ?? '';
    for (const piece of pieces) onPiece(piece);
  });
  const { exitCode } = await running;
  signal.throwIfAborted();
  return { exitCode, said: said.toString().trim() };
}

/** `rg: /some/folder: Permission denied (os error 13)` */
function unreadIn(said: string): { readonly path: string; readonly reason: string }[] {
  return said.split('\n').flatMap((line) => {
    const [, path, reason, code] = /^rg: (.+): ([^:]+) \(os error (\d+)\)$/.exec(line) ?? [];
    // 2: it was gone before it could be looked at.
    return path === undefined || reason === undefined || code === '2' ? [] : [{ path, reason }];
  });
}

/** The last line that says something: before it stands the pattern itself. */
function reasonIn(said: string): string {
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  return (lines.findLast((line) => /error|limit|not allowed/i.test(line)) ?? lines.at(-1) ?? '').replace(/^rg: /, '');
}

function searchArguments(query: SearchQuery): string[] {
  // --crlf: `$` stands before a line end of either kind.
  const args = ['--json', '--crlf'];
  if (spansLines(query)) args.push('--multiline', '--engine=auto');
  else args.push(query.isRegex ? '--engine=auto' : '--fixed-strings');
  args.push(query.caseSensitive ? '--case-sensitive' : '--ignore-case');
  // A file type narrows the search early and, unlike --glob, leaves .gitignore in force.
  if (query.glob !== undefined && /^[\w.*?-]+$/.test(query.glob)) {
    args.push('--type-add', `wanted:${query.glob}`, '--type', 'wanted');
  }
  return args;
}

/** Text, or its bytes where it is not UTF-8. */
const Text = z
  .union([z.object({ text: z.string() }), z.object({ bytes: z.string() })])
  .transform((given) => ('text' in given ? given.text : Buffer.from(given.bytes, 'base64').toString('utf8')));

const MatchLine = z.object({
  type: z.literal('match'),
  data: z.object({
    path: Text,
    lines: Text,
    line_number: z.number(),
    submatches: z.array(z.object({ start: z.number(), end: z.number() })),
  }),
});

/** Matches in lines next to one another come as one where they may span lines; here each has its own lines. */
function* parseMatches(printed: string): Generator<FoundLine> {
  if (!printed.startsWith('{"type":"match"')) return;
  const { path, lines, line_number, submatches } = MatchLine.parse(JSON.parse(printed)).data;
  // Places are counted in bytes there.
  const bytes = Buffer.from(lines);
  let shown = 0;
  let line = line_number;
  // An empty match at the end of a line is in a line without a match there.
  for (const { start: from, end: to } of submatches.length > 0 ? submatches : [{ start: 0, end: 0 }]) {
    if (from < shown) continue;
    const start = from === 0 ? 0 : bytes.lastIndexOf(10, from - 1) + 1;
    const lineEnd = bytes.indexOf(10, Math.max(from, to - 1));
    line += linesIn(bytes.subarray(shown, start));
    shown = lineEnd === -1 ? bytes.length : lineEnd + 1;
    yield {
      path,
      line,
      text: bytes.toString('utf8', start, shown),
      at: bytes.toString('utf8', start, from).length,
    };
    line += linesIn(bytes.subarray(start, shown));
  }
}

function linesIn(bytes: Uint8Array): number {
  return bytes.reduce((count, byte) => count + Number(byte === 10), 0);
}
