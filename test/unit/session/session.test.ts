import assert from 'node:assert/strict';
import { ModelError } from '../../../src/agent/model';
import { delegates, gate, wordsOf } from '../../fakes/agentScript';
import { assertLegal } from '../../fakes/promptRules';
import type { ScriptedReply } from '../../fakes/scriptedModel';
import { TestEngine } from '../../fakes/testEngine';
import { until } from '../../fakes/until';

/** The newest notice of the session. */
const lastNotice = ({ session }: TestEngine) =>
  session.entries.map(({ entry }) => entry).findLast((entry) => entry.role === 'notice');

/** Streams a beginning, and then waits for ever. */
async function* stalls(text: string): AsyncGenerator<{ text: string }> {
  yield { text };
  await Promise.withResolvers<never>().promise;
}

const stalling = (text: string): ScriptedReply => stalls(text);

describe('a turn', () => {
  it('C15 that is interrupted right after it dispatched leaves the background child running', async () => {
    const child = gate();
    await using fanout = new TestEngine({
      main: [delegates('a'), gate().answer, 'a is here.'],
      children: { a: [child.answer] },
    });
    fanout.session.send('Delegate a.');
    await fanout.mainRequest(2);
    const { signal } = await fanout.childRequest('a');
    assert.equal(fanout.session.stop(), true);
    await fanout.idle();
    assert.equal(fanout.delegation.status, 'running');
    assert.equal(signal?.aborted, false);

    child.open('done a');
    await fanout.mainRequest(3);
    await fanout.idle();
    assert.equal(fanout.delegation.status, 'completed');
    for (const { prompt } of fanout.mainRequests) assertLegal(prompt);
  });

  it('C16 that is interrupted during an inline delegation interrupts that', async () => {
    await using fanout = new TestEngine({
      main: [delegates('a'), delegates('b')],
      children: { a: [gate().answer], b: [stalling('Half of b')] },
      delegation: { maxAsyncDelegations: 1 },
    });
    fanout.session.send('Delegate a and b.');
    const { signal } = await fanout.childRequest('b');
    const [a, b] = fanout.engine.pool.list();
    assert.deepEqual([a?.mode, b?.mode], ['background', 'inline']);
    await until(() => fanout.delegation.children[0]?.progress.lastText === 'Half of b', fanout.engine.pool.onDidChange);

    fanout.session.stop();
    await fanout.idle();
    assert.equal(fanout.engine.pool.get(a?.id ?? '')?.status, 'running');
    assert.equal(fanout.delegation.status, 'interrupted');
    assert.equal(signal?.aborted, true);
    const state = fanout.delegation.children[0]?.state;
    assert.equal(state !== undefined && 'summary' in state ? state.summary : '', 'Half of b');
  });

  it('C17 whose dispatch is refused was never detached: nothing runs, nothing will arrive', async () => {
    await using fanout = new TestEngine({
      main: [delegates('a'), delegates('b'), 'The pool is full.'],
      children: { a: [gate().answer] },
      delegation: { maxAsyncDelegations: 1, whenFull: 'reject' },
    });
    await fanout.say('Delegate a and b.');
    assert.equal(fanout.engine.pool.list().length, 1);
    const marks = fanout.session.entries.filter(({ entry }) => entry.role === 'dispatched');
    assert.equal(marks.length, 1);
    const answer = fanout.session.entries.findLast(({ entry }) => entry.role === 'tool')?.entry;
    assert.ok(answer?.role === 'tool');
    assert.match(answer.results[0]?.text ?? '', /The pool is full/);
  });

  it('that is stopped keeps its partial text and says so, and the next one goes on from there', async () => {
    await using fanout = new TestEngine({ main: [stalling('The first half'), 'And the second.'] });
    fanout.session.send('Tell me.');
    await until(() => fanout.session.live.text !== '', fanout.session.onDidChange);
    assert.equal(fanout.session.state, 'running');
    fanout.session.stop();
    await fanout.idle();
    assert.deepEqual(
      fanout.session.entries.map(({ entry }) => entry.role),
      ['user', 'assistant', 'notice'],
    );
    assert.equal(lastNotice(fanout)?.text, 'Stopped.');

    await fanout.say('Go on.');
    const { prompt } = await fanout.mainRequest(2);
    assertLegal(prompt);
    assert.deepEqual(prompt.slice(1).map(wordsOf), ['Tell me.', 'The first half', 'Go on.']);
  });

  it('that is stopped before it said anything leaves a legal conversation', async () => {
    await using fanout = new TestEngine({ main: [gate().answer, 'Here I am.'] });
    fanout.session.send('Tell me.');
    await fanout.mainRequest(1);
    fanout.session.stop();
    await fanout.idle();
    await fanout.say('Are you there?');
    assertLegal((await fanout.mainRequest(2)).prompt);
  });

  it('holds what is typed meanwhile, which can be taken back', async () => {
    const reply = gate();
    await using fanout = new TestEngine({ main: [reply.answer, 'Second.', 'Third.'] });
    const { session } = fanout;
    session.send('one');
    for (const text of ['two', 'three', 'four']) session.send(text);
    assert.deepEqual(session.queued, ['two', 'three', 'four']);
    session.unqueue(1);
    session.unqueue(7);
    assert.deepEqual(session.queued, ['two', 'four']);
    assert.deepEqual(session.record.inbox, ['two', 'four']);
    reply.open('First.');
    await fanout.idle();
    const typed = session.entries.flatMap(({ entry }) => (entry.role === 'user' ? [entry.text] : []));
    assert.deepEqual(typed, ['one', 'two', 'four']);
    assert.deepEqual(session.queued, []);
  });

  it('that the model fails says why, and the session stays usable', async () => {
    const failure = new ModelError('auth', 'acme refused the API key.');
    await using fanout = new TestEngine({ main: [failure, 'Now it works.'] });
    await fanout.say('Hello.');
    assert.deepEqual(lastNotice(fanout), {
      role: 'notice',
      level: 'error',
      text: 'acme refused the API key.',
      problem: 'auth',
    });
    assert.equal(fanout.session.state, 'idle');

    fanout.session.goOn();
    await fanout.idle();
    const { prompt } = await fanout.mainRequest(2);
    assert.deepEqual(prompt.slice(1).map(wordsOf), ['Hello.']);
    assert.equal(fanout.session.entries.at(-1)?.entry.role, 'assistant');
  });

  it('that has no model at all says so and starts nothing', async () => {
    await using fanout = new TestEngine({
      main: ['Hello.'],
      resolve: () => Promise.reject(new ModelError('no-model', 'There is no model. Add a provider.')),
    });
    await fanout.say('Hello.');
    assert.equal(lastNotice(fanout)?.text, 'There is no model. Add a provider.');
    fanout.resolve = () => Promise.resolve(fanout.model);
    fanout.session.goOn();
    await fanout.idle();
    assert.equal(fanout.mainRequests.length, 1);
  });

  it('that broke off goes on from its own partial words without ending a prompt with them', async () => {
    const failure = new ModelError('cut', 'The stream broke off.');
    const breaks = async function* (): AsyncGenerator<{ text: string }> {
      yield { text: 'The first half' };
      throw failure;
    };
    await using fanout = new TestEngine({ main: [breaks(), 'and the second.'] });
    await fanout.say('Tell me.');
    assert.equal(lastNotice(fanout)?.problem, 'cut');
    fanout.session.goOn();
    await fanout.idle();
    const { prompt } = await fanout.mainRequest(2);
    assertLegal(prompt);
    assert.equal(prompt.at(-1)?.role, 'user');
  });

  it('that had finished is not begun again by an old button', async () => {
    await using fanout = new TestEngine({ main: ['Hello.'] });
    await fanout.say('Hello.');
    fanout.session.goOn();
    assert.equal(fanout.session.state, 'idle');
    assert.equal(fanout.session.entries.length, 2);
  });

  it('that reaches the limit of its requests says how to go on', async () => {
    const look = { calls: [{ name: 'list_files', input: {} }] };
    await using fanout = new TestEngine({ main: [[{ text: 'Looking.' }, look]], delegation: { maxIterations: 1 } });
    await fanout.say('Look around.');
    assert.match(lastNotice(fanout)?.text ?? '', /maxIterations.*Send a message to go on\.$/);
  });
});

