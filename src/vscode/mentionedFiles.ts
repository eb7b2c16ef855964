import type { Clock } from '../util/clock';

/** Suggestions for one mention. */
const SUGGESTED = 20;
/** For so long the list of files holds: it is asked for with every key that is pressed after an `@`. */
const KEPT_MS = 15_000;

interface Candidate {
  readonly path: string;
  readonly lower: string;
}

/** Files that a mention may mean. The workspace is looked through once for all keys of a mention. */
export class MentionedFiles {
  readonly #list: () => Promise<readonly string[]>;
  readonly #clock: Clock;
  #kept: { readonly until: number; readonly files: Promise<readonly Candidate[]> } | undefined;

  constructor(list: () => Promise<readonly string[]>, clock: Clock) {
    this.#list = list;
    this.#clock = clock;
  }

  /** Paths that hold the query, those whose name begins with it first, then the shorter ones. */
  async find(query: string): Promise<string[]> {
    const wanted = query.toLowerCase();
    const best: { readonly path: string; readonly rank: number }[] = [];
    for (const { path, lower } of await this.#files()) {
      if (!lower.includes(wanted)) continue;
      const rank = lower.startsWith(wanted, lower.lastIndexOf('/') + 1) ? 0 : 1;
      const isBefore = (other: { readonly path: string; readonly rank: number }) =>
        rank - other.rank || path.length - other.path.length || (path < other.path ? -1 : 1);
      // Only the best are kept in order: nearly all files match the first key.
      const at = best.findLastIndex((other) => isBefore(other) > 0) + 1;
      if (at >= SUGGESTED) continue;
      best.splice(at, 0, { path, rank });
      if (best.length > SUGGESTED) best.pop();
    }
    return best.map(({ path }) => path);
  }

  #files(): Promise<readonly Candidate[]> {
    const now = this.#clock.now();
    if (this.#kept === undefined || this.#kept.until < now) {
      const files = this.#list().then((paths) => paths.map((path) => ({ path, lower: path.toLowerCase() })));
      const kept = { until: now + KEPT_MS, files };
      this.#kept = kept;
      files.catch(() => {
        if (this.#kept === kept) this.#kept = undefined;
      });
    }
    return this.#kept.files;
  }
}
