import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import * as z from 'zod';
import { ToolFault } from '../agent/tool';
import type { FoundLine, FoundLines } from './searching';
import type { SearchQuery } from './workspace';

const SUFFIX = process.platform === 'win32' ? '.exe' : '';

/** Where VS Code keeps ripgrep, newest place first: it moved with 1.122, and lies unpacked where modules are packed. */
export function ripgrepInVsCode(appRoot: string): string[] {
  const universal = join('@vscode', 'ripgrep-universal', 'bin', `${process.platform}-${process.arch}`, `rg${SUFFIX}`);
  const older = join('@vscode', 'ripgrep', 'bin', `rg${SUFFIX}`);
  return ['node_modules', 'node_modules.asar.unpacked'].flatMap((modules) =>
    [universal, older].map((place) => join(appRoot, modules, place)),
  );
}

/** The first of the candidates, then of the folders on `searchPath`, that can be run; undefined where there is none. */
export async function findRipgrep(candidates: readonly string[], searchPath: string): Promise<string | undefined> {
  const onPath = searchPath
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, `rg${SUFFIX}`));
  for (const candidate of [...candidates, ...onPath]) {
    try {
      await access(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not here: the next one.
    }
  }
  return undefined;
}

/**
 * Runs ripgrep over absolute paths and hands over every matching line. Resolves to false where it could not be
 * run at all. Throws a ToolFault for a pattern that it does not take.
 */
export async function searchWithRipgrep(
  ripgrep: string,
  query: SearchQuery,
  paths: readonly string[],
  found: FoundLines,
  signal: AbortSignal,
): Promise<boolean> {
  const options = { stdin: 'ignore', buffer: { stdout: false }, reject: false, cancelSignal: signal } as const;
  const running = execa(ripgrep, [...argumentsFor(query), '--', query.pattern, ...paths], options);
  for await (const line of running.iterable({ from: 'stdout' })) {
    const match = parseMatch(line);
    if (match !== undefined) found.add(match);
    if (found.isFull) running.kill();
  }
  const { exitCode, stderr } = await running;
  signal.throwIfAborted();
  if (found.isFull || exitCode === 0 || exitCode === 1) return true;
  // With exit code 2 it still searched all that it could; only a pattern that it can't read is worth telling.
  if (exitCode === 2 && /^rg: (regex|pcre2)|error parsing|PCRE2/im.test(stderr)) {
    throw new ToolFault(`The pattern is not a valid regular expression: ${stderr.trim().split('\n').at(-1)}`);
  }
  return exitCode === 2;
}

function argumentsFor(query: SearchQuery): string[] {
  const args = ['--json', '--no-config', '--no-messages', '--hidden', '--no-require-git', '--glob', '!.git'];
  args.push(query.isRegex ? '--engine=auto' : '--fixed-strings');
  args.push(query.caseSensitive ? '--case-sensitive' : '--ignore-case');
  // A file type narrows the search early and, unlike --glob, leaves .gitignore in force.
  if (query.glob !== undefined && /^[\w.*?-]+$/.test(query.glob)) {
    args.push('--type-add', `wanted:${query.glob}`, '--type', 'wanted');
  }
  return args;
}

// Where text or a path is not UTF-8, ripgrep sends `bytes` instead; such lines are left out.
const MatchLine = z.object({
  type: z.literal('match'),
  data: z.object({
    path: z.object({ text: z.string() }),
    lines: z.object({ text: z.string() }),
    line_number: z.number(),
  }),
});

function parseMatch(line: string): FoundLine | undefined {
  if (!line.startsWith('{"type":"match"')) return undefined;
  const parsed = MatchLine.safeParse(JSON.parse(line));
  if (!parsed.success) return undefined;
  const { path, lines, line_number } = parsed.data.data;
  return { path: path.text, line: line_number, text: lines.text };
}
