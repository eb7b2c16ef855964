import * as z from 'zod';
import { defineTool, ToolFault, type Tool } from '../agent/tool';
import { reachNotes } from './searching';
import { MAX_GLOB, MAX_PATTERN, startingPoints } from './startingPoints';
import type { SearchResult, Workspace } from './workspace';

const MAX_SHOWN = 200;

const Input = z.object({
  pattern: z
    .string()
    .min(1)
    .max(MAX_PATTERN)
    .describe('The text to look for, or a regular expression where regex is true.'),
  path: z.string().optional().describe('A folder or file to look in; left out, the whole workspace.'),
  glob: z
    .string()
    .min(1)
    .max(MAX_GLOB)
    .optional()
    .describe(
      'Only files that match this glob, such as *.ts or src/**/*.css; several with commas, all but some with "!".',
    ),
  regex: z.boolean().optional().describe('Take the pattern as a regular expression. Default: false.'),
  caseSensitive: z.boolean().optional().describe('Tell upper from lower case. Default: false.'),
});

/** Finds lines by their text. */
export function searchTextTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'search_text',
    description:
      'Searches the saved files of the workspace line by line; a pattern that holds a line end matches across lines. Each ' +
      'match comes as "path:line: text"; the last line counts all matches and their files. Binary files are left out, ' +
      "and what .gitignore keeps out (git's own excludes too; no other ignore files count).",
    input: Input,
    target: ({ pattern }) => pattern,
    async run({ pattern, path, glob, regex = false, caseSensitive = false }, _context, signal) {
      if (pattern.includes('\0')) throw new ToolFault('The pattern holds a NUL character, which no text file does.');
      const starts = await startingPoints(workspace, path);
      const query = { pattern, isRegex: regex, caseSensitive, ...(glob === undefined ? {} : { glob }) };
      return render(await workspace.search(query, starts, signal));
    },
  });
}

function render(result: SearchResult): string {
  const { matches, stopped } = result;
  const lines = matches.slice(0, MAX_SHOWN).map((match) => `${match.shown}:${match.line}: ${match.text}`);
  const rest = matches.length - lines.length;
  if (rest > 0) lines.push(`[${rest} more are not shown; narrow the pattern, the path or the glob.]`);
  const files = new Set(matches.map((match) => match.shown)).size;
  const count = `${matches.length} ${matches.length === 1 ? 'match' : 'matches'} in ${files} ${files === 1 ? 'file' : 'files'}`;
  lines.push(...reachNotes(result));
  return [...lines, stopped === undefined ? count : `${count} so far; the search was stopped there`].join('\n');
}
