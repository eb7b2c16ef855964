import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { Database } from '../../../src/store/database';
import { MIGRATIONS } from '../../../src/store/migrations';

/** What one window found. */
interface Opened {
  readonly reports: readonly string[];
  readonly version: number;
  readonly sessions: number;
  readonly inMemory: boolean;
}

const WINDOWS = 4;

/** Opens the file in several processes at once. */
async function openAtOnce(file: string): Promise<Opened[]> {
  const windows = Array.from({ length: WINDOWS }, () => fork(fileURLToPath(import.meta.url), [file]));
  await Promise.all(windows.map((window) => once(window, 'message')));
  const answers = windows.map((window) => once(window, 'message'));
  const ends = windows.map((window) => once(window, 'exit'));
  for (const window of windows) window.send('go');
  const opened = (await Promise.all(answers)).map(([answer]) => answer as Opened);
  for (const window of windows) window.disconnect();
  await Promise.all(ends);
  return opened;
}

/** What a window does: it opens when it is told to, and keeps the file open until it is told to end. */
function runWindow(file: string): void {
  process.once('message', () => {
    const reports: string[] = [];
    const db = Database.open(file, (sentence, error) => reports.push(`${sentence} (${String(error)})`));
    process.once('disconnect', () => db.close());
    const tell = () => {
      const version = Number(db.all('PRAGMA user_version')[0]?.['user_version']);
      process.send?.({ reports, version, sessions: db.all('SELECT * FROM sessions').length, inMemory: db.isInMemory });
    };
    // It waits for the others, if for any, without holding up its process.
    void db.ready.then(tell);
  });
  process.send?.('ready');
}

function oldStore(file: string, version: number): void {
  const old = new DatabaseSync(file);
  old.exec('PRAGMA journal_mode = WAL');
  for (const step of MIGRATIONS.slice(0, version)) old.exec(step);
  old.exec(`PRAGMA user_version = ${version}`);
  old.exec("INSERT INTO sessions (id, title, model, created_at, updated_at) VALUES ('old', '', '', 0, 0)");
  old.close();
}

function describeRaces(): void {
  let folder: string;
  const file = () => join(folder, 'fanout.db');
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fanout-race-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const all = (sessions: number): Opened[] =>
    Array.from({ length: WINDOWS }, () => ({ reports: [], version: MIGRATIONS.length, sessions, inMemory: false }));

  it('make it where there is none', async () => assert.deepEqual(await openAtOnce(file()), all(0)));

  for (const version of MIGRATIONS.keys()) {
    if (version === 0) continue;
    it(`bring one of version ${version} up to date once, and keep one copy of it`, async () => {
      oldStore(file(), version);
      assert.deepEqual(await openAtOnce(file()), all(1));
      // Windows that close at the same moment leave the log beside the file: each waits for the other to be the last.
      const kept = readdirSync(folder).filter(
        (name) => !['fanout.db', 'fanout.db-wal', 'fanout.db-shm'].includes(name),
      );
      assert.deepEqual(kept, [`fanout.db.backup-${version}`]);
      const copy = new DatabaseSync(join(folder, `fanout.db.backup-${version}`));
      assert.equal(copy.prepare('PRAGMA user_version').get()?.['user_version'], version);
      assert.equal(copy.prepare('SELECT id FROM sessions').get()?.['id'], 'old');
      copy.close();
    });
  }

  it('set a damaged one aside once, and share the fresh one', async () => {
    writeFileSync(file(), 'no database '.repeat(1000));
    const opened = await openAtOnce(file());
    assert.deepEqual(
      opened.map(({ inMemory, version }) => [inMemory, version]),
      opened.map(() => [false, MIGRATIONS.length]),
    );
    assert.equal(opened.flatMap(({ reports }) => reports).length, 1);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes('damaged')),
      ['fanout.db.damaged-1'],
    );
  });
}

const [, , file] = process.argv;
if (process.send !== undefined && file !== undefined && typeof describe === 'undefined') runWindow(file);
else describe('windows that open one store at once', describeRaces);
