/** No summary is cut shorter than this, whatever the budget (SPEC 5.3). */
const FLOOR = 2000;

const CHARS_PER_TOKEN = 4;

/** Characters that all results together may have where nobody knows what the reader's context has left. */
const TOTAL = 96_000;

/** Characters that results may have in a context with so many tokens left: half of it (SPEC 5.3). */
export function charsFor(freeTokens: number | undefined): number {
  return freeTokens === undefined ? TOTAL : (freeTokens / 2) * CHARS_PER_TOKEN;
}

/**
 * How many characters of each text may be shown: at most `each`, and all together at most `total`, a short text
 * leaving its share to the longer ones. A text is never allotted less than 2000 characters.
 */
export function allot(lengths: readonly number[], each: number, total: number): number[] {
  const ascending = lengths.map((length, index) => ({ length, index })).sort((a, b) => a.length - b.length);
  const allotted = lengths.map(() => 0);
  let left = total;
  ascending.forEach(({ length, index }, done) => {
    const share = Math.max(FLOOR, Math.floor(left / (ascending.length - done)));
    const chars = Math.min(length, Math.max(FLOOR, each), share);
    allotted[index] = chars;
    left = Math.max(0, left - chars);
  });
  return allotted;
}

/** The text, or its head and tail with the count of the characters between them and where the whole of it is. */
export function cut(text: string, chars: number, whole: string): string {
  if (text.length <= chars) return text;
  const head = Math.ceil(chars / 2);
  const tail = text.length - Math.floor(chars / 2);
  const headEnd = splitsPair(text, head) ? head - 1 : head;
  const tailStart = splitsPair(text, tail) ? tail + 1 : tail;
  const missing = tailStart - headEnd;
  return `${text.slice(0, headEnd)}\n[… ${missing} of ${text.length} characters left out; the full text: ${whole} …]\n${text.slice(tailStart)}`;
}

/** Whether a cut at this place would part the two halves of one character. */
function splitsPair(text: string, at: number): boolean {
  const code = text.charCodeAt(at - 1);
  return code >= 0xd800 && code <= 0xdbff && at < text.length;
}
