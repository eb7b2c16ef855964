import { compareText } from './folders';
import type { SearchMatch, SearchResult } from './workspace';
import { headOf } from '../util/cutText';

/** A matching line as a search engine reports it. */
export interface FoundLine {
  /** Absolute. */
  readonly path: string;
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
}

/** A search with more matching lines than this is stopped: nobody reads them, and they fill the memory. */
const MAX_FOUND = 20_000;

/** In characters, for one line. */
const MAX_LINE = 400;

/** Takes up what a search engine finds; `isFull` says when it may stop. */
export class FoundLines {
  readonly #nameOf: (path: string) => string | undefined;
  readonly #matches: SearchMatch[] = [];

  /** `nameOf` gives a file's name for people and models, or undefined where the file is not wanted. */
  constructor(nameOf: (path: string) => string | undefined) {
    this.#nameOf = nameOf;
  }

  get isFull(): boolean {
    return this.#matches.length >= MAX_FOUND;
  }

  add(found: FoundLine): void {
    const shown = this.#nameOf(found.path);
    if (this.isFull || shown === undefined) return;
    this.#matches.push({ shown, line: found.line, text: shorten(found.text.replace(/\r?\n$/, '')) });
  }

  /** In order of path and line, whatever order they were found in. */
  result(): SearchResult {
    const matches = this.#matches.toSorted((a, b) => compareText(a.shown, b.shown) || a.line - b.line);
    return { matches, stopped: this.isFull };
  }
}

function shorten(line: string): string {
  const head = headOf(line, MAX_LINE);
  return head === line ? line : `${head} [… ${line.length - head.length} characters more]`;
}
