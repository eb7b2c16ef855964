/** Cuts a message of the user into plain text and its `@file` mentions, in order and with nothing but the `@` lost. */
export function splitMentions(text: string): { readonly text: string; readonly path?: string }[] {
  const pieces: { text: string; path?: string }[] = [];
  let end = 0;
  for (const match of text.matchAll(/(?<=^|[\s(])@([\w@./-]*[\w/-])/g)) {
    const path = match[1];
    if (path === undefined || !/[./]/.test(path)) continue;
    if (match.index > end) pieces.push({ text: text.slice(end, match.index) });
    pieces.push({ text: match[0], path });
    end = match.index + match[0].length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end) });
  return pieces;
}
