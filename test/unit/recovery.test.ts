import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { CompletionQueue } from '../../src/delegation/completions';
import type { Delegation } from '../../src/delegation/delegation';
import { DelegationPool } from '../../src/delegation/pool';
import { NOT_TAKEN_UP } from '../../src/store/storeFaults';
import { delegates, gate } from '../fakes/agentScript';
import { TestEngine } from '../fakes/testEngine';

async function twoDelegations(): Promise<TestEngine> {
  const fanout = new TestEngine({
    main: [delegates('a'), 'Runs.', 'Is done.', delegates('b'), 'Runs.'],
    children: { a: ['done a'], b: [gate().answer] },
  });
  fanout.engine.start();
  await fanout.say('Delegate a.');
  await fanout.over();
  await fanout.idle();
  await fanout.say('Delegate b.');
  return fanout;
}

/** While this is held `restore` throws for what `isHit` says. */
function mistakeIn(owner: object, isHit: (delegations: readonly Delegation[]) => boolean): Disposable {
  const restore: unknown = Reflect.get(owner, 'restore');
  Reflect.set(owner, 'restore', function (this: unknown, delegations: readonly Delegation[], ...rest: unknown[]) {
    if (isHit(delegations)) throw new Error('a mistake of ours');
    if (typeof restore === 'function') Reflect.apply(restore, this, [delegations, ...rest]);
  });
  return { [Symbol.dispose]: () => void Reflect.set(owner, 'restore', restore) };
}

// P1
describe('activation', () => {
  for (const [what, owner] of [
    ['takes up what is stored', DelegationPool.prototype],
    ['queues what waits', CompletionQueue.prototype],
  ] as const) {
    it(`goes on where the code that ${what} throws, and says so once`, async () => {
      await using fanout = await twoDelegations();
      {
        using _mistake = mistakeIn(owner, () => true);
        fanout.crash({ main: ['It works.'] });
      }
      fanout.engine.start();
      assert.equal(fanout.faults.filter((sentence) => sentence === NOT_TAKEN_UP).length, 1);
      assert.equal(fanout.session.entries.length > 4, true, 'sessions are there');
      await fanout.say('Does it work?', fanout.engine.sessions.create());
      assert.equal(fanout.session.entries.length, 2);
    });
  }

  it('takes up all the others where one delegation cannot be', async () => {
    await using fanout = await twoDelegations();
    const [first, second] = fanout.engine.pool.list().map(({ id }) => id);
    {
      using _mistake = mistakeIn(DelegationPool.prototype, (delegations) => delegations.some(({ id }) => id === first));
      fanout.crash({ main: ['Noted.'] });
    }
    assert.deepEqual(
      fanout.engine.pool.list().map(({ id, status }) => [id, status]),
      [[second, 'unknown']],
    );
  });

  // P12
  it('lists a delegation as unknown none of whose agents can be read, returns it, and runs nothing of it', async () => {
    await using fanout = await twoDelegations();
    const { id } = fanout.delegation;
    fanout.engine.closeStore();
    const db = new DatabaseSync(fanout.storeFile);
    db.prepare("UPDATE children SET body = '{' WHERE delegation_id = ?").run(id);
    db.close();
    fanout.crash({ main: ['Noted.'] });
    fanout.engine.start();
    await fanout.idle();
    const { status, delivery, children } = fanout.delegation;
    assert.deepEqual([fanout.delegation.id, status, delivery, children.length], [id, 'unknown', 'delivered', 0]);
    assert.equal(fanout.engine.pool.retry(id), undefined);
    const block = fanout.session.entries.findLast(
      ({ entry }) => entry.role === 'user' && entry.origin === 'completion',
    );
    assert.ok(block !== undefined && 'text' in block.entry && block.entry.text.includes('damaged'));
  });
});
