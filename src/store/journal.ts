import type { SQLInputValue } from 'node:sqlite';

/** One statement that waits to be made. */
export interface Write {
  readonly sql: string;
  values: readonly SQLInputValue[];
  /** What the statement writes as a whole: a later one of the same takes its place. */
  readonly subject?: string;
}

/** Writes that are made together or not at all. */
export type Group = readonly Write[];

/** Groups that go into one SQLite transaction. */
export interface Batch {
  readonly groups: readonly Group[];
  /** The number of its last write. */
  readonly last: number;
}

/** Writes in one transaction: some milliseconds of the extension host's thread. */
const BATCH = 500;
/** A deletion takes along all that hangs on the row, down to the search: it counts as so many writes. */
const DELETION = 125;

/** Characters that wait at most, while the disk stays full for hours. */
const LIMIT = 64 * 1024 * 1024;

/** Writes that wait to be made, in the order in which they were given. */
export class Journal {
  readonly #batches: OpenBatch[] = [];
  readonly #limit: number;
  #isMerged = false;

  constructor(limit = LIMIT) {
    this.#limit = limit;
  }

  get isEmpty(): boolean {
    return this.#batches.length === 0;
  }

  /**
   * `last` is the number of the group's last write. Returns false where too much waits already, also once all that is
   * superseded was left away: then the group is not taken.
   */
  add(group: Group, last: number): boolean {
    if (group.length === 0) return true;
    if (this.#size > this.#limit && !this.#isMerged) this.#merge();
    if (this.#size > this.#limit) return false;
    let batch = this.#batches.at(-1);
    if (batch === undefined || batch.weight >= BATCH) this.#batches.push((batch = new OpenBatch()));
    batch.add(group, last);
    return true;
  }

  get #size(): number {
    return this.#batches.reduce((sum, { size }) => sum + size, 0);
  }

  /** All becomes one batch: only where all is made at once may a later state take the place of an earlier one. */
  #merge(): void {
    const merged = new OpenBatch();
    for (const { groups, last } of this.#batches) {
      for (const group of groups) merged.add(group, last);
    }
    this.#batches.splice(0, Infinity, merged);
    // What came to be too much again after that is mostly what nothing supersedes.
    this.#isMerged = this.#size > 0.9 * this.#limit;
  }

  /** The batch that is to be made next. */
  get first(): Batch | undefined {
    return this.#batches[0];
  }

  /** The first batch is made. */
  shift(): void {
    this.#batches.shift();
    this.#isMerged = false;
  }

  clear(): void {
    this.#batches.length = 0;
  }
}

class OpenBatch implements Batch {
  readonly groups: Group[] = [];
  /** Waiting writes that a later one of the same subject replaces: all of a batch is made at once, so nobody can tell. */
  readonly #replaceable = new Map<string, Write>();
  last = 0;
  weight = 0;
  /** Characters in it. */
  size = 0;

  add(group: Group, last: number): void {
    this.last = last;
    const added = group.filter((write) => !this.#replace(write));
    if (added.length === 0) return;
    this.groups.push(added);
    for (const write of added) {
      this.weight += isDeletion(write.sql) ? DELETION : 1;
      this.size += sizeOf(write);
    }
  }

  /** Returns whether the write took the place of one that waits. */
  #replace(write: Write): boolean {
    // What is deleted and then written again must come back after it was deleted.
    if (isDeletion(write.sql)) this.#replaceable.clear();
    if (write.subject === undefined) return false;
    const before = this.#replaceable.get(write.subject);
    if (before?.sql === write.sql) {
      this.size += sizeOf(write) - sizeOf(before);
      before.values = write.values;
    } else this.#replaceable.set(write.subject, write);
    return before?.sql === write.sql;
  }
}

function isDeletion(sql: string): boolean {
  return sql.startsWith('DELETE');
}

function sizeOf({ values }: Write): number {
  return values.reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 8), 0);
}
