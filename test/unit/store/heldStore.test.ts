import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Database } from '../../../src/store/database';
import { held, notWritten, WRITTEN_AGAIN } from '../../../src/store/storeFaults';
import { TranscriptStore } from '../../../src/store/transcriptStore';
import { DelegationStore } from '../../../src/store/delegationStore';
import { SessionStore } from '../../../src/store/sessionStore';
import { delegates, gate } from '../../fakes/agentScript';
import { LockHolder } from '../../fakes/lockHolder';
import { ManualClock } from '../../fakes/manualClock';
import { TestEngine } from '../../fakes/testEngine';
import { done, finished } from '../delegation/blockHarness';

const record = (id: string, inbox: readonly string[] = []) => ({
  id,
  title: '',
  model: '',
  createdAt: 0,
  updatedAt: 0,
  inbox,
});
const typed = (text: string) => ({ role: 'user', origin: 'user', text }) as const;

// P2
describe('a store that another window holds', () => {
  let folder: string;
  let reports: string[];
  let errors: string[];
  let infos: string[];
  let attempts: number;
  const clock = new ManualClock();
  const opened: Database[] = [];
  const file = () => join(folder, 'fanout.db');
  const open = () => {
    const db = Database.open(file(), (sentence) => reports.push(sentence), {
      clock,
      onError: (message) => errors.push(message),
      onInfo: (message) => infos.push(message),
      witness: (moment, sql) => {
        if (moment === 'before' && sql === 'BEGIN IMMEDIATE') attempts++;
      },
    });
    opened.push(db);
    return db;
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fanout-held-'));
    [reports, errors, infos, attempts] = [[], [], [], 0];
  });
  afterEach(() => {
    for (const db of opened.splice(0)) db.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('never waits inside SQLite, and asks again less and less often', () => {
    const db = open();
    assert.equal(db.all('PRAGMA busy_timeout')[0]?.['timeout'], 0);
    using _lock = new LockHolder(file());
    new SessionStore(db, clock).save(record('a'));
    assert.ok(!db.flush());
    clock.advance(30_000);
    assert.ok(attempts > 10 && attempts < 80, `${attempts} attempts in 30 seconds`);
  });

  it('keeps what is written, in order, and writes it when it is free, once', () => {
    const db = open();
    const sessions = new SessionStore(db, clock);
    const lock = new LockHolder(file());
    sessions.save(record('a'));
    for (let seq = 0; seq < 1200; seq++) sessions.append('a', seq, typed(`${seq}`));
    sessions.save(record('a', ['waits']));
    clock.advance(5000);
    assert.deepEqual(reports, []);
    lock.release();
    clock.advance(500);
    db.close();
    const again = new SessionStore(open(), clock);
    assert.deepEqual(again.list(), [record('a', ['waits'])]);
    assert.deepEqual(
      again.entries('a').map(({ seq, entry }) => [seq, entry]),
      Array.from({ length: 1200 }, (_, seq) => [seq, typed(`${seq}`)]),
    );
    assert.deepEqual([reports, errors], [[], []]);
  });

  it('is read with what is not written yet', () => {
    const db = open();
    const [sessions, transcripts, delegations] = [
      new SessionStore(db, clock),
      new TranscriptStore(db, clock),
      new DelegationStore(db, clock),
    ];
    const delegation = finished([done('a', 'A')]);
    const childId = delegation.children[0]?.id ?? '';
    delegations.save(delegation, delegation.children);
    for (const id of ['a', 'gone']) sessions.save(record(id));
    sessions.append('a', 0, typed('zero'));
    transcripts.append(childId, typed('zero'));
    db.flush();
    using _lock = new LockHolder(file());
    sessions.append('a', 1, typed('one'));
    sessions.save(record('a', ['waits']));
    sessions.save(record('b'));
    sessions.delete('gone');
    transcripts.append(childId, typed('one'));
    assert.deepEqual(sessions.list(), [record('a', ['waits']), record('b')]);
    assert.deepEqual(sessions.withQueue(), ['a']);
    assert.deepEqual(
      sessions.entries('a').map(({ entry }) => entry),
      [typed('zero'), typed('one')],
    );
    assert.equal(sessions.nextSeq('a'), 2);
    assert.deepEqual(transcripts.load(childId), [typed('zero'), typed('one')]);
    assert.equal(delegations.worktrees(), undefined, 'nobody clears away by what is out of date');
    delegations.forget(delegation.id);
    assert.deepEqual(delegations.load(), []);
  });

  it('tells the user after a while, once, and the log when it is over', () => {
    const db = open();
    const sessions = new SessionStore(db, clock);
    const lock = new LockHolder(file());
    sessions.save(record('a'));
    db.flush();
    clock.advance(9000);
    assert.deepEqual(reports, []);
    clock.advance(60_000);
    assert.deepEqual(reports, [held(file(), true)]);
    lock.release();
    clock.advance(500);
    assert.deepEqual([reports.length, errors, infos], [1, [], [WRITTEN_AGAIN]]);
  });

  it('takes what waits as long as the window that closes has time, and tells of what it could not take', async () => {
    const db = open();
    const sessions = new SessionStore(db, clock);
    const lock = new LockHolder(file());
    sessions.save(record('a'));
    const settled = db.settled(3000);
    clock.advance(2000);
    lock.release();
    clock.advance(500);
    await settled;
    db.close();
    assert.deepEqual(reports, []);

    const other = open();
    using _lock = new LockHolder(file());
    new SessionStore(other, clock).save(record('b'));
    const given = other.settled(3000);
    clock.advance(3000);
    await given;
    other.close();
    assert.deepEqual(reports, [notWritten(file())]);
  });

  it('is opened later where it has to be made first: until then all is kept, and nothing is set aside', async () => {
    const lock = new DatabaseSync(file());
    lock.exec('BEGIN EXCLUSIVE');
    const db = open();
    const sessions = new SessionStore(db, clock);
    sessions.save(record('a'));
    assert.deepEqual([db.isOpen, db.isInMemory, sessions.list()], [false, false, [record('a')]]);
    clock.advance(30_000);
    assert.deepEqual(reports, [held(file(), false)]);
    lock.close();
    clock.advance(500);
    await db.ready;
    assert.ok(db.isOpen && !db.isInMemory);
    db.close();
    assert.deepEqual(new SessionStore(open(), clock).list(), [record('a')]);
  });
});

describe('a window whose store another one holds', () => {
  it('C72 for 30 seconds loses nothing, sends nothing twice, and stays usable all the time', async () => {
    const [held, answer] = [gate(), gate()];
    let attempts = 0;
    await using fanout = new TestEngine({
      main: [delegates('a'), 'It runs.', answer.answer, 'Two.', 'It is done.', 'New.'],
      children: { a: [held.answer] },
      witness: (moment, sql) => {
        if (moment === 'before' && sql === 'BEGIN IMMEDIATE') attempts++;
      },
    });
    fanout.engine.start();
    await fanout.say('Delegate a.');
    const { session } = fanout;
    await fanout.written();
    const lock = new LockHolder(fanout.storeFile);
    attempts = 0;
    fanout.clock.advance(10_000);
    session.send('one');
    session.send('two');
    held.open('done a');
    await fanout.over();
    fanout.clock.advance(10_000);
    answer.open('One.');
    await fanout.idle(session);
    const fresh = fanout.engine.sessions.create();
    await fanout.say('In another session.', fresh);
    fanout.clock.advance(10_000);
    await fanout.written();
    assert.ok(attempts < 150, `${attempts} attempts`);
    assert.equal(fanout.delegation.delivery, 'delivered');
    const before = [session, fresh].map(({ entries }) => structuredClone(entries));
    lock.release();
    fanout.clock.advance(500);
    await fanout.written();

    fanout.crash();
    fanout.engine.start();
    const after = [session.id, fresh.id].map((id) => fanout.engine.sessions.get(id)?.entries);
    assert.deepEqual(after, before);
    const texts = (after[0] ?? []).flatMap(({ entry }) =>
      entry.role === 'user' ? [`${entry.origin} ${entry.text}`] : [],
    );
    assert.deepEqual(
      texts.map((text) => text.split('\n')[0]?.slice(0, 15)),
      ['user Delegate a.', 'user one', 'user two', 'completion [Del'].map((text) => text.slice(0, 15)),
    );
    assert.deepEqual([fanout.delegation.delivery, fanout.model.requests.length], ['delivered', 0]);
    assert.equal(fanout.engine.transcripts.load(`${fanout.delegation.id}.1`).length, 2);
  });

  it('as it opens shows what is there, takes nothing before it can say so, and takes it up then', async () => {
    await using first = new TestEngine({ main: ['Hello.'] });
    await first.say('From before.');
    await first.engine.close();
    const lock = new LockHolder(first.storeFile);
    await using second = new TestEngine({ beside: first, main: ['New.', 'Again.'] });
    second.engine.start();
    assert.deepEqual(
      second.engine.sessions.list().map(({ title }) => title),
      ['From before.'],
    );
    const { session } = second;
    assert.equal(session.state, 'held', 'another window may take it at this moment');
    assert.throws(() => session.send('Too early.'), /held by another program/);
    await second.say('Something new.', second.engine.sessions.create());
    lock.release();
    second.clock.advance(2500);
    assert.equal(session.state, 'idle');
    await second.say('Go on.', session);
    assert.equal(session.entries.length, 4);
    assert.deepEqual(second.faults, []);
  });

  it('as the first one of a workspace begins in memory and keeps all of it', async () => {
    await using first = new TestEngine();
    await first.engine.close();
    rmSync(first.storeFile);
    const lock = new DatabaseSync(first.storeFile);
    lock.exec('BEGIN EXCLUSIVE');
    await using second = new TestEngine({
      beside: first,
      main: [delegates('a'), 'It runs.', 'Thanks.'],
      children: { a: ['done a'] },
    });
    second.engine.start();
    const { session } = second;
    await second.say('Delegate a.', session);
    await second.over();
    await second.idle(session);
    lock.close();
    second.clock.advance(1000);
    await second.written();
    const before = structuredClone(session.entries);
    second.crash();
    assert.deepEqual(second.engine.sessions.get(session.id)?.entries, before);
    assert.deepEqual([second.delegation.delivery, second.faults], ['delivered', []]);
  });
});
