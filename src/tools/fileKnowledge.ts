import type { FileLedger, KnownFile, LineRange } from '../agent/tool';

/** The lines of a text. A line end at the end of the text ends the last line; it does not begin another one. */
export function splitLines(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Notes that an agent has seen some lines of a file; what it has seen of the same text before still counts. */
export function noteLinesSeen(ledger: FileLedger, path: string, hash: string, seen: readonly LineRange[]): void {
  const known = ledger.get(path);
  ledger.set(path, { hash, seen: joined([...(known?.hash === hash ? known.seen : []), ...seen]) });
}

/** What an agent knows of a text all of which it has written or read. */
export function wholeKnown(hash: string, text: string): KnownFile {
  return { hash, seen: [{ first: 1, last: splitLines(text).length }] };
}

/** The first lines of a text that an agent has not seen; undefined where it has seen them all. */
export function firstUnseen({ seen }: KnownFile, text: string): LineRange | undefined {
  const total = splitLines(text).length;
  let next = 1;
  for (const { first, last } of seen) {
    if (first > next) return { first: next, last: first - 1 };
    next = last + 1;
  }
  return next > total ? undefined : { first: next, last: total };
}

/** What an agent has seen of a text once it made `after` of `before`, without looking at the result. */
export function seenAfter(seen: readonly LineRange[], before: string, after: string): readonly LineRange[] {
  const [old, now] = [splitLines(before), splitLines(after)];
  const shorter = Math.min(old.length, now.length);
  let head = 0;
  while (head < shorter && old[head] === now[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1;
  const moved = now.length - old.length;
  const middle = { first: head + 1, last: old.length - tail };
  // Between the first and the last change may be lines that it never saw: all of it counts, or nothing.
  const knowsMiddle = seen.some(({ first, last }) => first <= middle.first && last >= middle.last);
  return joined([
    ...seen.map(({ first, last }) => ({ first, last: Math.min(last, head) })),
    ...(knowsMiddle || middle.last < middle.first ? [{ first: middle.first, last: middle.last + moved }] : []),
    ...seen.map(({ first, last }) => ({ first: Math.max(first, middle.last + 1) + moved, last: last + moved })),
  ]);
}

/** In order, none empty, those that touch one another made one. */
function joined(ranges: readonly LineRange[]): LineRange[] {
  const result: { first: number; last: number }[] = [];
  for (const { first, last } of ranges.toSorted((a, b) => a.first - b.first)) {
    if (last < first) continue;
    const previous = result.at(-1);
    if (previous !== undefined && first <= previous.last + 1) previous.last = Math.max(previous.last, last);
    else result.push({ first, last });
  }
  return result;
}
