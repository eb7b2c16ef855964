import * as z from 'zod';
import { defineTool, ToolFault, type Tool } from '../agent/tool';
import { globMatcher } from './globs';
import { startingPoints } from './startingPoints';
import type { Workspace, WorkspaceFile } from './workspace';

const MAX_SHOWN = 500;

const Input = z.object({
  pattern: z.string().min(1).describe('A glob such as *.ts, src/**/*.test.ts or {README,LICENSE}*.'),
  path: z.string().optional().describe('The folder to look in; left out, the whole workspace.'),
});

/** Finds files by name. */
export function findFilesTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'find_files',
    description:
      'Finds files by a glob; one path per line, in order. A glob without a slash looks at the file name in every folder. ' +
      'What .gitignore keeps out is left out.',
    input: Input,
    target: ({ pattern }) => pattern,
    async run({ pattern, path }, _context, signal) {
      const starts = await startingPoints(workspace, path);
      const matches = globMatcher(pattern);
      const found: string[] = [];
      for (const start of starts) {
        for await (const file of filesBelow(workspace, start, signal)) {
          if (matches(file.shown, start.shown)) found.push(file.shown);
        }
      }
      if (found.length === 0) return `No file matches ${pattern}.`;
      const rest = found.length - MAX_SHOWN;
      return [
        ...found.slice(0, MAX_SHOWN),
        ...(rest > 0 ? [`[${rest} more; narrow the pattern or the path.]`] : []),
      ].join('\n');
    },
  });
}

async function* filesBelow(workspace: Workspace, start: WorkspaceFile, signal: AbortSignal) {
  if ((await workspace.factsOf(start))?.kind !== 'folder') {
    throw new ToolFault(`${start.shown} is not a folder, so nothing can be found in it.`);
  }
  yield* workspace.walk(start, signal);
}
