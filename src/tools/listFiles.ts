import * as z from 'zod';
import { defineTool, ToolFault, type Tool } from '../agent/tool';
import type { FolderListing, Workspace } from './workspace';

const MAX_ENTRIES = 1000;

const Input = z.object({
  path: z.string().optional().describe('The folder, relative to the workspace folder; left out, the workspace itself.'),
});

/** Shows one level of a folder. */
export function listFilesTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'list_files',
    description:
      'Lists what is in a folder of the workspace, one level deep, one entry per line; folders end in "/". ' +
      "What .gitignore keeps out is left out (git's own excludes too; no other ignore files count).",
    input: Input,
    target: ({ path }) => path ?? '.',
    async run({ path }) {
      const folders = workspace.folders();
      const wantsTop = path === undefined || ['', '.', './', '/'].includes(path);
      if (wantsTop && folders.length > 1) return folders.map((folder) => `${folder.name}/`).join('\n');
      const folder = await workspace.resolve(wantsTop ? '.' : path, 'read');
      const facts = await workspace.factsOf(folder);
      if (facts === undefined) throw new ToolFault(`There is no folder ${path}.`);
      if (facts.kind !== 'folder') throw new ToolFault(`${path} is a file; read_file shows it.`);
      return render(await workspace.list(folder));
    },
  });
}

function render({ entries, ignored }: FolderListing): string {
  const lines = entries.slice(0, MAX_ENTRIES).map((entry) => (entry.isFolder ? `${entry.name}/` : entry.name));
  if (entries.length > MAX_ENTRIES)
    lines.push(`[${entries.length - MAX_ENTRIES} more entries; find_files narrows it down.]`);
  if (entries.length === 0) lines.push('[Nothing is in this folder.]');
  if (ignored > 0) lines.push(`[${ignored} more, left out by .gitignore.]`);
  return lines.join('\n');
}
