import * as z from 'zod';
import { defineTool, type Tool } from '../agent/tool';
import { compareText } from './folders';
import type { Workspace } from './workspace';

const MAX_SHOWN = 200;

const Input = z.object({
  path: z.string().optional().describe('A file or folder; left out, the whole workspace.'),
});

/** Shows what the editor's languages complain of. */
export function getProblemsTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'get_problems',
    description:
      'Lists the problems that VS Code shows (compilers, linters): "path:line:column severity message (source)". ' +
      'Most languages look at open files only, and take a moment after a change.',
    input: Input,
    target: ({ path }) => path ?? '.',
    async run({ path }) {
      const within = path === undefined || path === '' ? undefined : await workspace.resolve(path, 'read');
      const problems = workspace
        .problems(within)
        .toSorted((a, b) => compareText(a.shown, b.shown) || a.line - b.line || a.column - b.column);
      if (problems.length === 0) return 'No problems.';
      const lines = problems.slice(0, MAX_SHOWN).map(({ shown, line, column, severity, message, source }) => {
        const from = source === undefined ? '' : ` (${source})`;
        return `${shown}:${line}:${column} ${severity} ${message.replace(/\s*\n\s*/g, ' ')}${from}`;
      });
      const rest = problems.length - lines.length;
      return [...lines, ...(rest > 0 ? [`[${rest} more; give a path.]`] : [])].join('\n');
    },
  });
}
