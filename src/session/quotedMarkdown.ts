/**
 * Text as a quotation that it cannot leave: with its own Markdown, but without tags, and without pictures that are
 * fetched from elsewhere when it is shown. Where it is unclear what is code, it counts as none.
 */
export function quoted(text: string): string {
  let fence: string | undefined;
  let isLoose = false;
  const lines = text.split(/\r\n|[\n\r\u2028\u2029]/).map((line) => {
    const edge = FENCE.exec(line);
    if (fence !== undefined) {
      if (edge?.[2] === '' && edge[1]?.startsWith(fence)) fence = undefined;
      return `> ${line}`;
    }
    fence = edge?.[1];
    if (fence !== undefined) return `> ${line}`;
    if (line.trim() === '') isLoose = false;
    const { tamed, hasTick } = isLoose ? { tamed: escapeTags(line), hasTick: true } : tame(line);
    isLoose = hasTick;
    return `> ${tamed}`;
  });
  return lines.join('\n');
}

/** The fence, and what stands after it on its line. https://spec.commonmark.org/0.31.2/#fenced-code-blocks */
const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})\s*(.*?)\s*$/;
const CODE_SPAN = /(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)/g;

/** The line, its code spans as they are; `hasTick` where one may begin here that ends on a later line. */
function tame(line: string): { readonly tamed: string; readonly hasTick: boolean } {
  // An escaped tick begins no span; such a line is rare enough to take none of it for code.
  if (line.includes('\\`')) return { tamed: escapeTags(line), hasTick: true };
  let tamed = '';
  let end = 0;
  let between = '';
  for (const span of line.matchAll(CODE_SPAN)) {
    between += line.slice(end, span.index);
    tamed += escapeTags(line.slice(end, span.index)) + span[0];
    end = span.index + span[0].length;
  }
  const rest = line.slice(end);
  return { tamed: tamed + escapeTags(rest), hasTick: (between + rest).includes('`') };
}

function escapeTags(text: string): string {
  return text.replace(/<(?=[a-z/!?])/gi, '&lt;').replaceAll('![', '!\\[');
}
