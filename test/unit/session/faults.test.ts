import assert from 'node:assert/strict';
import { SessionStore } from '../../../src/store/sessionStore';
import { delegates, gate } from '../../fakes/agentScript';
import { onCall } from '../../fakes/onCall';
import { assertLegal } from '../../fakes/promptRules';
import { TestEngine } from '../../fakes/testEngine';
import { turnsOf } from '../../fakes/turns';

type Write = 'append' | 'appendAndSave' | 'save';

/** Sessions cannot be written until it is disposed of; `left` = how many of the writes fail, all by default. */
function unwritable(writes: readonly Write[], left = Infinity): Disposable & { readonly failed: number } {
  let failed = 0;
  const fail = () => {
    if (failed >= left) return;
    failed++;
    throw new Error('database is locked');
  };
  const broken = writes.map((write) => onCall(SessionStore.prototype, write, fail));
  return {
    get failed() {
      return failed;
    },
    [Symbol.dispose]: () => broken.forEach((write) => write[Symbol.dispose]()),
  };
}

/** The results of a delegation cannot be made into a block while this holds; how often that was tried. */
function breakBlocks({ engine }: TestEngine, isBroken: (id: string) => boolean): { readonly tries: readonly string[] } {
  const tries: string[] = [];
  const settled = engine.worktrees.settled.bind(engine.worktrees);
  engine.worktrees.settled = (delegation) => {
    tries.push(delegation.id);
    return isBroken(delegation.id) ? Promise.reject(new RangeError('Too many tildes')) : settled(delegation);
  };
  return { tries };
}

const completionsIn = ({ session }: TestEngine): readonly string[] =>
  session.entries.flatMap(({ entry }) =>
    entry.role === 'user' && entry.origin === 'completion' ? [entry.delegationId ?? ''] : [],
  );

const errorsIn = ({ session }: TestEngine): readonly string[] =>
  session.entries.flatMap(({ entry }) => (entry.role === 'notice' && entry.level === 'error' ? [entry.text] : []));

// P3
describe('C73 a completion whose delivery throws', () => {
  it('is delivered after the next turn, once, and the user knows that it is kept', async () => {
    await using fanout = new TestEngine({
      main: [delegates('a'), 'It runs.', 'Hello.', 'a is here.'],
      children: { a: ['A'] },
    });
    let broken = true;
    const { tries } = breakBlocks(fanout, () => broken);
    await fanout.say('Delegate a.');
    await fanout.over();
    await fanout.idle();
    const { id } = fanout.delegation;
    assert.deepEqual(completionsIn(fanout), []);
    assert.equal(fanout.delegation.delivery, 'pending');
    assert.equal(errorsIn(fanout).length, 1);
    assert.ok(errorsIn(fanout)[0]?.includes(id));
    assert.equal(tries.length, 1, 'it is not tried in a circle');

    broken = false;
    await fanout.say('Hello.');
    await fanout.idle();
    assert.deepEqual(completionsIn(fanout), [id]);
    assert.equal(fanout.delegation.delivery, 'delivered');
    for (const { prompt } of fanout.mainRequests) assertLegal(prompt);
  });

  it('is delivered by Try Again, and by a reload', async () => {
    await using fanout = new TestEngine({ main: [delegates('a'), 'It runs.', 'a is here.'], children: { a: ['A'] } });
    let broken = true;
    breakBlocks(fanout, () => broken);
    await fanout.say('Delegate a.');
    await fanout.over();
    await fanout.idle();
    fanout.session.goOn();
    await fanout.idle();
    assert.equal(errorsIn(fanout).length, 2, 'who asks is told');
    broken = false;
    fanout.session.goOn();
    await fanout.idle();
    assert.equal(completionsIn(fanout).length, 1);

    await using other = new TestEngine({ main: [delegates('a'), 'It runs.'], children: { a: ['A'] } });
    breakBlocks(other, () => true);
    await other.say('Delegate a.');
    await other.over();
    await other.idle();
    await other.reload({ main: ['a is here.'] });
    other.engine.start();
    await other.idle();
    assert.equal(completionsIn(other).length, 1);
  });

  it('for ever blocks neither the others nor what is typed, and is told once', async () => {
    await using fanout = new TestEngine({
      main: [delegates('a'), delegates('b'), 'Both run.', 'b is here.', 'Hello.'],
      children: { a: ['A'], b: ['B'] },
    });
    const first = () => fanout.engine.pool.list()[0]?.id;
    const { tries } = breakBlocks(fanout, (id) => id === first());
    await fanout.say('Delegate a and b.');
    for (const { id } of fanout.engine.pool.list()) await fanout.over(id);
    await fanout.idle();
    await fanout.say('Hello.');
    assert.deepEqual(completionsIn(fanout), [fanout.delegation.id]);
    assert.equal(errorsIn(fanout).length, 1);
    assert.ok(tries.length <= 5, `${tries.length} tries`);
    assert.equal(fanout.session.state, 'idle');
  });

  it('where its block cannot be written is in neither the conversation nor the store, and comes once', async () => {
    const done = gate();
    await using fanout = new TestEngine({
      main: [delegates('a'), 'It runs.', 'Hello.', 'a is here.'],
      children: { a: [done.answer] },
    });
    await fanout.say('Delegate a.');
    await fanout.childRequest('a');
    {
      using store = unwritable(['append', 'appendAndSave', 'save']);
      done.open('A');
      await fanout.over();
      await fanout.idle();
      assert.ok(store.failed > 0);
      assert.deepEqual(completionsIn(fanout), []);
      assert.equal(fanout.session.state, 'idle');
    }
    await fanout.say('Hello.');
    await fanout.idle();
    assert.equal(completionsIn(fanout).length, 1);
    fanout.crash();
    assert.equal(completionsIn(fanout).length, 1);
  });
});

