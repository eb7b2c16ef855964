import assert from 'node:assert/strict';
import type { ToHost } from '../../../src/protocol';
import { NOT_TAKEN } from '../../../src/vscode/chatMessages';
import { delegates, gate } from '../../fakes/agentScript';
import { LockHolder } from '../../fakes/lockHolder';
import { TestChat } from '../../fakes/testChat';
import { TestEngine } from '../../fakes/testEngine';

type Again = Omit<Extract<ToHost, { type: 'sendAgain' }>, 'type' | 'typedId'>;

const again = (text: string, more: Partial<Again> = {}, typedId = 't1'): ToHost => ({
  type: 'sendAgain',
  typedId,
  kind: 'message',
  text,
  ...more,
});

const answers = ({ port }: TestChat) =>
  port.messages.flatMap((message) =>
    message.type === 'taken' || message.type === 'returned' ? [`${message.type} ${message.typedId}`] : [],
  );

/** The view on a window that begins after the one before was killed. */
async function openAfterCrash(fanout: TestEngine, script = { main: ['Again.'] }): Promise<TestChat> {
  fanout.crash(script);
  fanout.engine.start();
  return TestChat.open(fanout);
}

describe('what was typed when a window died', () => {
  it('is confirmed when it is in the store, and not before', async () => {
    await using fanout = new TestEngine({ main: ['Hello.', 'Yes.'] });
    const chat = await TestChat.open(fanout);
    await chat.send({ type: 'send', text: 'Hi.', typedId: 't1' });
    assert.deepEqual(answers(chat), ['taken t1']);
    await fanout.idle();
    await fanout.written();
    const lock = new LockHolder(fanout.storeFile);
    const sent = chat.send({ type: 'send', text: 'Are you there?', typedId: 't2' });
    await fanout.idle();
    assert.equal(chat.read().at(-1), 'agent: Yes.');
    assert.deepEqual(answers(chat), ['taken t1']);
    lock.release();
    fanout.clock.advance(1000);
    await sent;
    assert.deepEqual(answers(chat), ['taken t1', 'taken t2']);
  });

  it('and did not arrive goes into its session once, however often it is sent again', async () => {
    await using fanout = new TestEngine({ main: ['Hello.'] });
    await fanout.say('Hi.');
    const { id } = fanout.session;
    await fanout.written();
    const chat = await openAfterCrash(fanout);
    await chat.send(again('Are you there?', { sessionId: id }));
    await fanout.idle();
    await chat.send(again('Are you there?', { sessionId: id }));
    await fanout.idle();
    assert.deepEqual(chat.read(), ['user: Hi.', 'agent: Hello.', 'user: Are you there?', 'agent: Again.']);
    const other = await openAfterCrash(fanout, { main: ['Too much.'] });
    await other.send(again('Are you there?', { sessionId: id }));
    await fanout.idle();
    assert.deepEqual(other.read(), chat.port.lines);
    assert.deepEqual([answers(chat), answers(other)], [['taken t1', 'taken t1'], ['taken t1']]);
  });

  for (const [where, texts] of [
    ['began a turn', ['Hi.']],
    ['waited for a turn', ['First.', 'Hi.']],
  ] as const)
    it(`and had arrived and ${where} is not said twice`, async () => {
      const never = gate();
      await using fanout = new TestEngine({ main: [never.answer] });
      const chat = await TestChat.open(fanout);
      for (const text of texts) await chat.send({ type: 'send', text, typedId: text });
      const { id } = fanout.session;
      const next = await openAfterCrash(fanout, { main: ['One.'] });
      for (const text of texts) await next.send(again(text, { sessionId: id }, text));
      await fanout.idle();
      assert.deepEqual(
        next.read().filter((line) => line.startsWith('user')),
        texts.map((text) => `user: ${text}`),
      );
      assert.deepEqual(fanout.session.queued, []);
      assert.deepEqual(
        answers(next),
        texts.map((text) => `taken ${text}`),
      );
    });

  it('goes into a fresh session where that for which it was meant had not been said anything in', async () => {
    await using fanout = new TestEngine();
    const { id } = fanout.session;
    const chat = await openAfterCrash(fanout);
    assert.notEqual(chat.port.state.session?.id, id);
    await chat.send(again('Hi.', { sessionId: id }));
    await fanout.idle();
    assert.deepEqual(chat.read(), ['user: Hi.', 'agent: Again.']);
  });

  it('comes back where it could go wrong: to another session, a command, a word to an agent, a reason', async () => {
    await using fanout = new TestEngine({ main: ['Hello.'] });
    await fanout.say('Hi.');
    const { id } = fanout.session;
    await fanout.written();
    const chat = await openAfterCrash(fanout);
    const typed: readonly ToHost[] = [
      again('For another.', { sessionId: 'gone' }, 'a'),
      again('For none.', {}, 'b'),
      again('/new', { sessionId: id }, 'c'),
      again('Faster.', { kind: 'steer', sessionId: id }, 'd'),
      again('No.', { kind: 'reason', sessionId: id }, 'e'),
    ];
    for (const message of typed) await chat.send(message);
    assert.deepEqual(answers(chat), ['returned a', 'returned b', 'returned c', 'returned d', 'returned e']);
    assert.equal(chat.look().error, NOT_TAKEN);
    assert.deepEqual(chat.read(), ['user: Hi.', 'agent: Hello.']);
  });

  it('is taken back by the view that hides and shows itself: a command is not repeated', async () => {
    await using fanout = new TestEngine();
    const chat = await TestChat.open(fanout);
    await chat.send({ type: 'send', text: '/pause', typedId: 't1' });
    await chat.send(again('/pause'));
    assert.deepEqual(answers(chat), ['taken t1', 'taken t1']);
    assert.equal(chat.read().filter((line) => line.includes('Paused')).length, 1);
  });

  it('comes back where nobody takes it: an agent that is over, a decision that was made, a session of another window', async () => {
    await using fanout = new TestEngine({ main: [delegates('a'), 'It runs.', 'Thanks.'], children: { a: ['done'] } });
    const chat = await TestChat.open(fanout);
    await chat.type('Delegate a.');
    await fanout.idle();
    await fanout.over();
    await fanout.idle();
    await chat.send({ type: 'steer', childId: `${fanout.delegation.id}.1`, text: 'Faster.', typedId: 'a' });
    await chat.send({ type: 'decide', approvalId: 'gone', decision: 'deny', reason: 'No.', typedId: 'b' });
    assert.deepEqual(answers(chat), ['returned a', 'returned b']);
    await fanout.written();
    await using second = new TestEngine({ beside: fanout });
    const beside = await TestChat.open(second);
    await beside.send({ type: 'openSession', sessionId: fanout.session.id });
    await beside.send({ type: 'send', text: 'Hi.', typedId: 'c' });
    assert.deepEqual(answers(beside), ['returned c']);
  });
});

describe('a session that cannot be claimed, as another program holds the store', () => {
  it('is told apart from one of another window, keeps what is typed, and is taken up when the store is free', async () => {
    await using fanout = new TestEngine({ main: ['Hello.'] });
    await fanout.say('Hi.');
    await fanout.written();
    const lock = new LockHolder(fanout.storeFile);
    const chat = await openAfterCrash(fanout);
    assert.equal(chat.port.state.session?.state, 'held');
    await chat.send({ type: 'send', text: 'Too early.', typedId: 't1' });
    assert.deepEqual(answers(chat), ['returned t1']);
    assert.match(chat.look().error ?? '', /held by another program/);
    lock.release();
    fanout.clock.advance(500);
    await fanout.written();
    assert.equal(chat.look().session?.state, 'idle');
    await chat.type('Now.');
    await fanout.idle();
    assert.deepEqual(chat.read().slice(-2), ['user: Now.', 'agent: Again.']);
  });
});
