import assert from 'node:assert/strict';
import type { SessionEntry } from '../../../src/store/entries';
import type { SessionRecord } from '../../../src/store/sessionStore';
import { SessionStore } from '../../../src/store/sessionStore';
import { TranscriptStore } from '../../../src/store/transcriptStore';
import { DelegationStore } from '../../../src/store/delegationStore';
import type { Message } from '../../../src/agent/messages';
import { ManualClock } from '../../fakes/manualClock';
import { done, finished } from '../delegation/blockHarness';
import { memoryDatabase } from '../delegation/poolHarness';

const record = (id: string, more: Partial<SessionRecord> = {}): SessionRecord => ({
  id,
  title: `Session ${id}`,
  model: 'acme/large',
  createdAt: 1,
  updatedAt: 1,
  inbox: [],
  ...more,
});

const entries: readonly SessionEntry[] = [
  { role: 'user', origin: 'user', text: 'a line\nand “another” 🦊' },
  { role: 'dispatched', delegationId: 'deleg_00000001' },
  {
    role: 'assistant',
    model: 'acme/large',
    parts: [
      { type: 'reasoning', text: 'Hm.', providerData: { acme: { signature: 'x' } } },
      { type: 'tool-call', call: { id: 'c', name: 't', input: { path: 'a' } } },
    ],
  },
  { role: 'tool', results: [{ callId: 'c', toolName: 't', status: 'ok', text: 'r' }] },
  { role: 'notice', level: 'error', text: 'No model.', problem: 'no-model' },
];

describe('the store of sessions', () => {
  it('gives back records with their inbox, the one used last first', () => {
    const store = new SessionStore(memoryDatabase(), new ManualClock());
    store.save(record('a', { updatedAt: 1 }));
    store.save(record('b', { updatedAt: 2, inbox: ['first', 'second'] }));
    assert.deepEqual(store.list(), [record('b', { updatedAt: 2, inbox: ['first', 'second'] }), record('a')]);
    store.save(record('a', { updatedAt: 3, title: 'New', model: '' }));
    assert.deepEqual(
      store.list().map(({ id, title }) => [id, title]),
      [
        ['a', 'New'],
        ['b', 'Session b'],
      ],
    );
  });

  it('gives back a transcript in order, with the time of each entry', () => {
    const clock = new ManualClock(1000);
    const store = new SessionStore(memoryDatabase(), clock);
    store.save(record('a'));
    const appended = entries.map((entry, seq) => {
      clock.advance(10);
      return store.append('a', seq, entry);
    });
    assert.deepEqual(store.entries('a'), appended);
    assert.deepEqual(
      appended.map(({ seq, at, entry }) => [seq, at, entry]),
      entries.map((entry, seq) => [seq, 1010 + 10 * seq, entry]),
    );
  });

  it('never writes over an entry: the second one of a place is left out, and logged', () => {
    const errors: string[] = [];
    const db = memoryDatabase(
      () => assert.fail('the user need not know'),
      (message) => errors.push(message),
    );
    const store = new SessionStore(db, new ManualClock());
    store.save(record('a'));
    store.append('a', 0, { role: 'user', origin: 'user', text: 'one' });
    store.append('a', 0, { role: 'user', origin: 'user', text: 'two' });
    assert.deepEqual(
      store.entries('a').map(({ entry }) => entry.role === 'user' && entry.text),
      ['one'],
    );
    assert.equal(errors.length, 1);
  });

  it('deletes a session with its transcript, and leaves the others', () => {
    const store = new SessionStore(memoryDatabase(), new ManualClock());
    for (const id of ['a', 'b']) {
      store.save(record(id));
      store.append(id, 0, { role: 'user', origin: 'user', text: id });
    }
    store.delete('a');
    assert.deepEqual(store.list(), [record('b')]);
    assert.deepEqual([store.entries('a').length, store.entries('b').length], [0, 1]);
  });

  it('leaves out damaged entries and a damaged inbox, and gives the rest', () => {
    const reports: string[] = [];
    const db = memoryDatabase((sentence) => reports.push(sentence));
    const store = new SessionStore(db, new ManualClock());
    store.save(record('a', { inbox: ['typed'] }));
    entries.forEach((entry, seq) => store.append('a', seq, entry));
    db.run('UPDATE messages SET body = \'{"role"\' WHERE seq = 1');
    db.run("UPDATE messages SET body = '7' WHERE seq = 2");
    db.run("UPDATE sessions SET inbox = '{oops'");
    assert.deepEqual(
      store.entries('a').map(({ seq }) => seq),
      [0, 3, 4],
    );
    store.entries('a');
    assert.equal(reports.length, 1, 'the user is told once');
    assert.deepEqual(store.list()[0]?.inbox, []);
    db.run('UPDATE sessions SET inbox = \'["typed", 7]\'');
    assert.deepEqual(store.list()[0]?.inbox, ['typed']);
  });
});

describe('the store of transcripts', () => {
  const message = (text: string): Message => ({ role: 'user', origin: 'task', text });

  it('gives back the messages of a child in order, and knows nothing of a child that is forgotten', () => {
    const db = memoryDatabase();
    const clock = new ManualClock();
    const transcripts = new TranscriptStore(db, clock);
    const delegations = new DelegationStore(db, clock);
    const delegation = finished([done('a', 'A'), done('b', 'B')]);
    delegations.save(delegation, delegation.children);
    for (const text of ['one', 'two', 'three']) transcripts.append(`${delegation.id}.1`, message(text));
    transcripts.append(`${delegation.id}.2`, message('other'));
    assert.deepEqual(transcripts.load(`${delegation.id}.1`), ['one', 'two', 'three'].map(message));
    assert.deepEqual(transcripts.load(`${delegation.id}.2`), [message('other')]);
    delegations.forget(delegation.id);
    transcripts.append(`${delegation.id}.1`, message('late'));
    assert.deepEqual(transcripts.load(`${delegation.id}.1`), []);
  });
});
