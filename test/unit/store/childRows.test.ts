import assert from 'node:assert/strict';
import type { Child, Delegation } from '../../../src/delegation/delegation';
import { advance, createDelegation } from '../../../src/delegation/delegation';
import type { ProgressChange } from '../../../src/delegation/progress';
import { Database } from '../../../src/store/database';
import { DelegationStore } from '../../../src/store/delegationStore';
import { ManualClock } from '../../fakes/manualClock';

const CONTEXT = 'What the task has to go on. '.repeat(2000);
const ID = 'deleg_00000001';

function begun(): Delegation {
  const fresh = createDelegation({
    id: ID,
    sessionId: 'session-1',
    depth: 1,
    mode: 'background',
    origin: 'agent',
    context: '',
    dispatchedAt: 0,
    tasks: [{ goal: 'Audit the cart', context: CONTEXT, toolsets: ['read'], role: 'leaf', model: 'm' }],
  });
  return advance(advance(fresh, { type: 'started' }, 1), { type: 'child-started', childId: `${ID}.1` }, 1);
}

/** What a child reports of one step. */
const step = (n: number): ProgressChange[] => [
  { type: 'request', priced: true },
  { type: 'sent' },
  { type: 'usage', tokens: { input: 10, output: 1, cached: 0 }, costUsd: 0.01 },
  {
    type: 'tool-finished',
    entry: { tool: 'edit_file', args_bytes: n, result_bytes: 5, status: 'ok' },
    filesWritten: [`src/file${n}.ts`],
  },
];

function newStore() {
  const faults: string[] = [];
  const statements: string[] = [];
  const db = Database.open(':memory:', (sentence) => faults.push(sentence), {
    onError: (message, error) => faults.push(`${message}: ${String(error)}`),
    witness: (moment, sql) => {
      if (moment === 'before') statements.push(sql);
    },
  });
  return { db, store: new DelegationStore(db, new ManualClock()), faults, statements };
}

const childOf = ({ children }: Delegation): Child => children[0] ?? assert.fail();

/** Runs steps `from` to `to`, each change saved by itself. */
function run(store: DelegationStore, db: Database, start: Delegation, from: number, to: number): Delegation {
  let delegation = start;
  for (let n = from; n < to; n++) {
    for (const change of step(n)) {
      delegation = advance(delegation, { type: 'child-progress', childId: `${ID}.1`, change }, n);
      store.save(delegation, delegation.children);
    }
    db.flush();
  }
  return delegation;
}

/** Bytes of all that stands in rows of which the database says that they changed since. */
function bytesWritten(db: Database, body: () => void): number {
  db.all('SELECT 1');
  const sizes = () =>
    Object.fromEntries(
      db
        .all(
          `SELECT 'body' AS what, body FROM children UNION ALL SELECT 'progress', body FROM child_progress
           UNION ALL SELECT list || seq, body FROM child_lists`,
        )
        .map((row) => [String(row['what']), String(row['body'])]),
    );
  const before = sizes();
  body();
  return Object.entries(sizes()).reduce((sum, [what, text]) => sum + (before[what] === text ? 0 : text.length), 0);
}

// X7, X11
describe('the rows of a child', () => {
  it('cost as much at its 2,000th step as at its 10th, its task and what it did before not written again', () => {
    const { store, db, faults, statements } = newStore();
    let delegation = begun();
    store.save(delegation, delegation.children);
    delegation = run(store, db, delegation, 0, 10);
    const costOf = (n: number) => {
      statements.length = 0;
      const bytes = bytesWritten(db, () => (delegation = run(store, db, delegation, n, n + 1)));
      return { bytes, writes: statements.length };
    };
    const early = costOf(10);
    delegation = run(store, db, delegation, 11, 2000);
    const late = costOf(2000);
    assert.ok(late.bytes < early.bytes + 50 && late.bytes < 1000, `${early.bytes}, then ${late.bytes} bytes`);
    assert.equal(late.writes, early.writes);
    assert.ok(!statements.some((sql) => sql.includes('INTO children ')), 'no trigger looks at it');
    assert.deepEqual([store.load(), faults], [[delegation], []]);
  });

  it('give the child back as it ended, and as it goes on after it was read', () => {
    const { store, db, faults } = newStore();
    store.save(begun(), begun().children);
    const ran = run(store, db, begun(), 0, 3);
    const again = new DelegationStore(db, new ManualClock());
    const [read] = again.load();
    assert.deepEqual(read, ran);
    const further = run(again, db, read, 3, 5);
    assert.deepEqual([again.load(), childOf(further).progress.toolTrace.length], [[further], 5]);
    // Another window wrote meanwhile what the first one takes for its own.
    const [taken] = store.load();
    assert.deepEqual(taken, further);
    const ended = advance(
      run(store, db, taken, 5, 6),
      {
        type: 'child-ended',
        childId: `${ID}.1`,
        ending: { status: 'completed', exitReason: 'completed', summary: 'Done.', truncated: false },
      },
      9,
    );
    store.save(ended, ended.children);
    assert.deepEqual([new DelegationStore(db, new ManualClock()).load(), faults], [[ended], []]);
  });

  it('are read as an older Fanout wrote them, and written anew when the child goes on', () => {
    const { store, db, faults } = newStore();
    const delegation = begun();
    store.save(delegation, delegation.children);
    const ran = run(store, db, delegation, 0, 3);
    db.run('DELETE FROM child_progress');
    db.run('DELETE FROM child_lists');
    db.run('UPDATE children SET body = ?', JSON.stringify({ ...childOf(ran), v: 1 }));
    const [read] = new DelegationStore(db, new ManualClock()).load();
    assert.deepEqual(read, ran);
    const again = new DelegationStore(db, new ManualClock());
    const further = run(again, db, read, 3, 4);
    assert.deepEqual([again.load(), faults], [[further], []]);
  });

  it('lose no more than the item that is damaged, or the progress', () => {
    const { store, db, faults } = newStore();
    store.save(begun(), begun().children);
    const ran = run(store, db, begun(), 0, 4);
    db.run("UPDATE child_lists SET body = '{' WHERE list = 'toolTrace' AND seq = 1");
    db.run("UPDATE child_lists SET body = '7' WHERE list = 'filesWritten' AND seq = 2");
    const [read] = store.load();
    const { progress } = childOf(read ?? assert.fail());
    assert.deepEqual(
      [progress.toolTrace.map(({ args_bytes }) => args_bytes), progress.filesWritten],
      [
        [0, 2, 3],
        ['src/file0.ts', 'src/file1.ts', 'src/file3.ts'],
      ],
    );
    assert.deepEqual(progress.tokens, childOf(ran).progress.tokens);
    db.run("UPDATE child_progress SET body = '[]'");
    assert.equal(childOf(store.load()[0] ?? assert.fail()).progress.toolTrace.length, 3);
    assert.equal(faults.length, 1, 'the user is told once');
  });

  it('go with the child, and nothing of a child that is forgotten is written any more', () => {
    const { store, db, faults } = newStore();
    store.save(begun(), begun().children);
    const ran = run(store, db, begun(), 0, 2);
    store.forget(ID);
    for (const table of ['children', 'child_progress', 'child_lists'])
      assert.deepEqual(db.all(`SELECT * FROM ${table}`), [], table);
    assert.deepEqual([store.load(), ran.children.length, faults], [[], 1, []]);
  });
});
