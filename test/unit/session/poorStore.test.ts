import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { delegates, wordsOf } from '../../fakes/agentScript';
import { canLimitFiles, limitFiles, readOnly } from '../../fakes/poorDisk';
import { TestEngine } from '../../fakes/testEngine';

const storeOf = (fanout: TestEngine) => join(dirname(fanout.path('')), 'store', 'fanout.db');

/** An engine that left one conversation in its store and closed. */
async function closedEngine(): Promise<TestEngine> {
  const fanout = new TestEngine({ main: ['Hello.'] });
  await fanout.say('From before.');
  await fanout.engine.close();
  return fanout;
}

const script = { main: [delegates('a'), 'It runs.', 'Thanks.'], children: { a: ['done a'] } };

/** Everything works in this window, whatever its store does: from a message to the delivered result. */
async function goesAllTheWay(fanout: TestEngine): Promise<void> {
  fanout.engine.start();
  await fanout.say('Delegate a.', fanout.engine.sessions.create());
  await fanout.over();
  await fanout.idle();
  assert.equal(fanout.delegation.delivery, 'delivered');
  assert.match(wordsOf((await fanout.mainRequest(3)).prompt.at(-1) ?? fail()), /done a/);
  const transcript = fanout.engine.transcripts.load(`${fanout.delegation.id}.1`);
  assert.deepEqual(
    transcript.map(({ role }) => role),
    ['user', 'assistant'],
  );
}

const fail = () => assert.fail('There is no such message.');

