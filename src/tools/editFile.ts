import * as z from 'zod';
import { defineTool, ToolFault, type Tool } from '../agent/tool';
import { changeFile, textToChange } from './changeFile';
import { replaceAll, type Replacement } from './replacements';
import { storable } from './textFile';
import type { Workspace } from './workspace';

const Input = z.object({
  path: z.string().min(1).describe('Path of the file, relative to the workspace folder.'),
  edits: z
    .array(
      z.object({
        search: z.string().describe('Text of the file, exactly as it is, without line numbers.'),
        replace: z.string().describe('What comes in its place.'),
        all: z.boolean().optional().describe('Replace every place. Default: there must be just one.'),
      }),
    )
    .min(1),
});

/** Search and replace in one file; all of the edits are made, or none. */
export function editFileTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'edit_file',
    description:
      'Replaces text in a file that you have read. Each search text must be in the file exactly once, unless all is true. ' +
      'The edits are made in order, all or none. Line ends and encoding stay as they are.',
    input: Input,
    target: ({ path }) => path,
    async run({ path, edits }, context, signal) {
      const file = await workspace.resolve(path, 'write');
      const before = await textToChange(workspace, file, context);
      if (before === undefined) throw new ToolFault(`There is no file ${path}; write_file makes a new one.`);
      const { text } = replaceAll(before.text, before.hasBom ? edits.map(withoutBom) : edits);
      return changeFile(workspace, { file, before, text, replacesAll: false }, context, signal);
    },
  });
}

/** The mark at the beginning of the file is not in its text, though an agent may know of it. */
function withoutBom({ search, replace, all }: Replacement): Replacement {
  return { search: storable(search), replace: storable(replace), all };
}
