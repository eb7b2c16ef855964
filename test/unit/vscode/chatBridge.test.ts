import assert from 'node:assert/strict';
import { ModelError } from '../../../src/agent/model';
import { delegates, gate } from '../../fakes/agentScript';
import type { FakePort } from '../../fakes/port';
import { TestChat } from '../../fakes/testChat';
import { TestEngine } from '../../fakes/testEngine';
import { until } from '../../fakes/until';

describe('the chat bridge', () => {
  it('posts nothing before the view is ready, and then all that it needs', async () => {
    await using fanout = new TestEngine({ main: ['Hello.'] });
    const chat = new TestChat(fanout);
    await fanout.say('Hi.');
    fanout.engine.pool.pause();
    fanout.clock.advance(1000);
    chat.bridge.broadcast({ type: 'focus' });
    assert.deepEqual(chat.port.messages, []);

    await chat.send({ type: 'ready' });
    assert.deepEqual(
      chat.port.messages.map(({ type }) => type),
      ['snapshot'],
    );
    assert.deepEqual(chat.read(), ['user: Hi.', 'agent: Hello.']);
    const { session, sessions, models, paused, trusted } = chat.look();
    assert.equal(session?.title, 'Hi.');
    assert.deepEqual(
      sessions.map(({ id }) => id),
      [fanout.session.id],
    );
    assert.deepEqual(
      models.map(({ name }) => name),
      ['test/scripted'],
    );
    assert.deepEqual([paused, trusted], [true, true]);
  });

  it('sends nothing to a hidden view, and a snapshot when it is back', async () => {
    await using fanout = new TestEngine({ main: ['Hello.', 'Again.'] });
    const chat = await TestChat.open(fanout);
    chat.look();
    const before = chat.port.messages.length;
    chat.end.setVisible(false);
    await fanout.say('Hi.');
    fanout.clock.advance(1000);
    assert.equal(chat.port.messages.length, before);

    chat.end.setVisible(true);
    chat.end.setVisible(true);
    assert.equal(chat.port.messages.length, before + 1);
    assert.deepEqual(chat.read(), ['user: Hi.', 'agent: Hello.']);
    await fanout.say('Once more.');
    assert.equal(chat.read().at(-1), 'agent: Again.');
    assert.equal(chat.port.state.stale, false);
  });

  // U2
  it('puts a fault of the view into the log and loads the page anew, which then gets all that it needs', async () => {
    await using fanout = new TestEngine({ main: ['Hello.'] });
    const chat = await TestChat.open(fanout);
    await chat.send({ type: 'fault', text: 'x is undefined' });
    assert.deepEqual(chat.port.reports, ['x is undefined']);
    await chat.send({ type: 'reload' });
    assert.equal(chat.port.reloads, 1);
    const { snapshots } = chat.port;
    await chat.send({ type: 'ready', sessionId: fanout.session.id });
    assert.equal(chat.port.snapshots, snapshots + 1);
  });

  it('numbers snapshots and deltas without gaps', async () => {
    await using fanout = new TestEngine({ main: ['One.', 'Two.', 'Three.'] });
    const chat = await TestChat.open(fanout);
    for (const text of ['one', 'two']) {
      await fanout.say(text);
      chat.look();
    }
    chat.end.setVisible(false);
    await fanout.say('three');
    chat.end.setVisible(true);
    await chat.send({ type: 'ready' });
    chat.look();
    assert.deepEqual(
      chat.port.numbers,
      chat.port.numbers.map((_, i) => i + 1),
    );
    assert.equal(chat.port.state.stale, false);
  });

  it('sends streamed text in batches', async () => {
    const text = 'lorem ipsum '.repeat(200);
    await using fanout = new TestEngine({ main: [text] });
    const chat = await TestChat.open(fanout);
    chat.look();
    const before = chat.port.messages.length;
    await fanout.say('Write.');
    chat.look();
    assert.equal(chat.port.messages.length, before + 1, 'one delta for all that came within 50 ms');
    assert.equal(chat.read().at(-1), `agent: ${text}`);
  });

  it('shows text while it streams, and drops what a broken stream said', async () => {
    const more = gate();
    const stream = async function* (): AsyncGenerator<{ text: string }> {
      yield { text: 'The first half.' };
      await more.answer;
      yield { text: 'And the second.' };
    };
    let attempts = 0;
    await using fanout = new TestEngine({
      main: [[{ text: 'Nonsense' }, { cut: true }], stream()],
      model: {
        runRequest: async (request) => {
          attempts++;
          return request().catch(() => request());
        },
      },
    });
    const chat = await TestChat.open(fanout);
    fanout.session.send('Tell me.');
    await until(() => fanout.session.live.text === 'The first half.', fanout.session.onDidChange);
    assert.deepEqual(chat.read(), ['user: Tell me.', 'agent: The first half.']);
    assert.equal(chat.port.items('assistant')[0]?.streaming, true);
    assert.deepEqual(await chat.readAfresh(), chat.port.lines);

    more.open('');
    await fanout.idle();
    assert.deepEqual(chat.read(), ['user: Tell me.', 'agent: The first half.', 'agent: And the second.']);
    assert.equal(chat.port.items('assistant')[0]?.streaming, false);
    assert.equal(attempts, 1);
  });

  it('changes a running delegation in the view at most 4 times a second', async () => {
    const tokens = gate();
    const child = async function* (): AsyncGenerator<{ text: string }> {
      await tokens.answer;
      for (let i = 0; i < 200; i++) {
        yield { text: 'word ' };
        fanout.clock.advance(10);
      }
      await Promise.withResolvers<never>().promise;
    };
    await using fanout = new TestEngine({ main: [delegates('a'), 'It runs.'], children: { a: [child()] } });
    const chat = await TestChat.open(fanout);
    await fanout.say('Delegate a.');
    await fanout.childRequest('a');
    fanout.clock.advance(1000);
    const { id } = fanout.delegation;
    const before = chat.port.picturesOf(id).length;
    tokens.open('');
    await until(
      () => fanout.delegation.children[0]?.progress.lastText.length === 200 * 'word '.length,
      fanout.engine.pool.onDidChange,
    );
    fanout.clock.advance(300);
    const pictures = chat.port.picturesOf(id).length - before;
    // What streams does not change the row: it is told once that it writes.
    assert.ok(pictures >= 1 && pictures <= 9, `${pictures} pictures in 2.3 seconds`);
    assert.equal(chat.look().delegations.get(id)?.children[0]?.activity, 'writing');
  });

  it('answers what it does not understand with an error, and lives on', async () => {
    await using fanout = new TestEngine({ main: ['Hello.'] });
    const chat = await TestChat.open(fanout);
    for (const nonsense of [undefined, 'send', { type: 'explode' }, { type: 'send' }, { type: 'unqueue', index: -1 }]) {
      await chat.end.receive(nonsense);
      assert.match(chat.look().error ?? '', /not understood/);
    }
    await chat.send({ type: 'decide', approvalId: 'gone', decision: 'approve' });
    assert.match(chat.look().error ?? '', /decided already/);
    await chat.send({ type: 'steer', childId: 'deleg_00000000.1', text: 'Faster.' });
    assert.match(chat.look().error ?? '', /cannot be steered/);
    await chat.type('Hi.');
    await fanout.idle();
    assert.equal(chat.read().at(-1), 'agent: Hello.');
  });

  it('C32 shows a delegation once, on snapshot after delta, and when its completion is told again', async () => {
    const child = gate();
    await using fanout = new TestEngine({
      main: [delegates('a', 'b'), 'Both run.', 'Both are here.'],
      children: { a: ['done a'], b: [child.answer] },
    });
    const chat = await TestChat.open(fanout);
    await chat.type('Delegate a and b.');
    await fanout.idle();
    const { id } = fanout.delegation;
    assert.deepEqual(chat.read().slice(1), [`dispatched ${id}`, 'agent: Both run.']);
    assert.deepEqual([...chat.port.state.cards.keys()], [id]);
    await chat.send({ type: 'ready' });
    assert.equal(chat.port.items('delegation').length, 1);

    child.open('done b');
    await fanout.mainRequest(3);
    await fanout.idle();
    const check = (port: FakePort) => {
      assert.equal(port.items('completion').length, 1);
      assert.deepEqual([...port.state.cards], [[id, port.items('completion')[0]?.id]]);
      assert.equal(port.state.delegations.size, 1);
    };
    chat.look();
    check(chat.port);
    fanout.engine.completions.push(fanout.delegation);
    fanout.engine.completions.readdress(id, fanout.session.id);
    fanout.session.receive(id);
    await fanout.idle();
    chat.look();
    check(chat.port);
    await chat.send({ type: 'ready' });
    check(chat.port);
    assert.equal(fanout.mainRequests.length, 3);
  });

  it('C30 delivers to the session that dispatched it while the view shows another; C18 the children go on', async () => {
    const child = gate();
    await using fanout = new TestEngine({
      main: [delegates('a'), 'It runs.', 'a is here.'],
      children: { a: [child.answer] },
    });
    const chat = await TestChat.open(fanout);
    await chat.type('Delegate a.');
    await fanout.idle();
    const first = fanout.session;
    await chat.send({ type: 'newSession' });
    assert.deepEqual(chat.read(), []);
    chat.end.dispose();
    const sent = chat.port.messages.length;
    assert.equal(fanout.delegation.status, 'running');

    child.open('done a');
    await fanout.mainRequest(3);
    await fanout.idle(first);
    assert.equal(chat.port.messages.length, sent, 'a closed view is told nothing');
    const later = await TestChat.open(fanout);
    assert.deepEqual(later.read(), []);
    await later.send({ type: 'openSession', sessionId: first.id });
    assert.equal(later.read().at(-1), 'agent: a is here.');
  });

  it('turns a model error into a notice with what helps, and tries again on request', async () => {
    await using fanout = new TestEngine({ main: [new ModelError('auth', 'acme refused the key.'), 'Hello.'] });
    const chat = await TestChat.open(fanout);
    await chat.type('Hi.');
    await fanout.idle();
    chat.look();
    const [notice] = chat.port.items('notice');
    assert.equal(notice?.text, 'acme refused the key.');
    assert.deepEqual(
      notice.actions?.map(({ command }) => command),
      ['setApiKey', 'retryTurn', 'openLog'],
    );
    await chat.send({ type: 'notice', command: 'setApiKey' });
    assert.deepEqual(chat.asked, ['setApiKey']);
    await chat.send({ type: 'notice', command: 'retryTurn' });
    await fanout.idle();
    assert.deepEqual(chat.read(), ['user: Hi.', 'error: acme refused the key.', 'agent: Hello.']);
    assert.deepEqual(await chat.readAfresh(), chat.port.lines);
  });

  it('shows a posted completion as waiting until the user lets the agent go on', async () => {
    const child = gate();
    await using fanout = new TestEngine({
      main: [delegates('a'), 'It runs.', 'a is here.'],
      children: { a: [child.answer] },
      settings: { wakeAgent: 'ask' },
    });
    const chat = await TestChat.open(fanout);
    await chat.type('Delegate a.');
    await fanout.idle();
    child.open('done a');
    await fanout.over();
    await fanout.idle();
    const { id } = fanout.delegation;
    assert.equal(chat.read().at(-1), `results of ${id}, waiting`);
    assert.equal(chat.port.state.session?.state, 'waiting');
    assert.deepEqual(await chat.readAfresh(), chat.port.lines);

    await chat.send({ type: 'wake' });
    await fanout.idle();
    assert.deepEqual(chat.read().slice(-2), [`results of ${id}`, 'agent: a is here.']);
    assert.deepEqual(await chat.readAfresh(), chat.port.lines);
  });

  it('lists what is queued and takes it back', async () => {
    const reply = gate();
    await using fanout = new TestEngine({ main: [reply.answer, 'Second.'] });
    const chat = await TestChat.open(fanout);
    for (const text of ['one', 'two', 'three']) await chat.type(text);
    assert.deepEqual(chat.look().session?.queued, ['two', 'three']);
    await chat.send({ type: 'unqueue', index: 0 });
    assert.deepEqual(chat.look().session?.queued, ['three']);
    reply.open('First.');
    await fanout.idle();
    assert.deepEqual(chat.read(), ['user: one', 'agent: First.', 'user: three', 'agent: Second.']);
  });
});
