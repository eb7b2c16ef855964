import type { ToolTraceEntry } from '../agent/messages';
import type { Child } from '../delegation/delegation';
import { childCodec } from './codecs/delegationCodec';
import type { Database, Row } from './database';
import type { Reading } from './rows';
import { readText } from './rows';

/** The lists of a child's progress, which only ever grow. */
const LISTS = ['toolTrace', 'filesWritten'] as const;
type List = (typeof LISTS)[number];
type Item = ToolTraceEntry | string;

/**
 * The rows of children. A child that runs is written at every step: what costs the same at its 10th step and at its
 * 2,000th is its progress without the lists, and the items that are new in those. The rest (its task, which may hold a
 * long context, its state, its changes) is written when that changes.
 */
export class ChildRows {
  readonly #db: Database;
  /** The children that were written, as they were then, by delegation and id. */
  readonly #written = new Map<string, Map<string, Child>>();

  constructor(db: Database) {
    this.#db = db;
  }

  write(delegationId: string, child: Child): void {
    const siblings = this.#written.get(delegationId) ?? new Map<string, Child>();
    const before = siblings.get(child.id);
    if (before === child) return;
    if (before === undefined || !isSameButForProgress(before, child)) this.#writeBody(delegationId, child);
    if (before?.progress !== child.progress) this.#writeProgress(child, before);
    this.#written.set(delegationId, siblings.set(child.id, child));
  }

  /** The children of these delegations, by delegation, in input order. */
  read(delegationIds: readonly string[], reading: Reading): Map<string, Child[]> {
    // Another window may have written them since this one did.
    for (const id of delegationIds) this.forget(id);
    const wanted = JSON.stringify(delegationIds);
    const lists = this.#readLists(wanted, reading);
    const rows = this.#db.all(
      `SELECT id, delegation_id, task_index, children.body AS body, child_progress.body AS progress
       FROM children LEFT JOIN child_progress ON child_id = id
       WHERE delegation_id IN (SELECT value FROM json_each(?)) ORDER BY delegation_id, task_index`,
      wanted,
    );
    const children = new Map<string, Child[]>();
    for (const row of rows) {
      const progress =
        row['progress'] === null ? {} : { progress: progressIn(row, lists.get(readText(row, 'id')), reading) };
      const child = reading.body(childCodec, row, { id: row['id'], taskIndex: row['task_index'], ...progress });
      if (child === undefined) continue;
      const siblings = children.get(readText(row, 'delegation_id'));
      if (siblings === undefined) children.set(readText(row, 'delegation_id'), [child]);
      else siblings.push(child);
    }
    return children;
  }

  forget(delegationId: string): void {
    this.#written.delete(delegationId);
  }

  /** What is taken for written may not be. */
  forgetAll(): void {
    this.#written.clear();
  }

  #writeBody(delegationId: string, child: Child): void {
    const { progress: _progress, ...body } = child;
    this.#db.put(
      `child ${child.id}`,
      `INSERT INTO children (id, delegation_id, task_index, body) VALUES (?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET body = excluded.body`,
      child.id,
      delegationId,
      child.taskIndex,
      childCodec.write(body),
    );
  }

  #writeProgress({ id, progress }: Child, before: Child | undefined): void {
    const { toolTrace: _toolTrace, filesWritten: _filesWritten, ...rest } = progress;
    this.#db.put(
      `progress ${id}`,
      `INSERT INTO child_progress (child_id, body) SELECT id, ? FROM children WHERE id = ?
       ON CONFLICT (child_id) DO UPDATE SET body = excluded.body`,
      JSON.stringify(rest),
      id,
    );
    for (const list of LISTS) this.#writeList(id, list, progress[list], before?.progress[list]);
  }

  #writeList(childId: string, list: List, items: readonly Item[], before: readonly Item[] | undefined): void {
    if (items === before || (before === undefined && items.length === 0)) return;
    const isLonger =
      before !== undefined && items.length >= before.length && items[before.length - 1] === before.at(-1);
    // What an older Fanout, or another window, wrote of it is not known here.
    if (!isLonger) this.#db.run('DELETE FROM child_lists WHERE child_id = ? AND list = ?', childId, list);
    const added = isLonger ? items.slice(before.length) : items;
    if (added.length === 0) return;
    this.#db.run(
      `INSERT INTO child_lists (child_id, list, seq, body)
       SELECT children.id, ?, (SELECT coalesce(max(seq) + 1, 0) FROM child_lists WHERE child_id = ? AND list = ?) + key,
         value FROM children, json_each(?) WHERE children.id = ?`,
      list,
      childId,
      list,
      JSON.stringify(added.map((item) => JSON.stringify(item))),
      childId,
    );
  }

  /** Tens of thousands of items at activation: SQLite puts each list together, which costs a fraction of a row each. */
  #readLists(wanted: string, reading: Reading): Map<string, Partial<Record<string, unknown[]>>> {
    const rows = this.#db.all(
      `SELECT child_id, list, '[' || group_concat(child_lists.body, ',' ORDER BY seq) || ']' AS items
       FROM children JOIN child_lists ON child_id = id
       WHERE delegation_id IN (SELECT value FROM json_each(?)) GROUP BY child_id, list`,
      wanted,
    );
    const lists = new Map<string, Partial<Record<string, unknown[]>>>();
    for (const row of rows) {
      const childId = readText(row, 'child_id');
      const items = reading.json(readText(row, 'items'));
      // One item that is damaged spoils the text of all.
      const list = Array.isArray(items) ? items : this.#readSingly(childId, readText(row, 'list'));
      lists.set(childId, { ...lists.get(childId), [readText(row, 'list')]: list });
    }
    return lists;
  }

  #readSingly(childId: string, list: string): unknown[] {
    return this.#db
      .all(
        `SELECT CASE WHEN json_valid(body) THEN body ELSE 'null' END AS body FROM child_lists
         WHERE child_id = ? AND list = ? ORDER BY seq`,
        childId,
        list,
      )
      .map((row): unknown => JSON.parse(readText(row, 'body')));
  }
}

function progressIn(row: Row, lists: Partial<Record<string, unknown[]>> | undefined, reading: Reading): object {
  const stored = reading.json(readText(row, 'progress'));
  const own = Object.fromEntries(LISTS.map((list) => [list, lists?.[list] ?? []]));
  return typeof stored === 'object' && stored !== null && !Array.isArray(stored) ? { ...stored, ...own } : own;
}

function isSameButForProgress({ progress: _before, ...before }: Child, { progress: _after, ...after }: Child): boolean {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].every((key) => Reflect.get(before, key) === Reflect.get(after, key));
}
