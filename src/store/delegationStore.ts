import type { CompletionStore } from '../delegation/completions';
import type { Child, Delegation } from '../delegation/delegation';
import type { DelegationJournal } from '../delegation/pool';
import type { Clock } from '../util/clock';
import type { Database, Row } from './database';
import { readBody, readText } from './rows';

/** Delegations, their children and the completions that wait for delivery. */
export class DelegationStore implements DelegationJournal, CompletionStore {
  readonly #db: Database;
  readonly #clock: Clock;

  constructor(db: Database, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  save(delegation: Delegation, children: readonly Child[]): void {
    const { children: _all, ...body } = delegation;
    this.#db.transaction(() => {
      this.#db.run(
        `INSERT INTO delegations (id, status, dispatched_at, body) VALUES (?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET status = excluded.status, body = excluded.body`,
        delegation.id,
        delegation.status,
        delegation.dispatchedAt,
        JSON.stringify(body),
      );
      for (const child of children) {
        this.#db.run(
          `INSERT INTO children (id, delegation_id, task_index, body) VALUES (?, ?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET body = excluded.body`,
          child.id,
          delegation.id,
          child.taskIndex,
          JSON.stringify(child),
        );
      }
      if (delegation.delivery === 'pending') this.#addCompletionRow(delegation);
    });
  }

  forget(delegationId: string): void {
    this.#db.run('DELETE FROM delegations WHERE id = ?', delegationId);
  }

  addCompletion(delegation: Delegation): void {
    this.#db.transaction(() => {
      this.save(delegation, delegation.children);
      this.#addCompletionRow(delegation);
    });
  }

  deliverCompletion(delegationId: string, sessionId: string, append: () => void): boolean {
    return this.#db.transaction(() => {
      const row = this.#db.all('SELECT delivered_at FROM completions WHERE delegation_id = ?', delegationId)[0];
      // No row: the store could not be written when the completion came. It is delivered all the same.
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
  }

  readdressCompletion(delegationId: string, sessionId: string | null): void {
    this.#db.run(
      'UPDATE completions SET session_id = ? WHERE delegation_id = ? AND delivered_at IS NULL',
      sessionId,
      delegationId,
    );
  }

  /** All delegations with their children, oldest first. Damaged rows are left out. */
  load(): Delegation[] {
    const children = new Map<string, Child[]>();
    for (const row of this.#db.all('SELECT delegation_id, body FROM children ORDER BY delegation_id, task_index')) {
      const child = readBody<Child>(row, (value) => value.state !== undefined && value.progress !== undefined);
      const delegationId = readText(row, 'delegation_id');
      if (child !== undefined) children.set(delegationId, [...(children.get(delegationId) ?? []), child]);
    }
    const rows = this.#db.all(
      `SELECT id, body, seq, session_id, delivered_at FROM delegations LEFT JOIN completions ON delegation_id = id
       ORDER BY dispatched_at, delegations.rowid`,
    );
    return rows.flatMap((row) => {
      const body = readBody<Omit<Delegation, 'children'>>(row, (value) => value.status !== undefined);
      const own = children.get(readText(row, 'id'));
      return body === undefined || own === undefined ? [] : [{ ...body, ...deliveryIn(row), children: own }];
    });
  }

  /** Ids of the delegations whose completion was delivered. */
  delivered(): string[] {
    return this.#db
      .all('SELECT delegation_id FROM completions WHERE delivered_at IS NOT NULL')
      .map((row) => readText(row, 'delegation_id'));
  }

  /** Ids of the delegations whose completion waits for delivery, in order of completion. */
  undelivered(): string[] {
    return this.#db
      .all('SELECT delegation_id FROM completions WHERE delivered_at IS NULL ORDER BY seq')
      .map((row) => readText(row, 'delegation_id'));
  }

  #addCompletionRow({ id, sessionId }: Delegation): void {
    this.#db.run(
      'INSERT INTO completions (delegation_id, session_id) VALUES (?, ?) ON CONFLICT (delegation_id) DO NOTHING',
      id,
      sessionId,
    );
  }
}

/** The completion's row knows better than the body, which is written after it: the process may have died between. */
function deliveryIn(row: Row): Partial<Pick<Delegation, 'delivery' | 'sessionId'>> {
  if (row['seq'] === null) return {};
  const sessionId = readText(row, 'session_id');
  const address = sessionId === '' ? {} : { sessionId };
  if (row['delivered_at'] !== null) return { delivery: 'delivered', ...address };
  return sessionId === '' ? { delivery: 'undelivered' } : { delivery: 'pending', ...address };
}
