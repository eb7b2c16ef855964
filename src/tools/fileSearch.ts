import { stat } from 'node:fs/promises';
import { fileBelow, relativeInside } from './confinement';
import { compareText, walkFolder } from './folders';
import { globMatcher } from './globs';
import { IgnoreRules } from './ignoreRules';
import { searchPlainly } from './plainSearch';
import { filesByRipgrep, findRipgrep, searchWithRipgrep } from './ripgrep';
import { FoundLines, SEARCH_TIMEOUT_MS, UnreadPlaces } from './searching';
import type { FoundFiles, SearchQuery, SearchResult, WorkspaceFile } from './workspace';

/** Looks through files with ripgrep where there is one, else by itself: with the same answers, only slower. */
export class FileSearch {
  readonly #candidates: readonly string[];
  readonly #timeoutMs: number;
  #ripgrep: Promise<string | undefined> | undefined;

  /** `candidates` are places where ripgrep may be, best first; PATH comes after them. */
  constructor(candidates: readonly string[], timeoutMs = SEARCH_TIMEOUT_MS) {
    this.#candidates = candidates;
    this.#timeoutMs = timeoutMs;
  }

  async search(query: SearchQuery, within: readonly WorkspaceFile[], signal: AbortSignal): Promise<SearchResult> {
    const nameOf = namer(within, query.glob);
    const found = new FoundLines(nameOf, placeIn(within));
    const starts = await usable(within, found.unreadable);
    const limit = AbortSignal.timeout(this.#timeoutMs);
    const ripgrep = starts.length === 0 ? undefined : await this.#ripgrepFor(starts);
    if (ripgrep !== undefined) {
      const paths = starts.map(({ real }) => real);
      const end = await searchWithRipgrep(ripgrep, query, paths, found, limit, signal);
      if (end !== 'unusable') return found.result(end === 'stopped');
      this.#ripgrep = Promise.resolve(undefined);
    }
    const files = filesIn(starts, found.unreadable, AbortSignal.any([limit, signal]));
    return found.result(!(await searchPlainly(query, files, found, limit, signal)));
  }

  async files(within: readonly WorkspaceFile[], glob: string | undefined, signal: AbortSignal): Promise<FoundFiles> {
    const nameOf = namer(within, glob);
    const unread = new UnreadPlaces(placeIn(within));
    const unreadable = (path: string, error: unknown) => unread.add(path, error);
    const limit = AbortSignal.timeout(this.#timeoutMs);
    const files: string[] = [];
    const add = (path: string) => {
      const shown = nameOf(path);
      if (shown !== undefined) files.push(shown);
    };
    const result = (inTime: boolean): FoundFiles => ({
      files: files.sort(compareText),
      stopped: inTime ? undefined : 'time',
      unread: unread.list(),
    });
    const ripgrep = await this.#ripgrepFor(within);
    if (ripgrep !== undefined) {
      const paths = within.map(({ real }) => real);
      const end = await filesByRipgrep(ripgrep, paths, add, unreadable, limit, signal);
      if (end !== 'unusable') return result(end === 'done');
      this.#ripgrep = Promise.resolve(undefined);
      files.length = 0;
    }
    try {
      for await (const path of filesIn(within, unreadable, AbortSignal.any([limit, signal]))) add(path);
      return result(true);
    } catch (error) {
      signal.throwIfAborted();
      if (limit.aborted) return result(false);
      throw error;
    }
  }

  /** None where rules to ignore come from a pipe or a device: ripgrep would read it without end. */
  async #ripgrepFor(starts: readonly WorkspaceFile[]): Promise<string | undefined> {
    this.#ripgrep ??= findRipgrep(this.#candidates, process.env['PATH'] ?? '');
    const strange = await Promise.all(starts.map(({ real, top }) => IgnoreRules.areStrange(real, top)));
    return strange.includes(true) ? undefined : this.#ripgrep;
  }
}

/** The starting points but those that are neither folder nor plain file. */
async function usable(
  within: readonly WorkspaceFile[],
  unreadable: (path: string, error: unknown) => void,
): Promise<WorkspaceFile[]> {
  const kinds = await Promise.all(within.map(kindOf));
  for (const [index, file] of within.entries()) {
    if (kinds[index] === 'other') unreadable(file.real, 'not a regular file');
  }
  return within.filter((_, index) => kinds[index] !== 'other');
}

async function kindOf(file: WorkspaceFile): Promise<'folder' | 'file' | 'other'> {
  const facts = await stat(file.real);
  return facts.isDirectory() ? 'folder' : facts.isFile() ? 'file' : 'other';
}

async function* filesIn(
  within: readonly WorkspaceFile[],
  unreadable: (path: string, error: unknown) => void,
  signal: AbortSignal,
): AsyncGenerator<string> {
  for (const file of within) {
    if ((await kindOf(file)) === 'folder') yield* walkFolder(file.real, file.top, unreadable, signal);
    else yield file.real;
  }
}

/** Names the files below some starting points; undefined for a file that the glob does not match. */
function namer(within: readonly WorkspaceFile[], glob: string | undefined): (path: string) => string | undefined {
  const matches = glob === undefined ? () => true : globMatcher(glob);
  return (path) => {
    const start = within.find((file) => relativeInside(file.real, path) !== undefined);
    if (start === undefined) return undefined;
    const { shown } = fileBelow(start, path);
    return matches(shown, start.shown) ? shown : undefined;
  };
}

function placeIn(within: readonly WorkspaceFile[]): (path: string) => string {
  const nameOf = namer(within, undefined);
  return (path) => nameOf(path) ?? path;
}
