export interface FileTarget {
  readonly path: string;
  readonly line?: number;
}

const EXTENSION = String.raw`\.[A-Za-z][A-Za-z0-9]{0,9}`;
const LINE = String.raw`(?:(?::|#L)(\d{1,7}))?(?:[:-]L?\d{1,7})?`;
const WHOLE = new RegExp(`^(?:file://)?((?:[^\\s:#?*<>|"]+/)*[^\\s:#?*<>|"/]*${EXTENSION})${LINE}$`);

/** A path with at least one folder and an extension, in the middle of a sentence. */
const IN_TEXT = new RegExp(
  String.raw`(?<![\w./@:-])(?:\.{0,2}/)?(?:[\w@.-]+/)+[\w@.-]*${EXTENSION}${LINE}(?![\w/])`,
  'g',
);

/** `src/a.ts`, `src/a.ts:12`, `./a.md#L3`, `file:///work/a.ts`; undefined for anything else, web addresses included. */
export function parseFileTarget(text: string): FileTarget | undefined {
  const match = WHOLE.exec(text);
  const path = match?.[1];
  if (!path || path.startsWith('//')) return undefined;
  const line = Number(match[2] ?? 0);
  return line > 0 ? { path, line } : { path };
}

/** Cuts a sentence into plain text and mentions of files, in order and with nothing lost. */
export function splitFileMentions(text: string): { readonly text: string; readonly file?: FileTarget }[] {
  const pieces: { text: string; file?: FileTarget }[] = [];
  let end = 0;
  for (const match of text.matchAll(IN_TEXT)) {
    const file = parseFileTarget(match[0]);
    if (!file) continue;
    if (match.index > end) pieces.push({ text: text.slice(end, match.index) });
    pieces.push({ text: match[0], file });
    end = match.index + match[0].length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end) });
  return pieces;
}
