const MAX_NAMES = 12;

/** An extract of a file, made by rules and not by understanding. `shown` is what the read tool gave. */
export function summariseFile(path: string, shown: string): string {
  const { lines, notes } = readNumbered(shown);
  const facts = /\.(md|markdown|txt|rst)$/i.test(path)
    ? proseFacts(lines)
    : /\.jsonc?$/i.test(path)
      ? jsonFacts(lines)
      : codeFacts(lines);
  const todos = lines.filter((line) => /\bTODO\b/.test(line)).length;
  const count = lines.length === 1 ? '1 line' : `${lines.length} lines`;
  return [
    `**${path}**: ${count}.`,
    ...facts.map(({ label, values }) => `- ${label}: ${named(values)}`),
    `- TODOs: ${todos}`,
    ...notes,
  ].join('\n');
}

interface Fact {
  readonly label: string;
  readonly values: readonly string[];
}

/** Lines come as number, tab, text; a line without a number is a note of the tool. */
function readNumbered(shown: string): { readonly lines: string[]; readonly notes: string[] } {
  const all = shown.split('\n');
  const numbered = all.flatMap((line) => /^ *\d+[\t:|] ?(?<text>.*)$/.exec(line)?.groups?.['text'] ?? []);
  if (numbered.length === 0 && !shown.startsWith('[')) return { lines: all, notes: [] };
  return { lines: numbered, notes: all.filter((line) => line.startsWith('[')) };
}

function proseFacts(lines: readonly string[]): Fact[] {
  const headings = lines.flatMap((line) => /^#{1,3} +(.+)$/.exec(line)?.[1] ?? []);
  const opening = lines.find((line) => /^[A-Za-z"'*_[]/.test(line.trim()));
  return facts([
    ['Headings', headings],
    ['It begins', opening === undefined ? [] : [opening.trim()]],
  ]);
}

function jsonFacts(lines: readonly string[]): Fact[] {
  const keys = lines.flatMap((line) => /^(?: {2}|\t)"([^"]+)":/.exec(line)?.[1] ?? []);
  return facts([['Top-level keys', keys]]);
}

const EXPORT =
  /^export (?:default )?(?:async )?(?:abstract )?(?:declare )?(?:const|let|var|function\*?|class|interface|type|enum|namespace) +([\w$]+)/;
const DEFINITION =
  /^(?:async )?(?:pub )?(?:function\*?|class|def|fn|func|struct|interface|type|enum) +(?:\([^)]*\) *)?([\w$]+)/;

function codeFacts(lines: readonly string[]): Fact[] {
  const names = (pattern: RegExp) => lines.flatMap((line) => pattern.exec(line)?.[1] ?? []);
  const imports = lines.flatMap(
    (line) =>
      /^import\b.*?["']([^"']+)["']/.exec(line)?.[1] ??
      /^(?:from|import|use|#include) +([\w.:<>/"]+)/.exec(line)?.[1] ??
      [],
  );
  const comment = lines.find((line) => /^\s*(?:\/\/|\/?\*\*?|#(?!!|include))\s*\w/.test(line));
  return facts([
    ['Its first comment', comment === undefined ? [] : [comment.replace(/^[\s/*#]+|[\s*/]+$/g, '')]],
    ['Exports', names(EXPORT)],
    ['Also defines', names(DEFINITION)],
    ['Imports', [...new Set(imports)]],
  ]);
}

function facts(entries: readonly (readonly [string, readonly string[]])[]): Fact[] {
  return entries.flatMap(([label, values]) => (values.length === 0 ? [] : [{ label, values }]));
}

function named(values: readonly string[]): string {
  const more = values.length - MAX_NAMES;
  return values.slice(0, MAX_NAMES).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
