import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Claims } from '../../../src/store/claims';
import { Database } from '../../../src/store/database';
import { LockedHosts } from '../../../src/store/hosts';
import { SessionStore } from '../../../src/store/sessionStore';
import { ManualClock } from '../../fakes/manualClock';

const STRANGER = '00000000-0000-4000-8000-000000000000';

// P10
describe('whether a window lives', () => {
  let folder: string;
  let errors: string[];
  const opened: { close(): void }[] = [];
  const hostsIn = (name: string) => {
    const hosts = new LockedHosts(join(folder, name), (message) => errors.push(message));
    opened.push(hosts);
    return hosts;
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fanout-hosts-'));
    errors = [];
  });
  afterEach(() => {
    for (const one of opened.splice(0)) one.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is no question where its file is gone, or nobody holds the lock on it', () => {
    const hosts = hostsIn('windows');
    assert.ok(!hosts.isAlive(STRANGER));
    writeFileSync(join(folder, 'windows', `${STRANGER}.lock`), '');
    assert.ok(!hosts.isAlive(STRANGER));
  });

  it('is taken for granted where it cannot be found out', () => {
    const hosts = hostsIn('windows');
    // No file that could be opened, whoever asks; as where a process has no descriptors left.
    mkdirSync(join(folder, 'windows', `${STRANGER}.lock`));
    assert.ok(hosts.isAlive(STRANGER));
    writeFileSync(join(folder, 'windows', '1.lock'), 'no lock that anybody knows of '.repeat(100));
    assert.ok(hosts.isAlive('1'));
    assert.ok(existsSync(join(folder, 'windows', '1.lock')));
  });

  it('is told by the window itself as soon as it can, and until then it takes nothing and writes nothing', () => {
    // Something is in the way of the folder of the lock files.
    writeFileSync(join(folder, 'windows'), '');
    const clock = new ManualClock();
    const hosts = hostsIn('windows');
    const db = Database.open(join(folder, 'fanout.db'), (sentence) => errors.push(sentence), {
      clock,
      mayWrite: () => hosts.announce(),
    });
    opened.push(db);
    const other = Database.open(join(folder, 'fanout.db'), () => assert.fail());
    opened.push(other);
    const record = { id: 'old', title: '', model: '', createdAt: 0, updatedAt: 0, inbox: [] };
    new SessionStore(other, clock).save(record);
    other.flush();

    const [claims, sessions] = [new Claims(db, hosts), new SessionStore(db, clock)];
    assert.ok(!claims.claim('old'), 'another window would take it for a dead one’s');
    assert.ok(claims.claim('new'), 'of which nobody else knows');
    sessions.save({ ...record, id: 'new' });
    assert.deepEqual([errors.length, new SessionStore(other, clock).list().length], [1, 1]);

    rmSync(join(folder, 'windows'));
    clock.advance(500);
    assert.equal(new SessionStore(other, clock).list().length, 2);
    assert.ok(claims.claim('old'));
    hosts.close();
    assert.ok(!hosts.announce(), 'one that has closed does not come back');
    rmdirSync(join(folder, 'windows'));
  });
});
