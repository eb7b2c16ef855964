import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { Delegation } from '../../../src/delegation/delegation';
import { advance } from '../../../src/delegation/delegation';
import { Database } from '../../../src/store/database';
import { DelegationStore } from '../../../src/store/delegationStore';
import { SessionStore } from '../../../src/store/sessionStore';
import { TranscriptStore } from '../../../src/store/transcriptStore';
import { ManualClock } from '../../fakes/manualClock';
import { done, finished } from '../delegation/blockHarness';

function newStore() {
  const reports: string[] = [];
  const statements: string[] = [];
  let deleted = 0;
  const db = Database.open(':memory:', (sentence) => reports.push(sentence), {
    witness: (moment, sql) => {
      if (moment === 'before') statements.push(sql);
      else if (sql.startsWith('DELETE')) deleted++;
    },
  });
  const clock = new ManualClock();
  return {
    db,
    reports,
    statements,
    store: new DelegationStore(db, clock),
    sessions: new SessionStore(db, clock),
    transcripts: new TranscriptStore(db, clock),
    isDone: () => deleted === 50,
  };
}

const over = (id: string): Delegation => {
  const delegation = finished([done('a', 'A'), { ...done('b', 'B'), files: ['x.ts'] }], 'shared');
  return { ...delegation, id, children: delegation.children.map((child, i) => ({ ...child, id: `${id}.${i + 1}` })) };
};

