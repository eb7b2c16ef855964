import assert from 'node:assert/strict';
import { isOver } from '../../../src/delegation/delegation';
import type { Database } from '../../../src/store/database';
import { SessionStore } from '../../../src/store/sessionStore';
import { ManualClock } from '../../fakes/manualClock';
import { MortalStore } from '../../fakes/mortalStore';
import type { PoolHarness } from './poolHarness';
import { inBackground, memoryDatabase, poolHarness, SESSION, summariesOf, whenOver } from './poolHarness';

const OTHER = 'session-2';

/** The conversations on the disk, into which completions are taken in the transaction of their delivery. */
function conversations(db: Database) {
  const store = new SessionStore(db, new ManualClock());
  for (const id of [SESSION, OTHER]) {
    if (store.list().every((session) => session.id !== id))
      store.save({ id, title: '', model: '', createdAt: 0, updatedAt: 0, inbox: [] });
  }
  return {
    take: ({ completions }: PoolHarness, session: string) => {
      for (const { id } of completions.waitingFor(session)) {
        completions.take(id, (delegation) => {
          const text = summariesOf(delegation).join();
          const seq = store.entries(session).length;
          store.append(session, seq, { role: 'user', origin: 'completion', delegationId: id, text });
        });
      }
    },
    /** All blocks that were ever appended, wherever. */
    blocks: () =>
      [SESSION, OTHER].flatMap((id) =>
        store.entries(id).flatMap(({ entry }) => (entry.role === 'user' ? [[entry.delegationId, entry.text]] : [])),
      ),
  };
}

/** Two delegations from dispatch to delivery; the second one's completion is sent to another session first. */
async function liveUntilKilled(db: Database, writes: number): Promise<{ survived: boolean; ids: string[] }> {
  let mortal: MortalStore | undefined;
  const harness = poolHarness({ db, wrap: (store) => (mortal = new MortalStore(store, writes)) });
  const { pool, children, completions } = harness;
  const a = inBackground(harness, ['a1', 'a2']).id;
  const b = inBackground(harness, 'b').id;
  await children.release('a2', 'A2');
  await children.release('a1', 'A1');
  await whenOver(pool, a);
  const disk = conversations(db);
  // A dead process takes nothing: its writes would go past the wrapper.
  disk.take(harness, SESSION);
  await children.release('b', 'B');
  await whenOver(pool, b);
  completions.orphan(SESSION);
  completions.readdress(b, OTHER);
  disk.take(harness, OTHER);
  return { survived: mortal?.survived ?? false, ids: [a, b] };
}

describe('a process that is killed', () => {
  it('C37 at any write loses nothing that was finished and delivers nothing twice', async () => {
    let survived = false;
    for (let writes = 0; !survived; writes++) {
      const db = memoryDatabase();
      const before = await liveUntilKilled(db, writes);
      ({ survived } = before);
      const where = `killed after ${writes} writes`;
      const disk = conversations(db);
      for (let restarts = 0; restarts < 2; restarts++) {
        const after = poolHarness({ db });
        for (const orphan of after.pool.list().filter(({ delivery }) => delivery === 'undelivered'))
          after.completions.readdress(orphan.id, OTHER);
        for (const session of after.completions.addressees()) disk.take(after, session);
      }
      const { pool } = poolHarness({ db });
      const listed = pool.list();
      assert.ok(
        listed.every(({ status, delivery }) => isOver(status) && delivery === 'delivered'),
        where,
      );
      assert.deepEqual(
        disk
          .blocks()
          .map(([id]) => id)
          .sort(),
        listed.map(({ id }) => id).sort(),
        where,
      );
      for (const delegation of listed) {
        const [, text] = disk.blocks().find(([id]) => id === delegation.id) ?? [];
        assert.equal(text, summariesOf(delegation).join(), where);
      }
      if (survived)
        assert.deepEqual(
          listed.map(({ id, status }) => [id, status]),
          before.ids.map((id) => [id, 'completed']),
        );
    }
  });
});
