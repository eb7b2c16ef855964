import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { Database } from '../../../src/store/database';
import { MIGRATIONS } from '../../../src/store/migrations';
import { SearchFill } from '../../../src/store/searchFill';
import { SearchStore } from '../../../src/store/searchStore';
import { SessionStore } from '../../../src/store/sessionStore';
import type { WriteWitness } from '../../../src/store/storePorts';
import { LockHolder } from '../../fakes/lockHolder';
import { ManualClock } from '../../fakes/manualClock';

const ENTRIES = 205;
const said = (text: string) => JSON.stringify({ role: 'user', origin: 'user', text });

// X17
describe('what an older version left, on its way into the search', () => {
  let folder: string;
  const file = () => join(folder, 'fanout.db');
  const opened: Database[] = [];
  const reports: string[] = [];
  /** A store of a version that had no search, with sessions `new` and `old`, and a child. */
  const makeOld = (words = '') => {
    const old = new DatabaseSync(file());
    for (const step of MIGRATIONS.slice(0, 2)) old.exec(step);
    old.exec('PRAGMA user_version = 2; PRAGMA journal_mode = WAL; BEGIN');
    const insert = old.prepare('INSERT INTO messages (session_id, seq, at, body) VALUES (?, ?, ?, ?)');
    for (const [at, id] of ['old', 'new'].entries()) {
      old.exec(
        `INSERT INTO sessions (id, title, model, created_at, updated_at) VALUES ('${id}', '${id}', '', 0, ${at + 10})`,
      );
      for (let seq = 0; seq < ENTRIES; seq++)
        insert.run(id, seq, at * 1000 + seq, said(`needle ${id} ${seq} ${words}`));
    }
    const body = JSON.stringify({
      id: 'd.1',
      task: { goal: 'needle' },
      state: { status: 'completed', summary: 'yes' },
    });
    old.exec(`INSERT INTO delegations VALUES ('d', 'completed', 5, '{"sessionId":"old","status":"completed"}');
      INSERT INTO children VALUES ('d.1', 'd', 0, '${body}'); COMMIT`);
    old.close();
  };
  const open = (witness?: WriteWitness) => {
    const clock = new ManualClock();
    const db = Database.open(file(), (sentence) => reports.push(sentence), {
      clock,
      onError: (message) => reports.push(message),
      ...(witness && { witness }),
    });
    opened.push(db);
    return { db, clock, fill: new SearchFill(db, clock), search: new SearchStore(db) };
  };
  const left = (db: Database) => db.all('SELECT * FROM unsearched').length;
  const countIn = (db: Database) => db.all("SELECT rowid FROM search WHERE search MATCH 'needle'").length;
  /** All is in it once, the newest first. */
  const assertWhole = ({ db, search }: Pick<ReturnType<typeof open>, 'db' | 'search'>, more = 0) => {
    assert.deepEqual([left(db), countIn(db)], [0, 2 * ENTRIES + 1 + more]);
    assert.equal(db.all('SELECT * FROM places').length, 2 * ENTRIES + 1 + more);
    const seqs = search.find('needle new', 5).map(({ seq }) => seq);
    assert.deepEqual(
      seqs,
      Array.from({ length: 5 }, (_, i) => ENTRIES - 1 - i),
    );
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fanout-fill-'));
    reports.length = 0;
  });
  afterEach(() => {
    for (const db of opened.splice(0)) db.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('does not hold up activation: no step moves data, and a piece is a few entries', () => {
    makeOld();
    const { db, clock, fill, search } = open();
    assert.deepEqual([db.isOpen, countIn(db)], [true, 0]);
    fill.start();
    clock.advance(5000);
    assert.ok(countIn(db) > 0 && countIn(db) <= 20, `${countIn(db)} in the first piece`);
    new SessionStore(db, clock).append('old', ENTRIES, {
      role: 'user',
      origin: 'user',
      text: 'needle while it goes on',
    });
    assert.equal(search.find('while', 5).length, 1);
    clock.advance(5000);
    assertWhole({ db, search }, 1);
    assert.deepEqual(reports, []);
  });

  it('goes on after the window was killed at any one of its writes, and takes nothing in twice', () => {
    for (let at = 1; at < 12; at++) {
      makeOld();
      let writes = -Infinity;
      const dying = open((moment) => {
        if (moment === 'before' && ++writes >= at) throw Object.assign(new Error('killed'), { errcode: 10 });
      });
      writes = 0;
      dying.fill.start();
      dying.clock.advance(6000);
      dying.fill.dispose();
      dying.db.close();
      const next = open();
      next.fill.start();
      next.clock.advance(10_000);
      assertWhole(next);
      next.db.close();
      for (const name of readdirSync(folder)) rmSync(join(folder, name));
    }
  });

  it('is done by two windows at once, and waits while a third holds the store', () => {
    makeOld();
    const [one, two] = [open(), open()];
    for (const { fill } of [one, two]) fill.start();
    for (let i = 0; i < 40; i++) {
      const lock = i % 5 === 0 ? new LockHolder(file()) : undefined;
      for (const { clock, db } of [one, two]) {
        clock.advance(i === 0 ? 5000 : 50);
        db.flush();
      }
      lock?.release();
    }
    for (const { clock } of [one, two]) clock.advance(5000);
    assertWhole(one);
    assertWhole(two);
    assert.deepEqual(reports, []);
  });

  it('leaves out what cannot be taken in, and goes on with the rest', () => {
    makeOld();
    const { db, clock, fill } = open((moment, sql) => {
      if (moment === 'before' && sql.startsWith('INSERT INTO places (id, child_id)')) throw new Error('odd');
    });
    fill.start();
    clock.advance(10_000);
    assert.deepEqual([left(db), countIn(db)], [0, 2 * ENTRIES]);
    assert.equal(reports.length, 1);
  });

  it('of a large store is copied first, off the thread, while all that happens is kept', async () => {
    makeOld('word '.repeat(6000));
    const { db, clock } = open();
    assert.ok(!db.isOpen && !db.isInMemory);
    const sessions = new SessionStore(db, clock);
    sessions.save({ id: 'fresh', title: '', model: '', createdAt: 0, updatedAt: 99, inbox: [] });
    assert.deepEqual(
      sessions.list().map(({ id }) => id),
      ['fresh'],
    );
    await db.settled(3000);
    await db.ready;
    assert.deepEqual(
      sessions.list().map(({ id }) => id),
      ['fresh', 'new', 'old'],
    );
    const copy = new DatabaseSync(`${file()}.backup-2`);
    assert.deepEqual(
      ['PRAGMA user_version', 'SELECT count(*) FROM messages'].map(
        (sql) => Object.values(copy.prepare(sql).get() ?? {})[0],
      ),
      [2, 2 * ENTRIES],
    );
    copy.close();
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes('part')),
      [],
    );
    assert.deepEqual(reports, []);
  });

  it('is left as it is by a window that closes while its copy is made', async () => {
    makeOld('word '.repeat(6000));
    const { db } = open();
    db.close();
    while (!existsSync(`${file()}.backup-2`)) await setImmediate();
    const still = new DatabaseSync(file());
    assert.equal(still.prepare('PRAGMA user_version').get()?.['user_version'], 2);
    still.close();
    assert.deepEqual(reports, []);
  });
});
