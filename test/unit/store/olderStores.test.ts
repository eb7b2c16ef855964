import assert from 'node:assert/strict';
import { globSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { MIGRATIONS } from '../../../src/store/migrations';
import { TestEngine } from '../../fakes/testEngine';

const stores = globSync('test/fixtures/stores/*.sql').map((file) => path.resolve(file));

/** A window on the store that the SQL makes. */
async function openOlder(sql: string): Promise<TestEngine> {
  const fanout = new TestEngine();
  await fanout.engine.close();
  rmSync(fanout.storeFile);
  const db = new DatabaseSync(fanout.storeFile, { enableForeignKeyConstraints: false });
  db.exec(sql);
  db.close();
  fanout.crash({ main: ['Noted.', 'Noted as well.'] });
  return fanout;
}

// P1
describe('the store of each version that there ever was', () => {
  it('is among the fixtures, the newest one too', () => {
    // `node test/fixtures/stores/dump.mjs` makes one of a store that was just written.
    const versions = stores.map((file) => Number(/v(\d+)\.sql$/.exec(file)?.[1])).toSorted((a, b) => a - b);
    assert.deepEqual(
      versions,
      MIGRATIONS.map((_, index) => index + 1),
    );
  });

  for (const file of stores) {
    it(`C71 opens as ${path.basename(file, '.sql')} wrote it, with all that is in it`, async () => {
      await using fanout = await openOlder(readFileSync(file, 'utf8'));
      const { pool, sessions, search, transcripts } = fanout.engine;
      assert.deepEqual(
        sessions
          .list()
          .map(({ title }) => title)
          .toSorted(),
        ['List the files.', 'Watch the shop and count the stock.'],
      );
      const ends = pool
        .list()
        .flatMap(({ children }) => children)
        .map(({ task, state }) => [task.goal, state.status, 'summary' in state ? state.summary : '']);
      assert.deepEqual(ends, [
        ['Audit the cart', 'completed', 'The cart is fine.'],
        ['Audit the till', 'completed', 'The till is short by 5.'],
        ['Watch the shop', 'unknown', 'Looking.'],
        ['Count the stock', 'completed', 'There are 12.'],
      ]);
      assert.deepEqual(
        transcripts.load(pool.list()[0]?.children[0]?.id ?? '').map(({ role }) => role),
        ['user', 'assistant', 'tool', 'assistant'],
      );
      const delivered = () => pool.list().map(({ delivery }) => delivery);
      assert.deepEqual(delivered(), ['delivered', 'pending', 'pending']);
      fanout.engine.start();
      const other = sessions.list().find(({ title }) => title.startsWith('Watch'));
      await fanout.idle(sessions.get(other?.id ?? ''));
      assert.equal(sessions.get(other?.id ?? '')?.queued.length, 0);
      // What is from before there was a search is taken in a little at a time.
      fanout.clock.advance(10_000);
      assert.equal(search.find('short by', 10).length, 1);
      assert.deepEqual(fanout.faults, []);
    });
  }
});
