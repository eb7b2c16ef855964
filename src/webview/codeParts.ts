import { highlight } from './highlight';

/** A block that is whole, and no longer than this many characters, is coloured whole: that takes less than a frame. */
const COLOURED_WHOLE = 10_000;
/** Of any other the first lines are, up to this many characters: it comes by with each frame while it grows. */
const COLOURED_HEAD = 4000;
/** Lines that are drawn as one, in characters. */
const PART = 2000;

/**
 * The HTML of a code block in parts of whole lines. While the block grows only its last part changes, or its coloured
 * head, and no more than that is coloured at once, for colouring takes longer than all else.
 */
export function codeParts(
  code: string,
  language: string,
  isWhole: boolean,
  escape: (text: string) => string,
): string[] {
  const end = isWhole && code.length <= COLOURED_WHOLE ? code.length : endOfLine(code, 0, COLOURED_HEAD);
  const head = highlight(code.slice(0, end), language);
  const parts = head === undefined ? [] : [head];
  for (let at = head === undefined ? 0 : end; at < code.length;) {
    const next = endOfLine(code, at, PART);
    parts.push(escape(code.slice(at, next)));
    at = next;
  }
  return parts;
}

/** The end of the last line that ends within so many characters; or that many characters, where a line is longer. */
function endOfLine(code: string, start: number, length: number): number {
  if (code.length - start <= length) return code.length;
  const last = code.lastIndexOf('\n', start + length - 1);
  if (last >= start) return last + 1;
  return endOfCharacter(code, start + length);
}

function endOfCharacter(code: string, at: number): number {
  return /[\udc00-\udfff]/.test(code.charAt(at)) ? at + 1 : at;
}
