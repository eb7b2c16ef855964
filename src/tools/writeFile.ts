import * as z from 'zod';
import { defineTool, ToolFault, type Tool } from '../agent/tool';
import { changeFile, textToChange } from './changeFile';
import { withLineEnds } from './replacements';
import type { Workspace } from './workspace';

const Input = z.object({
  path: z.string().min(1).describe('Path of the file, relative to the workspace folder.'),
  content: z.string().describe('The whole text of the file.'),
});

/** Makes a file, or gives one a whole new text. */
export function writeFileTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'write_file',
    description:
      'Makes a new file, with the folders that it needs, or replaces the whole text of one that you have read. ' +
      'To change parts of a file use edit_file.',
    input: Input,
    target: ({ path }) => path,
    async run({ path, content }, context, signal) {
      const file = await workspace.resolve(path, 'write');
      const before = await textToChange(workspace, file, context);
      const text = before === undefined ? content : withLineEnds(content, before.text);
      if (text === before?.text) throw new ToolFault(`${file.shown} already has exactly this text.`);
      return changeFile(workspace, { file, before, text }, context, signal);
    },
  });
}
