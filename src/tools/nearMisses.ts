/** What may tell a text from one that looks the same, and how to look past it. None of them touches a line end. */
const DIFFERENCES: readonly { readonly name: string; readonly fold: (text: string) => string }[] = [
  { name: 'white space', fold: (text) => text.replace(/[ \t\r]+/g, ' ').replace(/ ?\n ?/g, '\n') },
  {
    name: 'no-break or other special blanks',
    fold: (text) => text.replace(/[\u00a0\u2000-\u200a\u202f\u205f\u3000]/g, ' '),
  },
  { name: 'curly or straight quotation marks', fold: (text) => text.replace(/[‘’‚‛′]/g, "'").replace(/[“”„‟″]/g, '"') },
  { name: 'dashes of another kind', fold: (text) => text.replace(/[‐‑‒–—―−]/g, '-') },
  { name: 'an ellipsis in place of dots', fold: (text) => text.replaceAll('…', '...') },
  { name: 'invisible characters', fold: (text) => text.replace(/[\u00ad\u200b-\u200f\u2060\ufeff]/g, '') },
  { name: 'accents in another Unicode form', fold: (text) => text.normalize('NFC') },
];

/** What most often is wrong with a text that is not found. */
export function hint(text: string, search: string): string {
  const [within, wanted] = [text.replaceAll('\r\n', '\n'), search.replaceAll('\r\n', '\n')];
  if (hasLineNumbers(within, wanted)) return ' Leave out the line numbers that read_file puts in front.';
  const near = singleDifference(within, wanted) ?? severalDifferences(within, wanted);
  return near === undefined
    ? ' Read the file and copy the text exactly.'
    : ` Line ${near.line} has it with ${near.what}: copy it exactly.`;
}

/** It would be found without numbers, and it is not the file that has them (a table, say). */
function hasLineNumbers(text: string, search: string): boolean {
  if (!search.split('\n').every((line) => line === '' || /^ *\d+\t/.test(line))) return false;
  const unnumbered = search.replace(/^ *\d+\t/gm, '');
  const at = unnumbered.trim() === '' ? -1 : text.indexOf(unnumbered);
  return at !== -1 && !/^ *\d+\t/.test(text.slice(text.lastIndexOf('\n', at - 1) + 1, at));
}

interface NearMiss {
  /** Counted from 1. */
  readonly line: number;
  readonly what: string;
}

function singleDifference(text: string, search: string): NearMiss | undefined {
  for (const { name, fold } of DIFFERENCES) {
    const line = lineIn(fold(text), fold(search).trim());
    if (line !== undefined) return { line, what: name === 'white space' ? 'other white space' : name };
  }
  return undefined;
}

function severalDifferences(text: string, search: string): NearMiss | undefined {
  const fold = (given: string) => DIFFERENCES.reduceRight((folded, difference) => difference.fold(folded), given);
  const line = lineIn(fold(text), fold(search).trim());
  if (line === undefined) return undefined;
  const names = DIFFERENCES.filter(
    (difference) => difference.fold(search) !== search || difference.fold(text) !== text,
  );
  return { line, what: `other characters that look alike (${names.map(({ name }) => name).join(', ')})` };
}

/** Folds keep line ends, so lines count as in the text itself. */
function lineIn(text: string, search: string): number | undefined {
  const at = search === '' ? -1 : text.indexOf(search);
  return at === -1 ? undefined : text.slice(0, at).split('\n').length;
}
