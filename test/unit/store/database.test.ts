import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { DatabasePorts } from '../../../src/store/storePorts';
import { Database } from '../../../src/store/database';
import { MIGRATIONS } from '../../../src/store/migrations';
import { WRITTEN_AGAIN } from '../../../src/store/storeFaults';
import { ManualClock } from '../../fakes/manualClock';

const addSession = (db: Database, id: string) =>
  db.run("INSERT INTO sessions (id, title, model, created_at, updated_at) VALUES (?, '', '', 0, 0)", id);
const sessionsIn = (db: Database) => db.all('SELECT id FROM sessions ORDER BY id').map(({ id }) => id);

describe('the database', () => {
  let folder: string;
  let reports: string[];
  const opened: Database[] = [];
  const open = (file = path.join(folder, 'deep', 'fanout.db'), ports: Partial<DatabasePorts> = {}) => {
    const db = Database.open(file, (sentence) => reports.push(sentence), ports);
    opened.push(db);
    return db;
  };
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'fanout-store-'));
    reports = [];
  });
  afterEach(() => {
    for (const db of opened.splice(0)) db.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('makes the file, its folder and its tables where there are none, and keeps what is written', () => {
    const db = open();
    assert.equal(db.all('PRAGMA user_version')[0]?.['user_version'], MIGRATIONS.length);
    addSession(db, 'a');
    db.close();
    assert.deepEqual(sessionsIn(open()), ['a']);
    assert.deepEqual(reports, []);
  });

  it('brings an older file up to date and keeps what is in it', () => {
    const file = path.join(folder, 'fanout.db');
    const old = new DatabaseSync(file);
    old.exec(`${MIGRATIONS[0]} PRAGMA user_version = 1;`);
    old.exec("INSERT INTO sessions (id, title, model, created_at, updated_at) VALUES ('old', '', '', 0, 0)");
    old.close();
    const db = open(file);
    assert.equal(db.all('PRAGMA user_version')[0]?.['user_version'], MIGRATIONS.length);
    assert.deepEqual([sessionsIn(db), reports], [['old'], []]);
  });

  it('sets a damaged file aside, begins a fresh one, and says so', () => {
    const file = path.join(folder, 'fanout.db');
    for (const text of [
      'this is no database, and long enough to be taken for one'.repeat(30),
      'nor is this'.repeat(90),
    ]) {
      writeFileSync(file, text);
      const db = open(file);
      addSession(db, 'a');
      assert.deepEqual(sessionsIn(db), ['a']);
      db.close();
    }
    assert.equal(reports.length, 2);
    assert.match(
      reports[0] ?? '',
      /could not be read. It was set aside as .*fanout\.db\.damaged-1, and a fresh one was begun\. Nothing in that file/,
    );
    assert.match(readFileSync(`${file}.damaged-1`, 'utf8'), /^this is no database/);
    assert.match(readFileSync(`${file}.damaged-2`, 'utf8'), /^nor is this/);
  });

  it('sets aside a file of a newer version, whole', () => {
    const file = path.join(folder, 'fanout.db');
    const newer = new DatabaseSync(file);
    newer.exec('CREATE TABLE future (x); PRAGMA user_version = 9999;');
    newer.close();
    assert.deepEqual(sessionsIn(open(file)), []);
    assert.equal(reports.length, 1);
    assert.match(
      reports[0] ?? '',
      /newer Fanout.*update Fanout, close its windows, and give the file its old name again/,
    );
    const aside = new DatabaseSync(`${file}.newer-1`);
    assert.equal(aside.prepare('PRAGMA user_version').get()?.['user_version'], 9999);
    aside.close();
  });

  it('leaves a file of a newer version alone that another window has open', () => {
    const file = path.join(folder, 'fanout.db');
    const newer = new DatabaseSync(file);
    newer.exec('PRAGMA journal_mode = WAL; CREATE TABLE future (x); PRAGMA user_version = 9999;');
    const db = open(file);
    assert.ok(db.isInMemory);
    newer.exec('INSERT INTO future VALUES (1)');
    newer.close();
    assert.match(reports.join(), /a newer Fanout uses it in another window.*Reload this window/);
    assert.deepEqual(readdirSync(folder).toSorted(), ['fanout.db', 'fanout.db.lock']);
  });

  it('leaves an older file as it is where it cannot be brought up to date, with a copy, and says so', () => {
    const file = path.join(folder, 'fanout.db');
    const old = new DatabaseSync(file);
    // The second step will find its table there.
    old.exec(`${MIGRATIONS[0]} PRAGMA user_version = 1; CREATE TABLE claims (x);`);
    old.exec("INSERT INTO sessions (id, title, model, created_at, updated_at) VALUES ('old', '', '', 0, 0)");
    old.close();
    const db = open(file);
    addSession(db, 'a');
    assert.deepEqual([db.isInMemory, sessionsIn(db)], [true, ['a']]);
    db.close();
    assert.equal(reports.length, 1);
    assert.match(
      reports[0] ?? '',
      /its tables could not be brought up to date\. What .*fanout\.db holds is left as it is/,
    );
    for (const kept of [file, `${file}.backup-1`]) {
      const still = new DatabaseSync(kept);
      assert.equal(still.prepare('PRAGMA user_version').get()?.['user_version'], 1, kept);
      assert.equal(still.prepare('SELECT id FROM sessions').get()?.['id'], 'old', kept);
      still.close();
    }
  });

  it('takes no half copy for a backup, and keeps the three newest', () => {
    const file = path.join(folder, 'fanout.db');
    const old = new DatabaseSync(file);
    old.exec(`${MIGRATIONS[0]} PRAGMA user_version = 1;`);
    old.close();
    for (const name of ['backup-0', 'backup-old', 'backup-1.77.part', 'backup-10', 'backup-9'])
      writeFileSync(`${file}.${name}`, '');
    open(file);
    assert.deepEqual(reports, []);
    const kept = readdirSync(folder).filter((name) => /backup-\d+$/.test(name));
    assert.deepEqual(kept.toSorted(), ['fanout.db.backup-1', 'fanout.db.backup-10', 'fanout.db.backup-9']);
  });

  it('goes on in memory where no file can be had, and says so once', () => {
    writeFileSync(path.join(folder, 'in the way'), '');
    const db = open(path.join(folder, 'in the way', 'fanout.db'));
    addSession(db, 'a');
    assert.deepEqual(sessionsIn(db), ['a']);
    assert.equal(reports.length, 1);
    assert.match(reports[0] ?? '', /nothing of this session outlives the window/);
    assert.deepEqual(readdirSync(folder), ['in the way']);
  });

  it('keeps all writes of a transaction, or none where it throws', () => {
    const db = open();
    assert.throws(
      () =>
        db.transaction(() => {
          addSession(db, 'a');
          db.transaction(() => addSession(db, 'b'));
          throw new Error('no');
        }),
      /^Error: no$/,
    );
    assert.deepEqual(sessionsIn(db), []);
    assert.equal(
      db.transaction(() => {
        addSession(db, 'a');
        return 'answer';
      }),
      'answer',
    );
    assert.deepEqual(sessionsIn(db), ['a']);
  });

  it('leaves out a mistake of ours with what belongs to it, logs it, and goes on with what comes behind', () => {
    const errors: string[] = [];
    const db = open(undefined, { onError: (message, error) => errors.push(`${message}: ${String(error)}`) });
    addSession(db, 'a');
    db.transaction(() => {
      addSession(db, 'b');
      db.run('INSERT INTO nowhere VALUES (1)');
    });
    addSession(db, 'c');
    // The same once more: one id twice.
    db.transaction(() => {
      addSession(db, 'd');
      addSession(db, 'a');
    });
    assert.deepEqual([sessionsIn(db), reports], [['a', 'c'], []]);
    assert.deepEqual([errors.length, db.drops], [2, 2]);
    assert.match(errors.join(), /left out.*no such table.*UNIQUE constraint/);
  });

  it('tells once that it cannot be written any more, goes on, and writes it all when it can be', () => {
    const clock = new ManualClock();
    const errors: string[] = [];
    const infos: string[] = [];
    const db = open(undefined, {
      clock,
      onError: (message) => errors.push(message),
      onInfo: (message) => infos.push(message),
    });
    addSession(db, 'a');
    // As on a full disk: the file may not grow any more.
    const pages = Number(db.all('PRAGMA page_count')[0]?.['page_count']);
    db.all(`PRAGMA max_page_count = ${pages}`);
    const long = 'x'.repeat(100_000);
    let ran = 0;
    db.transaction(() => {
      ran++;
      addSession(db, long);
    });
    addSession(db, 'later');
    db.transaction(() => ran++);
    assert.equal(db.flush(), false);
    assert.equal(ran, 2);
    clock.advance(60_000);
    assert.equal(reports.length, 1);
    assert.match(
      reports[0] ?? '',
      /cannot write its store any more: the disk is full\. What was stored up to now is kept.*Free some space/,
    );
    assert.deepEqual(sessionsIn(db), ['a']);
    db.all('PRAGMA max_page_count = 1000000');
    clock.advance(500);
    assert.deepEqual(sessionsIn(db), ['a', 'later', long]);
    assert.deepEqual([reports.length, errors, infos], [1, [], [WRITTEN_AGAIN]]);
  });

  it('is written by two windows at once', () => {
    const [one, two] = [open(), open()];
    for (let i = 0; i < 5; i++) {
      addSession(one, `one ${i}`);
      two.transaction(() => addSession(two, `two ${i}`));
      for (const window of [one, two]) window.flush();
    }
    assert.equal(sessionsIn(one).length, 10);
    assert.deepEqual(sessionsIn(one), sessionsIn(two));
  });

  it('leaves no file behind it that grows: the log is taken in when it is closed', () => {
    const db = open();
    addSession(db, 'a');
    db.close();
    db.close();
    assert.equal(existsSync(path.join(folder, 'deep', 'fanout.db-wal')), false);
  });
});
