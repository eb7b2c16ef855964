import * as z from 'zod';
import { defineTool, ToolFault, type LineRange, type Tool } from '../agent/tool';
import { noteLinesSeen, splitLines } from './fileKnowledge';
import { MAX_TEXT_BYTES } from './textFile';
import type { Workspace, WorkspaceFile } from './workspace';
import { headOf } from '../util/cutText';

const MAX_LINES = 2000;
/** In characters, of all lines together. */
const MAX_CHARS = 100_000;
const MAX_LINE_CHARS = 4000;

const Input = z.object({
  path: z.string().min(1).describe('Path of the file, relative to the workspace folder.'),
  startLine: z.number().int().min(1).optional().describe('First line to read, counted from 1.'),
  endLine: z.number().int().min(1).optional().describe('Last line to read.'),
});

/** The lines that were asked for, and how many the file has where that is known. */
interface Lines {
  readonly lines: readonly string[];
  readonly total: number | undefined;
  readonly unsaved: boolean;
}

/** Shows lines of a text file, and records that the calling agent has read it. */
export function readFileTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'read_file',
    description:
      'Reads a text file of the workspace, or a range of its lines. Each line comes as its number, a tab and its text. ' +
      `At most ${MAX_LINES} lines come at once; the last line says how to get the rest. ` +
      'What the user has typed but not saved yet counts.',
    input: Input,
    target: ({ path }) => path,
    async run({ path, startLine = 1, endLine = Infinity }, context, signal) {
      if (endLine < startLine) throw new ToolFault(`endLine (${endLine}) is before startLine (${startLine}).`);
      const file = await workspace.resolve(path, 'read');
      const range = { first: startLine, last: Math.min(endLine, startLine + MAX_LINES - 1) };
      const size = await readableSize(workspace, file, path);
      if (size > MAX_TEXT_BYTES) {
        // Not recorded as read: it is too large to be edited anyway.
        return render(await readHugeFile(workspace, file, range, signal), startLine, endLine, file).text;
      }
      const read = await workspace.readText(file);
      if (read === undefined) throw new ToolFault(`There is no file ${path}.`);
      const all = splitLines(read.text);
      const lines = all.slice(range.first - 1, range.last);
      const { text, seen } = render({ lines, total: all.length, unsaved: read.unsaved }, startLine, endLine, file);
      noteLinesSeen(context.ledger, file.real, read.hash, seen);
      return text;
    },
  });
}

async function readableSize(workspace: Workspace, file: WorkspaceFile, given: string): Promise<number> {
  const facts = await workspace.factsOf(file);
  if (facts?.kind === 'folder') throw new ToolFault(`${given} is a folder; list_files shows what is in it.`);
  if (facts?.kind === 'other') throw new ToolFault(`${given} is not a regular file and can't be read.`);
  return facts?.size ?? 0;
}

async function readHugeFile(
  workspace: Workspace,
  file: WorkspaceFile,
  range: LineRange,
  signal: AbortSignal,
): Promise<Lines> {
  const lines = await workspace.readLines(file, range, signal);
  const reachesEnd = lines.length > 0 && lines.length < range.last - range.first + 1;
  return { lines, total: reachesEnd ? range.first + lines.length - 1 : undefined, unsaved: false };
}

interface Rendered {
  readonly text: string;
  /** The lines that are in it whole. */
  readonly seen: readonly LineRange[];
}

function render({ lines, total, unsaved }: Lines, first: number, wantedLast: number, file: WorkspaceFile): Rendered {
  const notes = unsaved ? [`[${file.shown} is open with unsaved changes; this is the text in the editor.]`] : [];
  if (total === 0) return { text: ['[The file is empty.]', ...notes].join('\n'), seen: [] };
  if (lines.length === 0) {
    const end = total === undefined ? '' : `; it has ${total} ${total === 1 ? 'line' : 'lines'}`;
    throw new ToolFault(`${file.shown} has no line ${first}${end}.`);
  }
  const shown: string[] = [];
  let chars = 0;
  for (const [index, line] of lines.entries()) {
    const text = `${first + index}\t${shorten(line)}`;
    chars += text.length + 1;
    if (chars > MAX_CHARS && shown.length > 0) break;
    shown.push(text);
  }
  const last = first + shown.length - 1;
  const isCut = last < Math.min(wantedLast, total ?? Infinity);
  if (isCut) notes.push(`[Lines ${first}-${last} of ${total ?? 'more'}. Read on with startLine ${last + 1}.]`);
  return { text: [...shown, ...notes].join('\n'), seen: wholeLines(lines.slice(0, shown.length), first) };
}

/** One range for each line that is not cut; whoever keeps them joins them. */
function wholeLines(lines: readonly string[], first: number): LineRange[] {
  return lines.flatMap((line, index) =>
    line.length <= MAX_LINE_CHARS ? [{ first: first + index, last: first + index }] : [],
  );
}

function shorten(line: string): string {
  if (line.length <= MAX_LINE_CHARS) return line;
  const head = headOf(line, MAX_LINE_CHARS);
  return `${head} [… ${line.length - head.length} characters more in this line]`;
}
