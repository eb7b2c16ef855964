import type { ToolContext, ToolOutput } from '../agent/tool';
import { ToolFault } from '../agent/tool';
import { seenAfter, wholeKnown } from './fileKnowledge';
import { requireApproval } from './permission';
import { storable } from './textFile';
import { readOnlySentence } from './fileBytes';
import type { TextFile, Workspace, WorkspaceFile } from './workspace';
import { headOf } from '../util/cutText';

/** In characters; nobody reads a longer diff in an approval. */
const MAX_PREVIEW = 60_000;
/** In changed lines; past it the diff takes too long to be worth computing. */
const MAX_EDIT_LENGTH = 2000;

/**
 * The text of a file that the calling agent may change: it must be as that agent last read or wrote it. Undefined
 * where there is no such file yet.
 */
export async function textToChange(
  workspace: Workspace,
  file: WorkspaceFile,
  context: ToolContext,
): Promise<TextFile | undefined> {
  const facts = await workspace.factsOf(file);
  if (facts !== undefined && facts.kind !== 'file') throw new ToolFault(`${file.shown} is not a regular file.`);
  if (facts?.writable === false) {
    throw new ToolFault(readOnlySentence(file));
  }
  const before = await workspace.readText(file);
  const known = context.ledger.get(file.real)?.hash;
  if (before === undefined || before.hash === known) return before;
  throw new ToolFault(
    known === undefined
      ? `You have not read ${file.shown} yet. Read it with read_file first, then change it.`
      : `${file.shown} changed since you read it, so nothing was written. Read it again and redo the change.`,
  );
}

interface Change {
  readonly file: WorkspaceFile;
  readonly before: TextFile | undefined;
  /** The whole new text. */
  readonly text: string;
  /** All of the text is the agent's own; else it knows of it what it had seen, and what it put there. */
  readonly replacesAll: boolean;
}

/** Asks for approval with the diff as preview, writes, and records what the agent now knows of the file. */
export async function changeFile(
  workspace: Workspace,
  change: Change,
  context: ToolContext,
  signal: AbortSignal,
): Promise<ToolOutput> {
  const { file, before } = change;
  const text = storable(change.text);
  if (text.includes('\0') && before?.text.includes('\0') !== true) {
    throw new ToolFault(
      `The new text holds a NUL character, which would make ${file.shown} a binary file. Leave it out.`,
    );
  }
  const { preview, counts } = await describeChange(file.shown, before?.text ?? '', text);
  const action =
    before === undefined ? 'create a file' : before.unsaved ? 'edit and save an unsaved file' : 'edit a file';
  await requireApproval(context, { kind: 'edit', action, subject: file.shown, preview }, signal);
  signal.throwIfAborted();
  // As it was given: a byte order mark in front is the wish for one in a new file.
  const after = await workspace.writeText(file, before, change.text);
  const seen = context.ledger.get(file.real)?.seen ?? [];
  context.ledger.set(
    file.real,
    change.replacesAll || before === undefined
      ? wholeKnown(after.hash, text)
      : { hash: after.hash, seen: seenAfter(seen, before.text, text) },
  );
  const notes: string[] = [];
  if (before?.unsaved === true)
    notes.push('The unsaved changes that the user had made there were kept and saved with it.');
  if (after.text !== text) {
    // The agent does not know this text, so its next edit has to begin with reading it.
    context.ledger.delete(file.real);
    notes.push('The editor changed it further while saving (a formatter, say): read it again before the next edit.');
  }
  const done = `${before === undefined ? 'Created' : 'Changed'} ${file.shown} (${counts}).`;
  return { text: [done, ...notes].join(' '), filesWritten: [file.shown] };
}

interface ChangeDescription {
  readonly preview: string;
  /** `+3 -1 lines` */
  readonly counts: string;
}

async function describeChange(shown: string, before: string, after: string): Promise<ChangeDescription> {
  const { createTwoFilesPatch } = await import('diff');
  const [old, now] = [before.replaceAll('\r\n', '\n'), after.replaceAll('\r\n', '\n')];
  const options = { context: 3, maxEditLength: MAX_EDIT_LENGTH };
  const patch = createTwoFilesPatch(`a/${shown}`, `b/${shown}`, old, now, undefined, undefined, options);
  if (patch === undefined) {
    const counts = `${old.split('\n').length} lines before, ${now.split('\n').length} after`;
    return { preview: `The change is too large to be shown: ${counts}.`, counts };
  }
  const diff = patch.replace(/^=+\n/, '');
  const body = diff.split('\n').slice(2);
  const added = body.filter((line) => line.startsWith('+')).length;
  const removed = body.filter((line) => line.startsWith('-')).length;
  return { preview: bounded(diff), counts: `+${added} -${removed} lines` };
}

function bounded(diff: string): string {
  const head = headOf(diff, MAX_PREVIEW);
  return head === diff ? diff : `${head}\n[… ${diff.length - head.length} characters more]`;
}
