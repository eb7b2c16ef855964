import assert from 'node:assert/strict';
import { delegates, gate, wordsOf } from '../../fakes/agentScript';
import { TestEngine } from '../../fakes/testEngine';
import { until } from '../../fakes/until';

const completionsIn = ({ session }: TestEngine): number =>
  session.entries.filter(({ entry }) => entry.role === 'user' && entry.origin === 'completion').length;

/** A window in which one delegation runs, its child held at a gate. */
async function busyWindow() {
  const held = gate();
  const first = new TestEngine({
    main: [delegates('a'), 'It runs.', 'Thanks.'],
    children: { a: [held.answer] },
  });
  await first.say('Delegate a.');
  await first.childRequest('a');
  first.engine.start();
  return { first, held };
}

describe('two windows on one workspace', () => {
  it('the second one shows what the first runs, and cannot touch it', async () => {
    const { first, held } = await busyWindow();
    await using _first = first;
    await using second = new TestEngine({ beside: first });
    const { pool } = second.engine;
    const { id } = second.delegation;
    assert.equal(second.delegation.status, 'running');
    assert.ok(pool.isElsewhere(id));
    assert.ok(!pool.cancel(id));
    assert.ok(!pool.cancel(`${id}.1`));
    assert.ok(!pool.remove(id));
    assert.equal(pool.retry(id), undefined);
    assert.equal(pool.cancelAll(), 0);

    held.open('done');
    await first.over();
    await first.idle();
    await first.written();
    second.engine.refresh();
    assert.equal(second.delegation.status, 'completed');
    assert.equal(second.delegation.delivery, 'delivered');
    assert.equal(second.model.requests.length, 0, 'the second window ran nothing');
  });

  it('the second one begins with a session of its own, and reads along in that of the first', async () => {
    const { first, held } = await busyWindow();
    await using _first = first;
    await using second = new TestEngine({ beside: first, main: ['Mine.'] });
    assert.notEqual(second.session.id, first.session.id);
    await second.say('Hello.');
    assert.equal(second.session.state, 'idle');

    const shared = second.engine.sessions.bringToFront(first.session.id);
    assert.equal(shared.state, 'elsewhere');
    assert.throws(() => shared.send('Me too.'), /open in another window/);
    held.open('done');
    await first.over();
    await first.idle();
    await first.written();
    second.engine.refresh();
    assert.deepEqual(
      shared.entries.map(({ entry }) => entry.role),
      first.session.entries.map(({ entry }) => entry.role),
    );
    await assert.rejects(second.engine.sessions.delete(shared.id), /open in another window/);
  });

  it('C37 takes over what a window left that died: what ran is unknown, and is delivered once', async () => {
    const { first } = await busyWindow();
    await using _first = first;
    await using second = new TestEngine({ beside: first, main: ['I see.'] });
    await using third = new TestEngine({ beside: first, main: ['I see.'] });
    second.engine.start();
    third.engine.start();
    const { id } = first.session;
    second.engine.sessions.bringToFront(id);
    first.engine.closeStore();
    await first.written();
    second.engine.refresh();
    third.engine.refresh();
    await second.idle();
    assert.equal(second.session.id, id);
    assert.equal(second.delegation.status, 'unknown');
    assert.equal(completionsIn(second), 1);
    const block = (await second.mainRequest(1)).prompt.at(-1);
    assert.match(block === undefined ? '' : wordsOf(block), /unknown/);
    assert.equal(third.model.requests.length, 0);
    await second.say('Go on.');
    assert.equal(second.session.state, 'idle');
  });

  it('C31 the second one leaves alone what the first goes on running for a session that was deleted', async () => {
    const { first, held } = await busyWindow();
    await using _first = first;
    await using second = new TestEngine({ beside: first });
    const { id } = first.delegation;
    await first.engine.sessions.delete(first.session.id);
    await first.written();
    second.engine.refresh();
    assert.ok(second.engine.pool.isElsewhere(id));
    assert.equal(second.engine.pool.get(id)?.status, 'running');
    held.open('done');
    assert.equal((await first.over(id)).status, 'completed');
    await first.written();
    second.engine.refresh();
    assert.equal(second.engine.pool.get(id)?.delivery, 'undelivered');
    assert.ok(second.engine.pool.isElsewhere(id));
  });

  it('a session that is being deleted does not come back because another window wrote meanwhile', async () => {
    await using fanout = new TestEngine({ main: [gate().answer] });
    const { session } = fanout;
    session.send('one');
    session.send('two');
    await fanout.mainRequest(1);
    const deleted = fanout.engine.sessions.delete(session.id);
    fanout.engine.refresh();
    await deleted;
    await fanout.idle();
    assert.equal(fanout.engine.sessions.get(session.id), undefined);
    assert.equal(fanout.mainRequests.length, 1, 'what was queued in it is not begun');
    assert.deepEqual(fanout.faults, []);
  });

  it('is told when another window writes, without being asked to look', async () => {
    await using first = new TestEngine({ main: ['Hello.'] });
    first.engine.start();
    await using second = new TestEngine({ beside: first });
    second.engine.start();
    assert.equal(second.engine.sessions.list().length, 0);
    const seen = until(() => second.engine.sessions.list().length === 1, second.engine.sessions.onDidChange);
    await first.say('Hello.');
    // The file system tells of the write; what it tells is gathered for a moment.
    await second.clock.waitForTimers(1);
    second.clock.advance(200);
    await seen;
  });
});
