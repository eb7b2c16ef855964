import assert from 'node:assert/strict';
import { TestChat } from '../../fakes/testChat';
import { TestEngine } from '../../fakes/testEngine';

describe('the chat where its ground is taken away', () => {
  it('runs nothing in an untrusted workspace, and says so', async () => {
    await using fanout = new TestEngine({ main: ['Hello.'] });
    const chat = await TestChat.open(fanout);
    chat.trusted = false;
    chat.trustChanged.fire();
    assert.equal(chat.look().trusted, false);
    await chat.type('Hi.');
    assert.match(chat.look().error ?? '', /not trusted/);
    assert.equal(fanout.session.entries.length, 0);
  });

  it('turns to another session when the one that it shows is deleted', async () => {
    await using fanout = new TestEngine({ main: ['Hello.', 'Bye.'] });
    const kept = fanout.session;
    await fanout.say('Hi.');
    fanout.clock.advance(1000);
    const other = fanout.engine.sessions.create();
    await fanout.say('Hello there.', other);
    const chat = await TestChat.open(fanout);
    assert.equal(chat.port.state.session?.id, other.id);
    await chat.send({ type: 'deleteSession', sessionId: other.id });
    assert.equal(chat.look().session?.id, kept.id);
    await chat.send({ type: 'deleteSession', sessionId: kept.id });
    assert.deepEqual(chat.read(), []);
    assert.equal(chat.port.state.sessions.length, 1);
  });
});
