import assert from 'node:assert/strict';
import { delegates, gate } from '../../fakes/agentScript';
import { TestEngine } from '../../fakes/testEngine';

/** SQLite's result codes: https://sqlite.org/rescode.html */
const CODES = { busy: 5, io: 10, full: 13, constraint: 19 } as const;
type Fault = keyof typeof CODES;

/** Throws in place of the n-th write (from 1) that a window makes, once. */
function faultAt(n: number, fault: Fault) {
  let count = 0;
  return {
    get count() {
      return count;
    },
    witness: (moment: 'before' | 'after', sql: string) => {
      if (moment === 'before' && ++count === n)
        throw Object.assign(new Error(`${fault} at ${sql}`), { errcode: CODES[fault] });
    },
  };
}

const list = { calls: [{ name: 'list_files', input: { path: '.' } }] };

/** Turns, a queue, a batch with its delivery, a session that goes. Returns what the window shows of it all at the end. */
async function life(fanout: TestEngine, first: ReturnType<typeof gate>) {
  const { engine } = fanout;
  engine.start();
  const session = engine.sessions.create();
  session.send('Delegate a and b.');
  session.send('And then?');
  await fanout.mainRequest(1);
  first.open(delegates('a', 'b'));
  await fanout.mainRequest(2);
  await fanout.over();
  await fanout.idle(session);
  const other = engine.sessions.create();
  await fanout.say('Delete me.', other);
  await engine.sessions.delete(other.id);
  // Whatever had to wait is tried again within this time.
  fanout.clock.advance(1000);
  await fanout.written();
  return { session, blocks: blocksIn(session.entries.map(({ entry }) => entry)), queued: session.queued.length };
}

function blocksIn(entries: readonly { readonly role: string; readonly origin?: string }[]): number {
  return entries.filter(({ role, origin }) => role === 'user' && origin === 'completion').length;
}

async function liveWith(n: number, fault: Fault): Promise<{ readonly writes: number }> {
  const [first, injected] = [gate(), faultAt(n, fault)];
  await using fanout = new TestEngine({
    main: [first.answer, 'They run.', 'Then they end.', 'They are done.', 'Deleted.', 'More.'],
    children: { a: [list, 'done a'], b: ['done b'] },
    witness: injected.witness,
  });
  const at = `${fault} at write ${n}`;
  const { session, blocks, queued } = await life(fanout, first);
  assert.deepEqual([blocks, queued, session.state], [1, 0, 'idle'], at);
  assert.equal(fanout.delegation.delivery, 'delivered', at);
  const isInMemory = fanout.faults.some((text) => text.includes('nothing of this session outlives'));
  const wasLeftOut = fanout.faults.some((text) => text.includes('was left out'));
  const before = structuredClone(session.entries);
  const writes = injected.count;
  const { faults } = fanout;
  fanout.crash({ main: ['Once more.', 'And again.'] });
  fanout.engine.start();
  const again = fanout.engine.sessions.get(session.id);
  if (again !== undefined) await fanout.idle(again);
  const after = again?.entries ?? [];
  assert.ok(blocksIn(after.map(({ entry }) => entry)) <= 1, `twice after ${at}`);
  // What was not said to be lost is there.
  if (!isInMemory && !wasLeftOut) {
    assert.deepEqual(after, before, at);
    assert.ok(!faults.some((text) => text.startsWith('The last of what happened')), at);
  }
  return { writes };
}

describe('a store that fails at any one of its writes', () => {
  for (const faults of [['busy', 'io', 'full'], ['constraint']] as const satisfies readonly (readonly Fault[])[]) {
    it(`(${faults.join(', ')}) leaves nothing stuck, delivers nothing twice, and loses only what it says`, async () => {
      const { writes } = await liveWith(Infinity, 'busy');
      assert.ok(writes > 30, `${writes} writes`);
      for (let n = 1; n <= writes; n++) await liveWith(n, faults[n % faults.length] ?? 'busy');
    }).timeout(120_000);
  }
});
