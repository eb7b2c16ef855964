import * as z from 'zod';
import { defineTool, ToolFault, type Tool } from '../agent/tool';
import { oneLine } from '../util/plainText';
import { reachNotes } from './searching';
import { MAX_GLOB, startingPoints } from './startingPoints';
import type { FoundFiles, Workspace, WorkspaceFile } from './workspace';

const MAX_SHOWN = 500;

const Input = z.object({
  pattern: z
    .string()
    .min(1)
    .max(MAX_GLOB)
    .describe(
      'A glob such as *.ts, src/**/*.test.ts or {README,LICENSE}*; several with commas, all but some with "!".',
    ),
  path: z.string().optional().describe('The folder to look in; left out, the whole workspace.'),
});

/** Finds files by name. */
export function findFilesTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'find_files',
    description:
      'Finds files by a glob; one path per line, in order. A glob without a slash looks at the file name in every folder. ' +
      "What .gitignore keeps out is left out (git's own excludes too; no other ignore files count).",
    input: Input,
    target: ({ pattern }) => pattern,
    async run({ pattern, path }, _context, signal) {
      const starts = await startingPoints(workspace, path);
      for (const start of starts) await refuseNoFolder(workspace, start);
      return render(await workspace.findFiles(starts, pattern, signal), pattern);
    },
  });
}

function render(found: FoundFiles, pattern: string): string {
  const { files } = found;
  const rest = files.length - MAX_SHOWN;
  return [
    ...(files.length === 0 ? [`No file matches ${oneLine(pattern)}.`] : files.slice(0, MAX_SHOWN)),
    ...(rest > 0 ? [`[${rest} more; narrow the pattern or the path.]`] : []),
    ...reachNotes(found),
  ].join('\n');
}

async function refuseNoFolder(workspace: Workspace, start: WorkspaceFile): Promise<void> {
  if ((await workspace.factsOf(start))?.kind === 'folder') return;
  throw new ToolFault(`${start.shown} is not a folder, so nothing can be found in it.`);
}