describe('with a poor store', () => {
  it('that is damaged from the start, a fresh one is begun, and all of a delegation is kept in that', async () => {
    await using fanout = await closedEngine();
    writeFileSync(storeOf(fanout), 'no database '.repeat(1000));
    fanout.crash(script);
    assert.equal(fanout.faults.length, 1);
    assert.match(fanout.faults[0] ?? '', /could not be read.*set aside as .*damaged-1.*a fresh one was begun/);
    await goesAllTheWay(fanout);
    await fanout.reload();
    assert.equal(fanout.delegation.delivery, 'delivered');
    assert.equal(fanout.faults.length, 1);
  });

  it('in which damage shows up later, the session goes on in memory, and the next one on a fresh store', async () => {
    await using fanout = await closedEngine();
    breakTable(storeOf(fanout), 'messages');
    fanout.crash(script);
    assert.deepEqual(fanout.engine.sessions.list().length, 1);
    await goesAllTheWay(fanout);
    assert.equal(fanout.faults.length, 1);
    assert.match(fanout.faults[0] ?? '', /is damaged.*is shown.*lost when the window closes.*Reload the window/);
    await fanout.reload(script);
    assert.match(fanout.faults[1] ?? '', /could not be read.*set aside/);
    await goesAllTheWay(fanout);
    assert.equal(fanout.faults.length, 2);
  });

  it('of a newer version, that is kept whole beside a fresh one', async () => {
    await using fanout = await closedEngine();
    const newer = new DatabaseSync(storeOf(fanout));
    newer.exec('PRAGMA user_version = 9999');
    newer.close();
    fanout.crash(script);
    assert.match(fanout.faults.join(), /newer Fanout\. It was set aside as .*newer-1.*update Fanout/);
    await goesAllTheWay(fanout);
    const aside = new DatabaseSync(`${storeOf(fanout)}.newer-1`);
    assert.equal(aside.prepare('SELECT count(*) AS n FROM messages').get()?.['n'], 2);
    aside.close();
  });

  it('on read-only storage, the session goes on in memory and nothing there is touched', async () => {
    await using fanout = await closedEngine();
    const file = storeOf(fanout);
    const before = readFileSync(file);
    for (const parent of [dirname(fanout.path('')), fanout.path('')]) chmodSync(parent, 0o755);
    {
      using _readOnly = readOnly(dirname(file), [file]);
      fanout.crash(script);
      await goesAllTheWay(fanout);
      await fanout.engine.close();
    }
    const [told, ...others] = fanout.faults;
    assert.match(told ?? '', /cannot use its store: its folder cannot be written.*left as it is.*Make .* writable/);
    assert.deepEqual(others, []);
    assert.deepEqual(readFileSync(file), before);
    fanout.crash();
    assert.equal(fanout.session.entries.length, 2, 'all is there again when it can be written');
  });

  (canLimitFiles ? it : it.skip)('on a disk that is full from the start, the session goes on in memory', async () => {
    await using fanout = new TestEngine();
    await fanout.engine.close();
    const file = storeOf(fanout);
    writeFileSync(file, '');
    {
      using _full = limitFiles(4096);
      fanout.crash(script);
      await goesAllTheWay(fanout);
    }
    assert.match(fanout.faults.join(), /^Fanout cannot use its store: .*nothing of this session outlives the window/);
    await fanout.reload(script);
    await goesAllTheWay(fanout);
    assert.equal(fanout.faults.length, 1);
  });

  (canLimitFiles ? it : it.skip)(
    'on a disk that fills up, all goes on, and what was stored until then is kept',
    async () => {
      await using fanout = await closedEngine();
      fanout.crash(script);
      {
        using _full = limitFiles(statSync(storeOf(fanout)).size);
        await goesAllTheWay(fanout);
        await fanout.engine.close();
      }
      assert.equal(fanout.faults.length, 1);
      assert.match(fanout.faults[0] ?? '', /cannot write its store any more.*stored up to now is kept/);
      fanout.crash();
      assert.equal(fanout.faults.length, 1, 'the file is whole');
      const titles = fanout.engine.sessions.list().map(({ title }) => title);
      assert.ok(titles.includes('From before.'), titles.join());
    },
  );

  it('in which single rows are damaged, those are left out and reported once, and the session goes on', async () => {
    await using fanout = await closedEngine();
    const db = new DatabaseSync(storeOf(fanout));
    db.exec("UPDATE messages SET body = '{' WHERE seq = 1");
    db.exec("INSERT INTO delegations (id, status, dispatched_at, body) VALUES ('deleg_00000000', 'completed', 0, 'x')");
    db.exec("INSERT INTO children (id, delegation_id, task_index, body) VALUES ('c', 'deleg_00000000', 0, '[]')");
    db.close();
    fanout.crash({ main: ['Again.'] });
    assert.equal(fanout.session.entries.length, 2, 'one is left out, and the turn that it cut off is told');
    await fanout.say('And now?');
    assert.equal(fanout.faults.length, 1);
    assert.match(fanout.faults[0] ?? '', /^2 records of .* cannot be read.* left out\. All the rest is there/);
    assert.ok(!existsSync(`${storeOf(fanout)}.is-damaged`));
    fanout.crash();
    assert.equal(fanout.session.entries.length, 4);
  });

  it('keeps no more than the three that were set aside last', async () => {
    await using fanout = await closedEngine();
    for (let n = 1; n <= 5; n++) {
      writeFileSync(storeOf(fanout), `damage ${n} `.repeat(1000));
      fanout.crash();
      await fanout.engine.close();
    }
    const aside = readdirSync(dirname(storeOf(fanout))).filter((name) => name.includes('.damaged-'));
    assert.deepEqual(
      aside.toSorted(),
      [3, 4, 5].map((n) => `fanout.db.damaged-${n}`),
    );
    assert.match(readFileSync(`${storeOf(fanout)}.damaged-5`, 'utf8'), /^damage 5/);
  });
});

/** Writes over the pages of a table, as a disk may that loses a sector. */
function breakTable(file: string, table: string): void {
  const db = new DatabaseSync(file);
  const page = Number(db.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').get(table)?.['rootpage']);
  const size = Number(db.prepare('PRAGMA page_size').get()?.['page_size']);
  db.close();
  const bytes = readFileSync(file);
  bytes.fill(0xff, (page - 1) * size, page * size);
  writeFileSync(file, bytes);
}
