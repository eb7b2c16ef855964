import * as z from 'zod';
import { defineTool, ToolFault, type FileLedger, type Tool } from '../agent/tool';
import { changeFile, textToChange } from './changeFile';
import { firstUnseen } from './fileKnowledge';
import { withLineEnds } from './replacements';
import { storable } from './textFile';
import type { TextFile, Workspace, WorkspaceFile } from './workspace';

const Input = z.object({
  path: z.string().min(1).describe('Path of the file, relative to the workspace folder.'),
  content: z.string().describe('The whole text of the file.'),
});

/** Makes a file, or gives one a whole new text. */
export function writeFileTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'write_file',
    description:
      'Makes a new file, with the folders that it needs, or replaces the whole text of one all of which you have read. ' +
      'To change parts of a file use edit_file.',
    input: Input,
    target: ({ path }) => path,
    async run({ path, content }, context, signal) {
      const file = await workspace.resolve(path, 'write');
      const before = await textToChange(workspace, file, context);
      if (before !== undefined) refuseUnread(file, before, context.ledger);
      const text = before === undefined ? content : withLineEnds(storable(content), before.text);
      if (text === before?.text) throw new ToolFault(`${file.shown} already has exactly this text.`);
      return changeFile(workspace, { file, before, text, replacesAll: true }, context, signal);
    },
  });
}

/** What an agent never saw it would throw away without knowing. */
function refuseUnread(file: WorkspaceFile, before: TextFile, ledger: FileLedger): void {
  const known = ledger.get(file.real);
  const unseen = known === undefined ? undefined : firstUnseen(known, before.text);
  if (unseen === undefined) return;
  const { first, last } = unseen;
  const lines = first === last ? `line ${first}` : `lines ${first}-${last}`;
  throw new ToolFault(
    `You have not read all of ${file.shown} (${lines} not, or not whole), so it is not replaced as a whole: ` +
      'read the rest first, or change parts of it with edit_file.',
  );
}
