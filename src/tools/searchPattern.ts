import { ToolFault } from '../agent/tool';
import { escapeRegExp } from './escapeRegExp';
import type { SearchQuery } from './workspace';

/** In characters; of what a program says of a pattern. */
const MAX_REASON = 200;

/** Whether a pattern speaks of line ends; all others are looked for line by line. */
export function spansLines({ pattern, isRegex }: SearchQuery): boolean {
  return isRegex ? /[\r\n]|\\n|\\r|\(\?[a-z]*s/i.test(pattern) : /[\r\n]/.test(pattern);
}

/** The pattern as a regular expression that finds a line end of either kind wherever a `\n` is wanted. */
export function sourceOf({ pattern, isRegex }: SearchQuery): string {
  if (!isRegex) return escapeRegExp(pattern.replaceAll('\r\n', '\n')).replaceAll('\n', '(?:\\r?\\n)');
  // What is left as it is comes first: line ends written out in full, other escapes, classes.
  return pattern.replace(/\\r\??\\n|\\[^n]|\[(?:\\.|[^\]\\])*\]|\\n|\r?\n/gs, (piece) =>
    piece === '\\n' || piece.endsWith('\n') ? '(?:\\r?\\n)' : piece,
  );
}

/** What makes a pattern unusable, without the pattern itself: it can be long. */
export function patternFault(reason: string): ToolFault {
  const short = reason.length > MAX_REASON ? `… ${reason.slice(-MAX_REASON)}` : reason;
  return new ToolFault(`The pattern is not a valid regular expression: ${short.toWellFormed()}`);
}