// P2
describe('a session whose store cannot be written for a while', () => {
  it('queues nothing where sending throws', async () => {
    await using fanout = new TestEngine({ main: ['Hello.'] });
    {
      using _store = unwritable(['save', 'append', 'appendAndSave']);
      assert.throws(() => fanout.session.send('Hello?'), /locked/);
      assert.deepEqual([fanout.session.queued, fanout.session.state], [[], 'idle']);
    }
    await fanout.say('Hello?');
    assert.deepEqual(turnsOf(fanout), ['Hello?']);
    assert.equal(fanout.mainRequests.length, 1);
  });

  it('keeps in the queue what could not begin, and begins it with the next message', async () => {
    await using fanout = new TestEngine({ main: ['One.', 'Two.'] });
    {
      using _store = unwritable(['appendAndSave']);
      fanout.session.send('one');
      assert.deepEqual([fanout.session.queued, fanout.session.state], [['one'], 'idle']);
    }
    await fanout.say('two');
    await fanout.idle();
    assert.deepEqual(turnsOf(fanout), ['one', 'two']);
  });

  it('comes to rest and goes on with the queue when the end of a turn cannot be written', async () => {
    const reply = gate();
    await using fanout = new TestEngine({ main: [reply.answer, 'Two.'] });
    fanout.session.send('one');
    await fanout.mainRequest(1);
    fanout.session.send('two');
    {
      // The reply, the notice that says so, and the record.
      using store = unwritable(['append', 'save'], 3);
      reply.open('One.');
      await fanout.mainRequest(2);
      assert.equal(store.failed, 3);
    }
    await fanout.idle();
    assert.deepEqual(turnsOf(fanout), ['one', 'two']);
    assert.deepEqual([fanout.session.queued, fanout.session.state], [[], 'idle']);
  });

  it('closes, and lets the store go', async () => {
    const fanout = new TestEngine({ main: [gate().answer] });
    await using beside = new TestEngine({ beside: fanout });
    await using _fanout = fanout;
    fanout.session.send('one');
    await fanout.mainRequest(1);
    {
      using _store = unwritable(['append', 'save', 'appendAndSave']);
      await fanout.engine.close();
    }
    beside.engine.refresh();
    assert.equal(beside.engine.sessions.bringToFront(fanout.engine.sessions.list()[0]?.id ?? '').state, 'idle');
  });
});
