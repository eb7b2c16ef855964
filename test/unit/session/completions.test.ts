import assert from 'node:assert/strict';
import { delegates, gate } from '../../fakes/agentScript';
import { assertGrowing, assertLegal } from '../../fakes/promptRules';
import { TestEngine } from '../../fakes/testEngine';
import { newest, turnsOf } from '../../fakes/turns';

describe('a completion', () => {
  it('C24 for an idle session starts a turn at once', async () => {
    const child = gate();
    await using fanout = new TestEngine({
      main: [delegates('count the files'), 'It runs.', 'There are 3 files.'],
      children: { 'count the files': [child.answer] },
    });
    await fanout.say('Count the files.');
    assert.equal(fanout.session.state, 'idle');
    assert.equal(fanout.mainRequests.length, 2);

    child.open('I counted 3 files.');
    const request = await fanout.mainRequest(3);
    assert.match(newest(request), /^\[Delegation deleg_[0-9a-f]{8} finished: completed\][^]*I counted 3 files\./);
    await fanout.idle();
    assert.equal(fanout.delegation.delivery, 'delivered');
    assert.deepEqual(fanout.engine.completions.waitingFor(fanout.session.id), []);
  });

  it('C25 for a busy session waits for the end of the turn; all requests are legal', async () => {
    const reply = gate();
    await using fanout = new TestEngine({
      main: [
        delegates('a'),
        'It runs.',
        { calls: [{ name: 'list_files', input: {} }] },
        reply.answer,
        'Thank you for the results.',
      ],
      children: { a: ['done a'] },
      delegation: { whenFull: 'queue' },
    });
    fanout.session.send('Delegate a.');
    await fanout.mainRequest(2);
    fanout.session.send('List the files.');
    await fanout.mainRequest(4);
    await fanout.over();
    assert.equal(fanout.delegation.delivery, 'pending', 'it waits while the turn runs');
    assert.equal(fanout.mainRequests.length, 4);

    reply.open('There is nothing.');
    await fanout.mainRequest(5);
    await fanout.idle();
    assert.deepEqual(turnsOf(fanout), ['Delegate a.', 'List the files.', `results of ${fanout.delegation.id}`]);
    for (const { prompt } of fanout.mainRequests) assertLegal(prompt);
  });

  it('C26 leaves earlier messages byte-identical in every later request', async () => {
    const child = gate();
    await using fanout = new TestEngine({
      main: [
        [{ reasoning: 'Hm.', signature: 'sig' }, delegates('a') as { calls: [] }],
        'It runs.',
        { calls: [{ name: 'read_file', input: { path: 'missing.ts' } }] },
        'It is not there.',
        'All done.',
      ],
      children: { a: [child.answer] },
    });
    await fanout.say('Delegate a.');
    await fanout.say('Read missing.ts.');
    child.open('done a');
    await fanout.mainRequest(5);
    await fanout.idle();
    assertGrowing(fanout.mainRequests);
  });

  it('C27 is a turn of its own: two of them are two turns, in order, never merged', async () => {
    const [first, second] = [gate(), gate()];
    await using fanout = new TestEngine({
      main: [delegates('a'), delegates('b'), 'Both run.', 'b is here.', 'a is here.'],
      children: { a: [first.answer], b: [second.answer] },
    });
    await fanout.say('Delegate a and b.');
    const [a, b] = fanout.engine.pool.list();
    second.open('done b');
    await fanout.mainRequest(4);
    await fanout.idle();
    first.open('done a');
    await fanout.mainRequest(5);
    await fanout.idle();
    assert.deepEqual(turnsOf(fanout), ['Delegate a and b.', `results of ${b?.id}`, `results of ${a?.id}`]);
    for (const { prompt } of fanout.mainRequests) assertLegal(prompt);
  });

  it('C27 and what was typed before it goes first: three turns', async () => {
    const [reply, first, second] = [gate(), gate(), gate()];
    await using fanout = new TestEngine({
      main: [delegates('a'), delegates('b'), reply.answer, 'Hello.', 'a is here.', 'b is here.'],
      children: { a: [first.answer], b: [second.answer] },
    });
    fanout.session.send('Delegate a and b.');
    await fanout.mainRequest(3);
    const [a, b] = fanout.engine.pool.list();
    assert.ok(a && b);
    fanout.session.send('Typed meanwhile.');
    first.open('done a');
    await fanout.over(a.id);
    second.open('done b');
    await fanout.over(b.id);
    assert.deepEqual(fanout.session.queued, ['Typed meanwhile.']);
    reply.open('Both run.');
    await fanout.mainRequest(6);
    await fanout.idle();
    assert.deepEqual(turnsOf(fanout).slice(1), ['Typed meanwhile.', `results of ${a.id}`, `results of ${b.id}`]);
    assert.match(newest(await fanout.mainRequest(4)), /^Typed meanwhile\.$/);
  });

  it('C27 and what was typed after it comes after it', async () => {
    const reply = gate();
    await using fanout = new TestEngine({
      main: [delegates('a'), reply.answer, 'a is here.', 'Hello.'],
      children: { a: ['done a'] },
    });
    fanout.session.send('Delegate a.');
    await fanout.mainRequest(2);
    await fanout.over();
    fanout.session.send('Typed later.');
    reply.open('It runs.');
    await fanout.mainRequest(4);
    await fanout.idle();
    assert.deepEqual(turnsOf(fanout).slice(1), [`results of ${fanout.delegation.id}`, 'Typed later.']);
  });

  it('C28 that arrives while an approval is open is not taken as its answer', async () => {
    const child = gate();
    await using fanout = new TestEngine({
      main: [
        delegates('a'),
        { calls: [{ name: 'write_file', input: { path: 'note.md', content: 'hello' } }] },
        'I may not write.',
        'a is here.',
      ],
      children: { a: [child.answer] },
      settings: { approvals: { edits: 'ask', commands: 'ask', allowedCommands: [] } },
    });
    const { approvals } = fanout.engine;
    const asked = new Promise<void>((resolve) => approvals.onDidChange(resolve));
    fanout.session.send('Delegate a, then write a note.');
    await asked;
    child.open('approve');
    await fanout.over();
    const [pending, ...others] = approvals.pending();
    assert.ok(pending !== undefined && others.length === 0, 'the approval is still open');
    assert.equal(fanout.mainRequests.length, 2);

    approvals.decide(pending.id, 'deny', 'Not now.');
    await fanout.mainRequest(4);
    await fanout.idle();
    assert.equal(turnsOf(fanout).at(-1), `results of ${fanout.delegation.id}`);
    for (const { prompt } of fanout.mainRequests) assertLegal(prompt);
  });

  it('C29 goes to the session that dispatched it, when two have some', async () => {
    const [first, second] = [gate(), gate()];
    await using fanout = new TestEngine({
      main: [delegates('a'), 'a runs.', delegates('b'), 'b runs.', 'Got one.', 'Got another.'],
      children: { a: [first.answer], b: [second.answer] },
    });
    const one = fanout.session;
    await fanout.say('Delegate a.');
    const two = fanout.engine.sessions.create();
    await fanout.say('Delegate b.', two);
    second.open('done b');
    await fanout.mainRequest(5);
    first.open('done a');
    await fanout.mainRequest(6);
    await Promise.all([fanout.idle(one), fanout.idle(two)]);
    for (const [session, summary] of [[one, 'done a'] as const, [two, 'done b'] as const]) {
      const blocks = session.entries.flatMap(({ entry }) =>
        entry.role === 'user' && entry.origin === 'completion' ? [entry.text] : [],
      );
      assert.equal(blocks.length, 1);
      assert.match(blocks[0] ?? '', new RegExp(summary));
    }
  });

  it('C30 is delivered to a session that is not in memory', async () => {
    const child = gate();
    await using fanout = new TestEngine({
      main: [delegates('a'), 'It runs.'],
      children: { a: [child.answer] },
      delegation: { resume: 'never' },
    });
    await fanout.say('Delegate a.');
    const dispatched = fanout.session.id;
    // The window closes; the interrupted delegation is delivered by the next one, which looks at another session.
    await fanout.reload({ main: ['I see that it was cut off.'] });
    assert.notEqual(fanout.engine.sessions.create().id, dispatched);
    fanout.engine.start();
    await fanout.mainRequest(1);
    const session = fanout.engine.sessions.get(dispatched);
    assert.ok(session);
    await fanout.idle(session);
    assert.equal(session.entries.filter(({ entry }) => entry.role === 'user').length, 2);
    assert.equal(fanout.delegation.delivery, 'delivered');
  });

  it('C31 of a deleted session stays undelivered and listed, and can be sent to another session', async () => {
    const child = gate();
    await using fanout = new TestEngine({
      main: [delegates('a'), 'It runs.', 'These are the results.'],
      children: { a: [child.answer] },
    });
    await fanout.say('Delegate a.');
    const deleted = fanout.session.id;
    await fanout.engine.sessions.delete(deleted);
    assert.equal(fanout.delegation.status, 'running');
    child.open('done a');
    const { id } = await fanout.over();
    assert.equal(fanout.delegation.delivery, 'undelivered');
    assert.equal(fanout.mainRequests.length, 2);

    const other = fanout.engine.sessions.create();
    assert.notEqual(other.id, deleted);
    assert.equal(fanout.engine.completions.readdress(id, other.id), true);
    await fanout.mainRequest(3);
    await fanout.idle(other);
    assert.deepEqual(turnsOf(fanout), [`results of ${id}`]);
    assert.equal(fanout.delegation.delivery, 'delivered');
    assert.equal(fanout.engine.completions.readdress(id, other.id), false, 'it is delivered once');
  });

  it('C31 of a session that is deleted while it waits there becomes undelivered, over a reload too', async () => {
    const reply = gate();
    await using fanout = new TestEngine({
      main: [delegates('a'), reply.answer],
      children: { a: ['done a'] },
    });
    fanout.session.send('Delegate a.');
    await fanout.mainRequest(2);
    await fanout.over();
    await fanout.engine.sessions.delete(fanout.session.id);
    assert.equal(fanout.delegation.delivery, 'undelivered');

    await fanout.reload({ main: ['These are the results.'] });
    fanout.engine.start();
    assert.equal(fanout.delegation.delivery, 'undelivered');
    fanout.engine.completions.readdress(fanout.delegation.id, fanout.session.id);
    await fanout.mainRequest(1);
    await fanout.idle();
    assert.equal(fanout.delegation.delivery, 'delivered');
  });
});
