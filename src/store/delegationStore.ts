import type { CompletionStore } from '../delegation/completions';
import type { Child, Delegation } from '../delegation/delegation';
import type { DelegationJournal } from '../delegation/poolPorts';
import { isOver } from '../delegation/delegation';
import { KEPT } from '../delegation/retention';
import type { Clock } from '../util/clock';
import { ChildRows } from './childRows';
import type { DelegationBody } from './codecs/delegationCodec';
import { delegationCodec } from './codecs/delegationCodec';
import type { Database, Row } from './database';
import { Reading, readText } from './rows';
import { Unwritten } from './unwritten';

/** Delegations, their children and the completions that wait for delivery. */
export class DelegationStore implements DelegationJournal, CompletionStore {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #children: ChildRows;
  /** States that were written: each is an object of its own, which never changes. */
  #known = new WeakSet<Delegation>();
  /** Delegations that have their row, and whether that says that they are over. */
  readonly #recorded = new Map<string, boolean>();
  readonly #forgotten: Unwritten<true>;
  #drops = 0;

  constructor(db: Database, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
    this.#forgotten = new Unwritten(db);
    this.#children = new ChildRows(db);
  }

  /**
   * What is new, or over, is in the file when this returns (if that can be written now): others may hear of it. All
   * between is written at the end of the tick.
   */
  save(delegation: Delegation, children: readonly Child[]): void {
    this.#db.transaction(() => this.#write(delegation, children));
    const isNowOver = isOver(delegation.status);
    if (this.#recorded.get(delegation.id) === isNowOver) return;
    this.#recorded.set(delegation.id, isNowOver);
    this.#db.flush();
  }

  /** Something is kept that is not listed any more. */
  hasUnlisted(): boolean {
    return this.#db.all(`${FINISHED} LIMIT 1 OFFSET ?`, KEPT).length > 0;
  }

  /**
   * Forgets up to `limit` finished delegations that are not listed any more, and what is below them: an older Fanout, or
   * a window that was killed, left them. Returns the ids of all that went; none where the store cannot be written.
   */
  forgetUnlisted(limit: number): string[] {
    const gone = this.#db.all(treesOf(`${FINISHED} LIMIT ? OFFSET ?`), limit, KEPT).map((row) => readText(row, 'id'));
    this.#db.transaction(() => gone.forEach((id) => this.forget(id)));
    return this.#db.flush() ? gone : [];
  }

  forget(delegationId: string): void {
    this.#recorded.delete(delegationId);
    this.#children.forget(delegationId);
    const position = this.#db.run('DELETE FROM delegations WHERE id = ?', delegationId);
    this.#forgotten.add(position, delegationId, true);
  }

  /** Writes only what {@link save} has not written already. */
  addCompletion(delegation: Delegation): void {
    this.#db.transaction(() => {
      this.#write(delegation, delegation.children);
      if (delegation.delivery !== 'pending') this.#addCompletionRow(delegation);
    });
    this.#db.flush();
  }

  deliverCompletion(delegationId: string, sessionId: string, append: () => void): boolean {
    const isNew = this.#db.transaction(() => {
      const row = this.#db.all('SELECT delivered_at FROM completions WHERE delegation_id = ?', delegationId)[0];
      // No row: the store could not be written since the completion came. It is delivered all the same.
      if (row !== undefined && row['delivered_at'] !== null) return false;
      this.#db.run(
        'UPDATE completions SET delivered_at = ?, session_id = ? WHERE delegation_id = ?',
        this.#clock.now(),
        sessionId,
        delegationId,
      );
      append();
      return true;
    });
    this.#db.flush();
    return isNew;
  }

  reopenCompletion(delegationId: string): void {
    this.#db.run('DELETE FROM completions WHERE delegation_id = ?', delegationId);
  }

  readdressCompletion(delegationId: string, sessionId: string | null): void {
    this.#db.run(
      'UPDATE completions SET session_id = ? WHERE delegation_id = ? AND delivered_at IS NULL',
      sessionId,
      delegationId,
    );
  }

  /**
   * The delegations that are listed, with their children, oldest first: all that are not over, wait for their delivery
   * or have changes to be taken, the newest of the others, and what those have below them. Those that the caller knows
   * better are not read; what cannot be read is left out.
   */
  load(isKnown: (delegationId: string) => boolean = () => false): Delegation[] {
    const gone = new Set(this.#forgotten.all().map(({ key }) => key));
    const wanted = this.#db
      .all(treesOf(`SELECT id FROM (${FINISHED} LIMIT ?) ${UNFINISHED}`), KEPT)
      .map((row) => readText(row, 'id'))
      .filter((id) => !gone.has(id) && !isKnown(id));
    if (wanted.length === 0) return [];
    const reading = new Reading(this.#db);
    const delegations = this.#readDelegations(wanted, this.#children.read(wanted, reading), reading);
    reading.end();
    return delegations;
  }

  #readDelegations(
    ids: readonly string[],
    children: ReadonlyMap<string, readonly Child[]>,
    reading: Reading,
  ): Delegation[] {
    const rows = this.#db.all(
      `SELECT id, status, dispatched_at, body, seq, session_id, delivered_at
       FROM delegations LEFT JOIN completions ON delegation_id = id
       WHERE id IN (SELECT value FROM json_each(?)) ORDER BY dispatched_at, delegations.rowid`,
      JSON.stringify(ids),
    );
    return rows.flatMap((row) => {
      const columns = { id: row['id'], status: row['status'], dispatchedAt: row['dispatched_at'] };
      const body = reading.body(delegationCodec, row, columns);
      // The row of a child that gave its place to another stays: its transcript hangs on it.
      const gone = new Set(body?.superseded?.map(({ id }) => id));
      const own = (children.get(readText(row, 'id')) ?? []).filter(({ id }) => !gone.has(id));
      if (body === undefined) return [];
      return [{ ...(own.length === 0 ? unread(body) : body), ...deliveryIn(row), children: own }];
    });
  }

  /** The session is there, and no tool result in it holds this delegation's. */
  isUnanswered(delegationId: string, sessionId: string): boolean {
    const rows = this.#db.all(
      `SELECT 1 FROM sessions WHERE id = ? AND NOT EXISTS (
         SELECT 1 FROM messages
         WHERE session_id = sessions.id AND at >= (SELECT dispatched_at FROM delegations WHERE id = ?)
           AND instr(body, '"role":"tool"') > 0 AND instr(body, ?) > 0)`,
      sessionId,
      delegationId,
      delegationId,
    );
    return rows.length > 0;
  }

  /** Ids of the delegations whose completion waits for delivery, in order of completion. */
  undelivered(): string[] {
    return this.#db
      .all('SELECT delegation_id FROM completions WHERE delivered_at IS NULL ORDER BY seq')
      .map((row) => readText(row, 'delegation_id'));
  }

  /** The folders of the worktrees that hold what nobody has taken, and of those that are done with; undefined = unknown. */
  worktrees(): { readonly open: readonly string[]; readonly closed: readonly string[] } | undefined {
    const pathsWhere = (condition: string) =>
      this.#db
        .all(`SELECT body ->> '$.worktree.path' AS path FROM children WHERE worktree ${condition} ('working', 'ready')`)
        .map((row) => readText(row, 'path'));
    return this.#db.isOpen && this.#db.flush() ? { open: pathsWhere('IN'), closed: pathsWhere('NOT IN') } : undefined;
  }

  #write(delegation: Delegation, children: readonly Child[]): void {
    this.#forgetDropped();
    // Most often a child has changed and nothing else: then the delegation's row costs no write.
    const { children: _all, ...body } = delegation;
    if (!this.#known.has(delegation))
      this.#db.put(
        `delegation ${delegation.id}`,
        `INSERT INTO delegations (id, status, dispatched_at, body) VALUES (?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET status = excluded.status, body = excluded.body
           WHERE body <> excluded.body`,
        delegation.id,
        delegation.status,
        delegation.dispatchedAt,
        delegationCodec.write(body),
      );
    for (const child of children) this.#children.write(delegation.id, child);
    if (delegation.delivery === 'pending' && !this.#known.has(delegation)) this.#addCompletionRow(delegation);
    this.#known.add(delegation);
  }

  /** What was left out may have been a state that is taken for written here. */
  #forgetDropped(): void {
    if (this.#drops === this.#db.drops) return;
    this.#drops = this.#db.drops;
    this.#known = new WeakSet();
    this.#children.forgetAll();
    this.#recorded.clear();
  }

  #addCompletionRow({ id, sessionId }: Delegation): void {
    this.#db.run(
      'INSERT INTO completions (delegation_id, session_id) VALUES (?, ?) ON CONFLICT (delegation_id) DO NOTHING',
      id,
      sessionId,
    );
  }
}

