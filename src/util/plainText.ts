import { headOf } from './cutText';

/** On one line, at most `max` characters, with an ellipsis where it was cut. */
export function oneLine(text: string, max = 200): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= max ? line : `${headOf(line, max - 1).trimEnd()}…`;
}

/** Characters that nobody sees, or that turn the direction of the text: they show a text as another one. */
const DISGUISES = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Text of an agent's as it is, for a notification in which people decide: nothing in it is invisible, breaks the line or
 * becomes a link, which VS Code makes of `[label](target)` and shows as the label alone.
 */
export function visibleText(text: string): string {
  return text.replace(/\r?\n/g, ' ⏎ ').replace(DISGUISES, escaped).replaceAll('](', '] (');
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** Text of an agent's as Markdown that shows it as it is: no links, no pictures fetched from elsewhere, no headings. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!|~<>&$:]/g, '\\$&').replace(/\r?\n/g, '  \n');
}

/** Lines between fences that the text itself cannot close. */
export function fenced(text: string, language = ''): string {
  const fence = '`'.repeat(Math.max(2, longestRun(text, '`')) + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

/** Inline code that the text cannot leave. */
export function inlineCode(text: string): string {
  const line = oneLine(text, 300);
  const ticks = '`'.repeat(longestRun(line, '`') + 1);
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return line === '' ? '' : `${ticks}${pad}${line}${pad}${ticks}`;
}

/** Length of the longest run of a character in a text of any length. */
export function longestRun(text: string, character: string): number {
  let longest = 0;
  let run = 0;
  for (const one of text) {
    run = one === character ? run + 1 : 0;
    if (run > longest) longest = run;
  }
  return longest;
}

/**
 * Text from elsewhere within a line of ours: on one line, between quotes that it cannot close, nothing in it invisible. A
 * reader takes none of it for our own words.
 */
export function quoted(text: string, max = 300): string {
  return JSON.stringify(oneLine(text, max)).replace(DISGUISES, escaped);
}

const NAME = /^[\p{L}\p{N}._@/+~-]+$/u;

/** The name of a file in a line of ours, quoted as git does it: only where it holds what could be read as something else. */
export function quotedName(path: string): string {
  return NAME.test(path) && path.length <= 300 ? path : quoted(path);
}