describe('a session', () => {
  it('is called after the first thing that was typed in it', async () => {
    await using fanout = new TestEngine({ main: ['Hello.', 'Again.'] });
    fanout.session.note({ role: 'notice', level: 'info', text: 'Paused.' });
    await fanout.say('Fix the rounding in src/cart.ts, which is off by a cent whenever there is a discount');
    assert.equal(fanout.session.record.title, 'Fix the rounding in src/cart.ts, which is off by a cent whe…');
    await fanout.say('Something else.');
    assert.match(fanout.session.record.title, /^Fix the rounding/);
  });

  it('that was only looked at leaves nothing behind', async () => {
    await using fanout = new TestEngine();
    assert.equal(fanout.session.entries.length, 0);
    await fanout.reload();
    assert.deepEqual(fanout.engine.sessions.list(), []);
  });

  it('keeps the model that the user chose for it', async () => {
    await using fanout = new TestEngine({ main: ['Hello.'] });
    await fanout.say('Hello.');
    fanout.session.chooseModel('acme/large');
    await fanout.reload();
    assert.equal(fanout.session.record.model, 'acme/large');
  });

  it('that is deleted while its turn runs ends the turn and is gone for good', async () => {
    await using fanout = new TestEngine({ main: [stalling('Half')] });
    const { session } = fanout;
    session.send('Tell me.');
    await until(() => session.live.text !== '', session.onDidChange);
    await fanout.engine.sessions.delete(session.id);
    assert.equal(session.state, 'idle');
    await fanout.reload();
    assert.equal(fanout.engine.sessions.get(session.id), undefined);
  });

  it('C18 that is left for a new one keeps its children running, and gets their results', async () => {
    const child = gate();
    await using fanout = new TestEngine({
      main: [delegates('a'), 'It runs.', 'a is here.'],
      children: { a: [child.answer] },
    });
    const left = fanout.session;
    await fanout.say('Delegate a.');
    const fresh = fanout.engine.sessions.create();
    assert.equal(fanout.session, fresh);
    assert.equal(fanout.delegation.status, 'running');
    child.open('done a');
    await fanout.mainRequest(3);
    await fanout.idle(left);
    assert.equal(fresh.entries.length, 0);
    assert.equal(left.entries.at(-1)?.entry.role, 'assistant');
  });
});