describe('the store of delegations', () => {
  it('gives back what it was given, to the last field', () => {
    const { store } = newStore();
    const delegation = over('deleg_00000001');
    store.save(delegation, delegation.children);
    assert.deepEqual(store.load(), [delegation]);
  });

  it('gives the delegations in order of dispatch and the children in input order, however they were saved', () => {
    const { store } = newStore();
    const [late, early] = [over('deleg_0000000a'), { ...over('deleg_0000000b'), dispatchedAt: 5 }];
    for (const delegation of [late, early]) store.save(delegation, delegation.children.toReversed());
    assert.deepEqual(store.load(), [early, late]);
  });

  it('writes only the children that changed', () => {
    const { store, db } = newStore();
    const running = { ...over('deleg_00000001'), status: 'running', delivery: 'none' } as const;
    store.save(running, running.children);
    const [first] = running.children;
    assert.ok(first !== undefined);
    const changed = { ...first, progress: { ...first.progress, modelCalls: 99 } };
    db.run("UPDATE children SET body = '{}' WHERE id = 'deleg_00000001.2'");
    store.save(running, [changed]);
    assert.deepEqual(store.load()[0]?.children, [changed]);
  });

  it('writes a delegation only where it changed itself', () => {
    const { store, db } = newStore();
    const changes = () => db.all('SELECT total_changes() AS n')[0]?.['n'];
    const running = { ...over('deleg_00000001'), status: 'running', delivery: 'none' } as const;
    store.save(running, running.children);
    const before = changes();
    store.save({ ...running }, []);
    assert.equal(changes(), before);
    store.save({ ...running, cancelled: true }, []);
    assert.notEqual(changes(), before);
    assert.equal(store.load()[0]?.cancelled, true);
  });

  it('leaves out what is damaged, and gives the rest', () => {
    const { store, db, reports } = newStore();
    for (const id of ['deleg_00000001', 'deleg_00000002', 'deleg_00000003']) store.save(over(id), over(id).children);
    db.run("UPDATE delegations SET body = '{' WHERE id = 'deleg_00000001'");
    db.run("UPDATE children SET body = 'null' WHERE delegation_id = 'deleg_00000002'");
    const shown = store.load();
    assert.deepEqual(
      shown.map(({ id, status, children }) => [id, status, children.length]),
      [
        ['deleg_00000002', 'unknown', 0],
        ['deleg_00000003', 'completed', 2],
      ],
    );
    assert.equal(reports.length, 1, 'the user is told once');
  });

  it('forgets a delegation with its children, its completion and its transcripts', () => {
    const { store, db } = newStore();
    const delegation = over('deleg_00000001');
    store.addCompletion(delegation);
    store.forget(delegation.id);
    for (const table of ['delegations', 'children', 'completions', 'transcripts'])
      assert.deepEqual(db.all(`SELECT * FROM ${table}`), [], table);
  });

  // X5
  it('forgets many a few at a time, and lets others go first in between', async () => {
    const { store, db } = newStore();
    const ids = Array.from({ length: 50 }, (_, n) => `deleg_${String(n).padStart(8, '0')}`);
    for (const id of ids) store.save(over(id), over(id).children);
    for (const id of ids) store.forget(id);
    assert.deepEqual(store.load(), [], 'nobody sees them any more');

    const rest = newStore();
    for (const id of ids) rest.store.save(over(id), over(id).children);
    for (const id of ids) rest.store.forget(id);
    let ticks = 0;
    while (!rest.isDone() && ++ticks < 50) await setImmediate();
    assert.ok(ticks >= 10, `${ticks} ticks`);
    assert.deepEqual(db.all('SELECT id FROM delegations'), []);
  });

  // X11
  it('writes a step in one transaction, and nothing twice for a completion', async () => {
    const { store, transcripts, statements } = newStore();
    const running = { ...over('deleg_00000001'), status: 'running', delivery: 'none' } as const;
    const [first] = running.children;
    assert.ok(first !== undefined);
    store.save(running, running.children);
    await setImmediate();
    statements.length = 0;
    let [child, delegation] = [first, running as Delegation];
    for (const modelCalls of [7, 8, 9]) {
      child = { ...child, progress: { ...child.progress, modelCalls } };
      delegation = { ...delegation, children: [child] };
      transcripts.append(child.id, { role: 'user', origin: 'task', text: `${modelCalls}` });
      store.save(delegation, [child]);
    }
    await setImmediate();
    // The delegation's row and the child's once, three messages.
    assert.equal(statements.filter((sql) => sql.startsWith('BEGIN')).length, 1);
    assert.equal(statements.length, 2 + 2 + 3);
    const ended = { ...delegation, status: 'completed', delivery: 'pending' } as const;
    store.save(ended, []);
    statements.length = 0;
    store.addCompletion(ended);
    assert.deepEqual(statements, []);
  });

  it('C6 keeps completions in order of completion, each once', () => {
    const { store } = newStore();
    for (const id of ['deleg_00000002', 'deleg_00000001', 'deleg_00000002']) store.addCompletion(over(id));
    assert.deepEqual(store.undelivered(), ['deleg_00000002', 'deleg_00000001']);
  });

  it('C37 records the completion with the end of the delegation, in one transaction', () => {
    const { store } = newStore();
    const delegation = over('deleg_00000001');
    assert.equal(delegation.delivery, 'pending');
    store.save(delegation, delegation.children);
    assert.deepEqual(store.undelivered(), [delegation.id]);
  });

  it('C37 delivers exactly once, together with what is appended', () => {
    const { store, sessions } = newStore();
    const delegation = over('deleg_00000001');
    store.addCompletion(delegation);
    sessions.save({ id: 's', title: '', model: '', createdAt: 0, updatedAt: 0, inbox: [] });
    const append = () => sessions.append('s', 0, { role: 'user', origin: 'completion', text: 'block' });
    assert.equal(store.deliverCompletion(delegation.id, 's', append), true);
    assert.equal(
      store.deliverCompletion(delegation.id, 's', () => assert.fail('appended twice')),
      false,
    );
    assert.deepEqual([store.undelivered(), sessions.entries('s').length], [[], 1]);
    // The body was not written again: what delivered it was killed right after.
    assert.deepEqual([store.load()[0]?.delivery, store.load()[0]?.sessionId], ['delivered', 's']);
  });

  it('C37 rolls both back where the block cannot be appended: the completion goes on waiting', () => {
    const { store, sessions } = newStore();
    const delegation = over('deleg_00000001');
    store.addCompletion(delegation);
    sessions.save({ id: 's', title: '', model: '', createdAt: 0, updatedAt: 0, inbox: [] });
    const appendAndFail = () => {
      sessions.append('s', 0, { role: 'user', origin: 'completion', text: 'block' });
      throw new Error('killed');
    };
    assert.throws(() => store.deliverCompletion(delegation.id, 's', appendAndFail), /killed/);
    assert.deepEqual([store.undelivered(), sessions.entries('s')], [[delegation.id], []]);
  });

  it('delivers what it could not record', () => {
    const { store } = newStore();
    let appended = 0;
    assert.equal(
      store.deliverCompletion('deleg_00000001', 's', () => appended++),
      true,
    );
    assert.equal(appended, 1);
  });

  it('C31 knows the address of a waiting completion better than the body that is written after it', () => {
    const { store } = newStore();
    const delegation = over('deleg_00000001');
    store.addCompletion(delegation);
    const now = () => [store.load()[0]?.delivery, store.load()[0]?.sessionId];
    store.readdressCompletion(delegation.id, null);
    assert.deepEqual(now(), ['undelivered', 'session-1']);
    store.readdressCompletion(delegation.id, 'session-2');
    assert.deepEqual(now(), ['pending', 'session-2']);
    store.deliverCompletion(delegation.id, 'session-2', () => {});
    store.readdressCompletion(delegation.id, 'session-3');
    assert.deepEqual(now(), ['delivered', 'session-2']);
    store.save(advance(delegation, { type: 'delivery', delivery: 'undelivered' }, 0), []);
    assert.deepEqual(now(), ['delivered', 'session-2']);
  });
});
