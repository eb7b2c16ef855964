import { compareText } from './folders';
import type { Reach, SearchMatch, SearchResult } from './workspace';
import { headOf } from '../util/cutText';

/** A matching line as a search engine reports it. */
export interface FoundLine {
  /** Absolute. */
  readonly path: string;
  /** Counted from 1; of several lines the first. */
  readonly line: number;
  /** The whole line, or all lines that a match spans. */
  readonly text: string;
  /** Where in the text the match begins. */
  readonly at: number;
}

/** A search that takes longer is ended: whoever waits for it has better things to do. */
export const SEARCH_TIMEOUT_MS = 60_000;

/** A search with more matching lines than this is stopped: nobody reads them, and they fill the memory. */
const MAX_FOUND = 20_000;

/** In characters, for one match. */
const MAX_LINE = 400;
/** What is shown before a match far inside a long line, in characters. */
const LEAD = 100;
/** Of what could not be looked at. */
const MAX_UNREAD = 20;

/** Takes up what a search engine finds, and what it could not look at; `isFull` says when it may stop. */
export class FoundLines {
  readonly #nameOf: (path: string) => string | undefined;
  readonly #matches: SearchMatch[] = [];
  readonly #unread: UnreadPlaces;

  /**
   * `nameOf` gives a file's name for people and models, or undefined where the file is not wanted; `placeOf` does for
   * whatever lies below the starting points.
   */
  constructor(nameOf: (path: string) => string | undefined, placeOf: (path: string) => string) {
    this.#nameOf = nameOf;
    this.#unread = new UnreadPlaces(placeOf);
  }

  get isFull(): boolean {
    return this.#matches.length >= MAX_FOUND;
  }

  wants(path: string): boolean {
    return this.#nameOf(path) !== undefined;
  }

  add(found: FoundLine): void {
    const shown = this.#nameOf(found.path);
    if (this.isFull || shown === undefined) return;
    this.#matches.push({ shown, line: found.line, text: piece(found.text.replace(/\r?\n$/, ''), found.at) });
  }

  readonly unreadable = (path: string, error: unknown): void => this.#unread.add(path, error);

  /** In order of path and line, whatever order they were found in. */
  result(tookTooLong: boolean): SearchResult {
    const matches = this.#matches.toSorted((a, b) => compareText(a.shown, b.shown) || a.line - b.line);
    return { matches, stopped: this.isFull ? 'full' : tookTooLong ? 'time' : undefined, unread: this.#unread.list() };
  }
}

/** What a search could not look at, each place once. */
export class UnreadPlaces {
  readonly #placeOf: (path: string) => string;
  readonly #reasons = new Map<string, string>();

  constructor(placeOf: (path: string) => string) {
    this.#placeOf = placeOf;
  }

  /** `error` is what was thrown, or a reason in words. What is gone by now was not there to be found. */
  add(path: string, error: unknown): void {
    const { code, message } =
      error instanceof Error ? (error as NodeJS.ErrnoException) : { code: undefined, message: String(error) };
    if (code === 'ENOENT' || this.#reasons.size >= MAX_UNREAD) return;
    this.#reasons.set(path, code ?? message);
  }

  list(): string[] {
    return [...this.#reasons].map(([path, reason]) => `${this.#placeOf(path)} (${reason})`);
  }
}

/** Sentences for what a search or a listing did not look at. None where it looked everywhere. */
export function reachNotes({ stopped, unread }: Reach): string[] {
  const notes =
    unread.length === 0 ? [] : [`[Not looked at: ${unread.slice(0, 5).join(', ')}${unread.length > 5 ? ', …' : ''}]`];
  if (stopped === 'time') {
    notes.push(`[It took longer than ${SEARCH_TIMEOUT_MS / 1000} s and was stopped: there may be more. Narrow it.]`);
  }
  return notes;
}

/** A long text around the place where the match is. */
function piece(text: string, at: number): string {
  if (text.length <= MAX_LINE) return text;
  const start =
    at < MAX_LINE - LEAD ? 0 : headOf(text, Math.max(0, Math.min(at - LEAD, text.length - MAX_LINE))).length;
  const shown = headOf(text.slice(start), MAX_LINE);
  const before = start === 0 ? '' : `[${start} characters …] `;
  const rest = text.length - start - shown.length;
  return `${before}${shown}${rest === 0 ? '' : ` [… ${rest} characters more]`}`;
}
