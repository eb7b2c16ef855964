import assert from 'node:assert/strict';
import { ModelError } from '../../../src/agent/model';
import { gate } from '../../fakes/agentScript';
import { TestChat } from '../../fakes/testChat';
import { TestEngine } from '../../fakes/testEngine';
import { turnsOf } from '../../fakes/turns';

describe('letting the agent go on', () => {
  it('is offered where a turn was stopped, and only until it has ended', async () => {
    await using fanout = new TestEngine({ main: [gate().answer, 'Here is the rest.'] });
    const chat = await TestChat.open(fanout);
    assert.equal(chat.look().session?.canGoOn, false, 'nothing was said yet');
    await chat.type('Tell me all.');
    await fanout.mainRequest(1);
    assert.equal(chat.look().session?.canGoOn, false, 'it runs');
    await chat.send({ type: 'stop' });
    await fanout.idle();
    assert.equal(chat.look().session?.canGoOn, true);

    await chat.send({ type: 'wake' });
    await fanout.idle();
    assert.equal(chat.read().at(-1), 'agent: Here is the rest.');
    assert.equal(chat.look().session?.canGoOn, false);
    assert.deepEqual(turnsOf(fanout), ['Tell me all.'], 'nothing was said in the name of the user');
  });

  it('is offered where VS Code was closed in the middle of a turn', async () => {
    await using fanout = new TestEngine({ main: [gate().answer] });
    fanout.session.send('Tell me all.');
    await fanout.mainRequest(1);
    fanout.crash({ main: ['Here it is.'] });
    fanout.engine.start();
    const chat = await TestChat.open(fanout);
    assert.equal(chat.look().session?.canGoOn, true);
    await chat.send({ type: 'wake' });
    await fanout.idle();
    assert.equal(chat.read().at(-1), 'agent: Here it is.');
  });

  it('does nothing in a workspace that is not trusted, and says so', async () => {
    await using fanout = new TestEngine({ main: [gate().answer] });
    const chat = await TestChat.open(fanout);
    await chat.type('Tell me all.');
    await fanout.mainRequest(1);
    await chat.send({ type: 'stop' });
    await fanout.idle();
    chat.trusted = false;
    await chat.send({ type: 'wake' });
    assert.match(chat.look().error ?? '', /not trusted/);
    await chat.send({ type: 'notice', command: 'retryTurn' });
    await fanout.idle();
    assert.equal(fanout.mainRequests.length, 1);
  });

  it('is offered by the error itself where there is one', async () => {
    const failure = new ModelError('auth', 'acme refused the key.');
    await using fanout = new TestEngine({ main: [failure] });
    const chat = await TestChat.open(fanout);
    await chat.type('Tell me all.');
    await fanout.idle();
    assert.equal(chat.look().session?.canGoOn, false);
  });
});
