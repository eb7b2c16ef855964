import { ToolFault } from '../agent/tool';
import { escapeRegExp } from './escapeRegExp';
import { hint } from './nearMisses';

/** One replacement that a model asks for. */
export interface Replacement {
  readonly search: string;
  readonly replace: string;
  /** Replace every place, not just the only one. */
  readonly all?: boolean | undefined;
}

export interface Replaced {
  readonly text: string;
  readonly places: number;
}

/**
 * Makes all replacements one after the other, or throws a ToolFault that says which can't be made and why. Line
 * ends of both kinds match each other, those of untouched lines stay, and new lines get the file's own kind.
 */
export function replaceAll(text: string, replacements: readonly Replacement[]): Replaced {
  let current = text;
  let places = 0;
  for (const [index, replacement] of replacements.entries()) {
    const label = replacements.length === 1 ? 'The text to replace' : `The text to replace in edits[${index}]`;
    const found = findPlaces(current, replacement, label);
    current = put(current, found, withLineEnds(replacement.replace, current));
    places += found.length;
  }
  if (current === text) throw new ToolFault('These edits change nothing: the replacements equal what is there.');
  return { text: current, places };
}

/** Text with the kind of line ends that another text mostly has. */
export function withLineEnds(text: string, like: string): string {
  const plain = text.replaceAll('\r\n', '\n');
  const crlf = like.split('\r\n').length - 1;
  const lf = like.split('\n').length - 1 - crlf;
  return crlf > lf ? plain.replaceAll('\n', '\r\n') : plain;
}

interface Place {
  readonly start: number;
  readonly end: number;
}

function findPlaces(text: string, { search, all }: Replacement, label: string): Place[] {
  if (search === '') throw new ToolFault(`${label} is empty. Give some text of the file, or use write_file.`);
  const pattern = patternOf(search);
  const places: Place[] = [];
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    places.push({ start: match.index, end: match.index + match[0].length });
    // From the next character on, so that overlapping places count as ambiguous; for `all` they can't be replaced.
    if (all !== true) pattern.lastIndex = match.index + String.fromCodePoint(text.codePointAt(match.index) ?? 0).length;
  }
  if (places.length === 0) throw new ToolFault(`${label} was not found in the file.${hint(text, search)}`);
  if (places.length > 1 && all !== true) {
    const lines = places.slice(0, 10).map((place) => lineOf(text, place.start));
    const more = places.length > lines.length ? ', …' : '';
    throw new ToolFault(
      `${label} is in ${places.length} places (lines ${lines.join(', ')}${more}). ` +
        'Give more of the text around it to name one of them, or set all to replace every one.',
    );
  }
  return places;
}

function patternOf(search: string): RegExp {
  // A line end is one place: between its two characters begins no other; nor between the halves of a character (`u`).
  return new RegExp(escapeRegExp(search.replaceAll('\r\n', '\n')).replaceAll('\n', '(?:\\r\\n|(?<!\\r)\\n)'), 'gu');
}

function put(text: string, places: readonly Place[], replacement: string): string {
  let result = '';
  let from = 0;
  for (const { start, end } of places) {
    result += text.slice(from, start) + replacement;
    from = end;
  }
  return result + text.slice(from);
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
