import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SessionStore } from '../../../src/store/sessionStore';
import { delegates, gate } from '../../fakes/agentScript';
import { onCall } from '../../fakes/onCall';
import { TestEngine } from '../../fakes/testEngine';

/** A window that died in the middle of a turn, and the one that begins then. */
async function cutOff(): Promise<TestEngine> {
  const fanout = new TestEngine({ main: [gate().answer] });
  fanout.session.send('Hello.');
  await fanout.mainRequest(1);
  fanout.crash();
  return fanout;
}

// P28
describe('looking at a session', () => {
  it('neither mends it nor takes it from another window; working in it does', async () => {
    await using fanout = await cutOff();
    const { sessions } = fanout.engine;
    const [id = ''] = sessions.list().map((record) => record.id);
    assert.equal(sessions.get(id)?.entries.length, 1);
    assert.equal(sessions.last?.id, id);
    assert.equal(sessions.get(id)?.state, 'idle');

    await using second = new TestEngine({ beside: fanout });
    assert.equal(second.engine.sessions.bringToFront(id).entries.length, 2, 'whoever opens it has it, mended');
    fanout.engine.refresh();
    assert.equal(sessions.get(id)?.state, 'elsewhere');
    assert.throws(() => sessions.get(id)?.send('Mine.'), /open in another window/);
    assert.throws(() => sessions.get(id)?.note({ role: 'notice', level: 'info', text: 'x' }), /open in another window/);
  });

  it('makes none where there is none', async () => {
    await using fanout = new TestEngine();
    assert.equal(fanout.engine.sessions.last, undefined);
    assert.deepEqual(fanout.engine.sessions.list(), []);
  });

  it('sees what another window added when it takes it at last', async () => {
    await using first = new TestEngine({ main: ['Hello.'] });
    await first.say('Hello.');
    const { id } = first.session;
    await using second = new TestEngine({ beside: first });
    first.engine.closeStore();
    // Read, not claimed; meanwhile a third window goes on with it and ends.
    const read = second.engine.sessions.get(id);
    assert.ok(read?.entries.length === 2);
    const third = new TestEngine({ beside: first, main: ['Again.'] });
    await third.say('And again.', third.engine.sessions.bringToFront(id));
    third.engine.closeStore();
    second.engine.sessions.bringToFront(id);
    assert.equal(read.entries.length, 4);
    await third.engine.close();
  });
});

// P11
describe('the completion of a session that another window made', () => {
  it('is delivered to it by the window that takes over, also where that never read the list since', async () => {
    await using second = new TestEngine({ main: ['a is here.'] });
    assert.deepEqual(second.engine.sessions.list(), []);
    const first = new TestEngine({ beside: second, main: [delegates('a'), gate().answer], children: { a: ['A'] } });
    first.session.send('Delegate a.');
    await first.mainRequest(2);
    await first.over();
    const { id } = first.session;
    first.engine.closeStore();
    second.engine.refresh();
    const session = second.engine.sessions.get(id);
    assert.ok(session !== undefined);
    await second.idle(session);
    assert.equal(second.delegation.delivery, 'delivered');
    assert.equal(session.entries.filter(({ entry }) => entry.role === 'user').length, 2);
    await first.engine.close();
  });
});

describe('sessions in memory', () => {
  // X8
  it('are only those that were used last, and none is there twice', async () => {
    await using fanout = new TestEngine({ main: Array.from({ length: 12 }, () => 'Yes.') });
    const { sessions } = fanout.engine;
    const shown = fanout.session;
    await fanout.say('Shown.', shown);
    for (let count = 0; count < 11; count++) await fanout.say('Hello?', sessions.create());
    await collectGarbage();
    let reads = 0;
    using _counted = onCall(SessionStore.prototype, 'entries', () => reads++);
    for (const { id } of sessions.list()) assert.equal(sessions.get(id)?.entries.length, 2);
    assert.equal(reads, 3, 'twelve, less the eight that were used last and the one that is shown');
    assert.equal(sessions.get(shown.id), shown);
  });

  // X3
  it('do not look through the conversation while a turn runs', async () => {
    await using fanout = new TestEngine({ main: [gate().answer] });
    fanout.session.send('Hello.');
    await fanout.mainRequest(1);
    let looks = 0;
    using _counted = onCall(Array.prototype, 'findLast', () => looks++);
    assert.equal(fanout.session.canGoOn, false);
    assert.equal(looks, 0);
  });
});

/** What a weak reference was asked for in the same turn of the event loop stays. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  await setTimeout(0);
  assert.ok(typeof collect === 'function');
  Reflect.apply(collect, undefined, []);
}
