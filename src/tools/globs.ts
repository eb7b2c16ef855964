import { ToolFault } from '../agent/tool';

/** Alternatives that the braces of one glob may come to. */
const MAX_ALTERNATIVES = 250;

/**
 * A test for the shown path of a file below a shown starting folder: the glob may be relative to either. As in
 * .gitignore files, a glob without a slash looks at the file's name in whichever folder it is: `*.ts` finds
 * `src/a.ts`. Names that start with a dot match too. `*.ts,*.tsx` is either of them, `!*.ts` everything else, and both
 * go together. A test takes time in proportion to glob and path, whatever the glob. Throws a ToolFault for one that is
 * not understood.
 */
export function globMatcher(glob: string): (shown: string, start: string) => boolean {
  const parts = splitAtTop(glob.trim(), ',').map((part) => part.trim());
  const excludes = (part: string) => /^!(?!\()/.test(part);
  const wanted = parts.filter((part) => part !== '' && !excludes(part)).map(patternsOf);
  const unwanted = parts.filter(excludes).map((part) => patternsOf(part.slice(1)));
  // A name may hold a comma.
  if (parts.length > 1 && unwanted.length === 0) wanted.push(patternsOf(glob));
  const hits = (patterns: readonly (readonly Pattern[])[], paths: readonly Path[]) =>
    patterns.some((alternatives) =>
      alternatives.some((pattern) => paths.some((path) => matchesAll(pattern, path, matchesSegment))),
    );
  return (shown, start) => {
    const paths = [pathOf(shown)];
    if (shown.startsWith(`${start}/`)) paths.push(pathOf(shown.slice(start.length + 1)));
    return (wanted.length === 0 || hits(wanted, paths)) && !hits(unwanted, paths);
  };
}

/** Any number of whatever a row consists of: characters in a segment (`*`), segments in a path (`**`). */
const ANY = Symbol('any number');

/** A character as it stands, or a test for one. */
type Token = string | ((character: string) => boolean) | typeof ANY;
type Segment = readonly Token[];
type Pattern = readonly (Segment | typeof ANY)[];
type Path = readonly (readonly string[])[];

/** The alternatives that a glob stands for. */
function patternsOf(glob: string): Pattern[] {
  const trimmed = glob.trim().replace(/^(\.?\/)+/, '');
  if (/(^|[^\\])[!+*]\(/.test(trimmed)) {
    throw new ToolFault(
      'The glob holds "!(", "+(" or "*(", which are not understood here: use {a,b}, "!*.ts" or a list.',
    );
  }
  const anywhere = trimmed.includes('/') ? trimmed : `**/${trimmed}`;
  // `src/` means what is in it.
  const whole = anywhere.endsWith('/') ? `${anywhere}**` : anywhere;
  return alternativesOf(folded(whole)).map((alternative) =>
    splitAtTop(alternative, '/').map((segment) => (segment === '**' ? ANY : tokensOf(segment))),
  );
}

function pathOf(shown: string): Path {
  return folded(shown)
    .split('/')
    .map((segment) => Array.from(segment));
}

/** Names that look the same are the same: a composed letter and a letter with its accent, and case where the system says so. */
function folded(text: string): string {
  const composed = text.normalize('NFC');
  return process.platform === 'win32' || process.platform === 'darwin' ? composed.toLowerCase() : composed;
}

/** Splits where a character stands outside braces and brackets and is not escaped. */
function splitAtTop(text: string, separator: string): string[] {
  const parts = [''];
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const class_ = text[at] === '[' ? classEnd(text, at) : -1;
    const taken = text[at] === '\\' ? text.slice(at, at + 2) : class_ === -1 ? text.charAt(at) : text.slice(at, class_);
    if (taken === '{') depth += 1;
    if (taken === '}') depth -= 1;
    if (taken === separator && depth <= 0) parts.push('');
    else parts.push((parts.pop() ?? '') + taken);
    at += taken.length - 1;
  }
  return parts;
}

/** Behind the bracket that ends the class beginning at `at`; -1 where it does not end within its segment. */
function classEnd(text: string, at: number): number {
  const end = /^\[[!^]?\]?(\\.|[^\]/\\])*\]/.exec(text.slice(at));
  return end === null ? -1 : at + end[0].length;
}