/** None of its children can be read: it is listed, nobody knows how it ended, and it cannot go on. */
function unread({ suspendedAt: _suspendedAt, ...body }: DelegationBody): DelegationBody {
  const status = isOver(body.status) ? 'unknown' : body.status;
  return { ...body, status, taskCount: Math.max(body.taskCount ?? 0, 1) };
}

/** The completion's row knows better than the body, which is written after it: the process may have died between. */
function deliveryIn(row: Row): Partial<Pick<Delegation, 'mode' | 'delivery' | 'sessionId'>> {
  if (row['seq'] === null) return {};
  const sessionId = readText(row, 'session_id');
  // Only what runs in the background comes back as a completion.
  const known = { mode: 'background', ...(sessionId === '' ? {} : { sessionId }) } as const;
  if (row['delivered_at'] !== null) return { ...known, delivery: 'delivered' };
  return { ...known, delivery: sessionId === '' ? 'undelivered' : 'pending' };
}

/** Those with changes that nobody has taken. */
const UNTAKEN = `SELECT delegation_id FROM children WHERE worktree IN ('working', 'ready')`;
/** Over, not waiting for its delivery, with no changes to be taken, and not below another one; newest first. */
const FINISHED = `
  SELECT id FROM delegations WHERE parent IS NULL AND status NOT IN ('queued', 'running')
    AND id NOT IN (SELECT delegation_id FROM completions WHERE delivered_at IS NULL)
    AND id NOT IN (${UNTAKEN})
  ORDER BY dispatched_at DESC, rowid DESC`;
const UNFINISHED = `
  UNION ALL SELECT id FROM delegations WHERE status IN ('queued', 'running')
  UNION ALL SELECT delegation_id FROM completions WHERE delivered_at IS NULL
  UNION ALL ${UNTAKEN}`;

/** Those that `roots` selects, with what their children dispatched in turn, each once. */
function treesOf(roots: string): string {
  return `WITH RECURSIVE listed (id) AS (SELECT id FROM (${roots}) UNION
    SELECT delegations.id FROM listed JOIN children ON children.delegation_id = listed.id
      JOIN delegations ON delegations.parent = children.id) SELECT id FROM listed`;
}
