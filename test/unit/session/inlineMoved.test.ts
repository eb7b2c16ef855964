import assert from 'node:assert/strict';
import { delegates, gate } from '../../fakes/agentScript';
import { assertLegal } from '../../fakes/promptRules';
import { TestEngine } from '../../fakes/testEngine';
import { newest, turnsOf } from '../../fakes/turns';
import { until } from '../../fakes/until';

/** A turn that waits for `b`, which runs inline beside `a`. */
async function inlineTurn(main: NonNullable<ConstructorParameters<typeof TestEngine>[0]>['main']) {
  const [a, b] = [gate(), gate()];
  const two = { calls: ['a', 'b'].map((goal) => ({ name: 'delegate_task', input: { goal } })) };
  const fanout = new TestEngine({
    main: [two, ...(main ?? [])],
    children: { a: [a.answer], b: [b.answer] },
    delegation: { maxAsyncDelegations: 1 },
  });
  fanout.session.send('Delegate a and b.');
  await fanout.childRequest('a');
  await fanout.childRequest('b');
  const inline = fanout.delegation;
  assert.equal(inline.mode, 'inline');
  return { fanout, a, b, id: inline.id };
}

/** What the second call of the turn was answered. */
function answerOf({ session }: TestEngine): Record<string, unknown> {
  const results = session.entries.flatMap(({ entry }) => (entry.role === 'tool' ? entry.results : []));
  return JSON.parse(results[1]?.text ?? '{}') as Record<string, unknown>;
}

const completionsOf = ({ session }: TestEngine, id: string) =>
  session.entries.filter(({ entry }) => entry.role === 'user' && entry.delegationId === id).length;

describe('a turn that waits for a delegation inline', () => {
  it('C56 goes on when the user sends a message: a handle, the message as a turn of its own, one completion', async () => {
    // P8
    const { fanout, a, b, id } = await inlineTurn(['It was moved.', 'Hello to you.', 'b is in.', 'a is in.']);
    await using _fanout = fanout;
    fanout.session.send('Hello?');
    await fanout.mainRequest(3);
    await fanout.idle();
    const { mode, status, delegation_id, note } = answerOf(fanout);
    assert.deepEqual([mode, status, delegation_id], ['background', 'dispatched', id]);
    assert.match(String(note), /was moved to the background.*results will arrive later as a new message/s);
    assert.deepEqual(turnsOf(fanout), ['Delegate a and b.', 'Hello?']);
    b.open('b is done.');
    await fanout.mainRequest(4);
    await fanout.idle();
    a.open('a is done.');
    await fanout.mainRequest(5);
    await fanout.idle();
    assert.equal(completionsOf(fanout, id), 1);
    assert.match(newest(fanout.mainRequests[3] ?? assert.fail()), /b is done\./);
    for (const { prompt } of fanout.mainRequests) assertLegal(prompt);
  });

  it('C57 goes on when it is moved to the background by hand', async () => {
    const { fanout, b, id } = await inlineTurn(['It was moved.', 'b is in.']);
    await using _fanout = fanout;
    assert.equal(fanout.engine.pool.detach(id), true);
    await fanout.mainRequest(2);
    await fanout.idle();
    assert.equal(answerOf(fanout)['mode'], 'background');
    b.open('b is done.');
    await fanout.mainRequest(3);
    await fanout.idle();
    assert.equal(completionsOf(fanout, id), 1);
  });

  it('is not held up by what it delegates once something typed waits', async () => {
    const [a, b, first] = [gate(), gate(), gate()];
    await using fanout = new TestEngine({
      main: [delegates('a'), first.answer, 'Both run.', 'Hello to you.'],
      children: { a: [a.answer], b: [b.answer] },
      delegation: { maxAsyncDelegations: 1 },
    });
    fanout.session.send('Delegate a, then b.');
    await fanout.mainRequest(2);
    fanout.session.send('Hello?');
    first.open(delegates('b'));
    await fanout.mainRequest(4);
    await fanout.idle();
    assert.deepEqual([fanout.delegation.mode, fanout.delegation.status], ['background', 'queued']);
  });

  it('stopping the turn after that leaves the delegation alone; stopping it before does not', async () => {
    const held = gate();
    const { fanout, id } = await inlineTurn([held.answer, 'Hello to you.']);
    await using _fanout = fanout;
    fanout.session.send('Hello?');
    await fanout.mainRequest(2);
    fanout.session.stop();
    await fanout.mainRequest(3);
    await fanout.idle();
    assert.equal(fanout.engine.pool.get(id)?.status, 'running');
  });

  it('C37 a crash after the move: the delegation comes back as one of the background does, once', async () => {
    const held = gate();
    const { fanout, id } = await inlineTurn([held.answer]);
    await using _fanout = fanout;
    fanout.engine.pool.detach(id);
    await fanout.mainRequest(2);
    fanout.crash({ main: ['I see.', 'I see that too.'] });
    fanout.engine.start();
    const { pool, sessions } = fanout.engine;
    await until(
      () => pool.list().every(({ delivery }) => delivery === 'delivered'),
      pool.onDidChange,
      sessions.onDidChange,
    );
    await fanout.idle();
    assert.deepEqual([pool.get(id)?.status, completionsOf(fanout, id)], ['unknown', 1]);
  });
});
