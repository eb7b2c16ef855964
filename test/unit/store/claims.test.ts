import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Claims } from '../../../src/store/claims';
import { Database } from '../../../src/store/database';
import { LockedHosts } from '../../../src/store/hosts';

/** A window of another process, in so far as it holds its lock: killed, it leaves no word behind. */
const OTHER_WINDOW = `
  const { DatabaseSync } = require('node:sqlite');
  const lock = new DatabaseSync(process.argv[2], { timeout: 0 });
  lock.exec('BEGIN EXCLUSIVE');
  process.send('held');
  process.on('message', () => {});
`;

describe('claims', () => {
  let folder: string;
  const opened: { close(): void }[] = [];
  const keep = <T extends { close(): void }>(one: T): T => {
    opened.push(one);
    return one;
  };

  /** One window on the folder's store. */
  function openWindow() {
    const db = keep(Database.open(join(folder, 'store.sqlite'), () => assert.fail('the store has a problem')));
    const hosts = keep(new LockedHosts(join(folder, 'hosts'), () => assert.fail('it cannot be told')));
    return { db, hosts, claims: new Claims(db, hosts) };
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'claims-'));
  });
  afterEach(async () => {
    for (const one of opened.splice(0)) one.close();
    await rm(folder, { recursive: true });
  });

  it('gives a thing to one of two windows, and to the other when the first has closed', () => {
    const [first, second] = [openWindow(), openWindow()];
    assert.ok(first.claims.claim('session-1'));
    assert.ok(!second.claims.claim('session-1'));
    assert.ok(second.claims.isElsewhere('session-1'));
    assert.ok(first.claims.claim('session-1'), 'it stays with who has it');
    first.hosts.close();
    assert.ok(!second.claims.isElsewhere('session-1'));
    assert.ok(second.claims.claim('session-1'));
  });

  it('gives it to one only of two that find its window dead', () => {
    const [dead, second, third] = [openWindow(), openWindow(), openWindow()];
    dead.claims.claim('session-1');
    dead.hosts.close();
    const taken = [second, third].map(({ claims }) => claims.claim('session-1'));
    assert.deepEqual(taken, [true, false]);
  });

  it('knows a window by its lock, so that a killed one is dead at once', async () => {
    const window = openWindow();
    const id = '00000000-0000-4000-8000-000000000000';
    const script = join(folder, 'window.cjs');
    await writeFile(script, OTHER_WINDOW);
    const other = fork(script, [join(folder, 'hosts', `${id}.lock`)], { stdio: 'ignore' });
    await once(other, 'message');
    assert.ok(window.hosts.isAlive(id));
    other.kill('SIGKILL');
    await once(other, 'exit');
    assert.ok(!window.hosts.isAlive(id));
    assert.ok(!openWindow().hosts.isAlive(id), 'and its file is swept away');
  });
});
