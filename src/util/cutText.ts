/**
 * Texts cut to size, in UTF-16 units. A character that takes two of them is kept whole or left out: half of one is not
 * text, and providers refuse the whole request that holds it.
 */

/** The beginning of a text: at most `max` units of it. */
export function headOf(text: string, max: number): string {
  return text.length <= max ? text : text.slice(0, Math.max(0, max)).replace(HALF_AT_END, '');
}

/** The end of a text: at most `max` units of it. */
export function tailOf(text: string, max: number): string {
  return text.length <= max ? text : text.slice(text.length - Math.max(0, Math.floor(max))).replace(HALF_AT_START, '');
}

/** The head and the tail of a text, at most `max` units of it together, with a word on what is missing between them. */
export function cutMiddle(text: string, max: number, note: (missing: number) => string): string {
  if (text.length <= max) return text;
  const head = headOf(text, Math.ceil(max / 2));
  const tail = tailOf(text, Math.floor(max / 2));
  return `${head}\n${note(text.length - head.length - tail.length)}\n${tail}`;
}

const HALF_AT_END = /[\ud800-\udbff]$/;
const HALF_AT_START = /^[\udc00-\udfff]/;