/** `a.{ts,tsx}` is two, `{1..3}` three; braces in braces as well. Braces that do not end stand for themselves. */
function alternativesOf(glob: string): string[] {
  const open: { readonly before: string[]; readonly done: string[] }[] = [];
  let current = [''];
  for (const [piece] of glob.matchAll(/\\.|\[[!^]?\]?(?:\\.|[^\]/\\])*\]|\{-?\d{1,6}\.\.-?\d{1,6}\}|./gsu)) {
    const range = /^\{(-?\d+)\.\.(-?\d+)\}$/.exec(piece);
    if (range !== null) current = combined(current, numbersBetween(Number(range[1]), Number(range[2])));
    else if (piece === '{') {
      open.push({ before: current, done: [] });
      current = [''];
    } else if (piece === ',' && open.length > 0) {
      open.at(-1)?.done.push(...current);
      current = [''];
    } else if (piece === '}' && open.length > 0) {
      const { before = [], done = [] } = open.pop() ?? {};
      // `{a}` is no choice: such names exist.
      current = combined(before, done.length === 0 ? current.map((only) => `\\{${only}\\}`) : [...done, ...current]);
    } else current = current.map((text) => text + piece);
  }
  return open.length === 0 ? current : [glob.replace(/[{}]/g, '\\$&')];
}

function combined(heads: readonly string[], tails: readonly string[]): string[] {
  if (heads.length * tails.length > MAX_ALTERNATIVES) {
    throw new ToolFault(`The braces of the glob stand for more than ${MAX_ALTERNATIVES} alternatives; use fewer.`);
  }
  return heads.flatMap((head) => tails.map((tail) => head + tail));
}

function numbersBetween(from: number, to: number): string[] {
  const count = Math.min(Math.abs(to - from) + 1, MAX_ALTERNATIVES + 1);
  return Array.from({ length: count }, (_, index) => String(from + (to < from ? -index : index)));
}

function tokensOf(segment: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < segment.length;) {
    const end = segment[at] === '[' ? classEnd(segment, at) : -1;
    const escaped = segment[at] === '\\' && at + 1 < segment.length ? 1 : 0;
    const character = String.fromCodePoint(segment.codePointAt(at + escaped) ?? 0);
    if (end !== -1) tokens.push(classOf(segment.slice(at + 1, end - 1)));
    else if (character === '*' && escaped === 0) tokens.push(ANY);
    else if (character === '?' && escaped === 0) tokens.push(() => true);
    else tokens.push(character);
    at = end === -1 ? at + escaped + character.length : end;
  }
  return tokens;
}

/** `a-z`, `!a`, `^a`, as between brackets. */
function classOf(inside: string): (character: string) => boolean {
  const negated = /^[!^]/.test(inside);
  const members = [...inside.slice(negated ? 1 : 0).matchAll(/(\\.|.)-(\\.|.)|(\\.|.)/gsu)].map((found) => {
    const [first = '', last = ''] = found[3] === undefined ? [found[1], found[2]] : [found[3], found[3]];
    return { first: first.replace(/^\\(.)/su, '$1'), last: last.replace(/^\\(.)/su, '$1') };
  });
  return (character) => members.some(({ first, last }) => first <= character && character <= last) !== negated;
}

function matchesSegment(segment: Segment, name: readonly string[]): boolean {
  return matchesAll(segment, name, (token, character) =>
    typeof token === 'string' ? token === character : token(character),
  );
}

/**
 * Whether a row of things follows a pattern of tests and ANYs. Only the last ANY is ever widened: where a later one was
 * reached, what stands before it has matched for good. So time is the product of both lengths at most.
 */
function matchesAll<Test extends object | string, Thing>(
  pattern: readonly (Test | typeof ANY)[],
  row: readonly Thing[],
  matches: (test: Test, thing: Thing) => boolean,
): boolean {
  let [at, in_] = [0, 0];
  let widened: { readonly at: number; readonly in_: number } | undefined;
  while (in_ < row.length) {
    const test = pattern[at];
    const thing = row[in_] as Thing;
    if (test === ANY) {
      widened = { at, in_ };
      at += 1;
    } else if (test !== undefined && matches(test, thing)) {
      at += 1;
      in_ += 1;
    } else if (widened !== undefined) {
      widened = { at: widened.at, in_: widened.in_ + 1 };
      at = widened.at + 1;
      in_ = widened.in_;
    } else return false;
  }
  return pattern.slice(at).every((test) => test === ANY);
}
