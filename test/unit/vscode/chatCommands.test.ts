import assert from 'node:assert/strict';
import { delegates, gate } from '../../fakes/agentScript';
import { TestChat } from '../../fakes/testChat';
import { TestEngine } from '../../fakes/testEngine';
import { assertLegal } from '../../fakes/promptRules';
import { turnsOf } from '../../fakes/turns';

describe('a command that is typed into the chat', () => {
  it('C40 /stop interrupts the turn and every delegation of the session, and says how many', async () => {
    await using fanout = new TestEngine({
      main: [delegates('other'), 'It runs.', delegates('a'), delegates('b')],
      children: { other: [gate().answer], a: [gate().answer], b: [gate().answer] },
      delegation: { maxAsyncDelegations: 2, whenFull: 'inline' },
      settings: { wakeAgent: 'ask' },
    });
    const other = fanout.session;
    await fanout.say('Delegate other.');
    fanout.clock.advance(1);
    const chat = await TestChat.open(fanout);
    await chat.send({ type: 'newSession' });
    await chat.type('Delegate two.');
    await fanout.childRequest('b');
    const modes = fanout.engine.pool
      .list()
      .map(({ mode, sessionId }) => `${mode}${sessionId === other.id ? ', other' : ''}`);
    assert.deepEqual(modes, ['background, other', 'background', 'inline']);

    await chat.type('/stop');
    await fanout.idle();
    assert.ok(chat.read().includes('info: Stopped this turn and 2 delegations.'), chat.port.lines.join('\n'));
    assert.deepEqual(
      fanout.engine.pool.list().map(({ status }) => status),
      ['running', 'interrupted', 'interrupted'],
    );
    await chat.type('/stop');
    assert.equal(chat.read().at(-1), 'info: Nothing was running: stopped 0 delegations.');
  });

  it('C40 what /stop interrupted comes into the conversation, and the agent does not begin again by itself', async () => {
    await using fanout = new TestEngine({
      main: [
        delegates('a'),
        delegates('b'),
        'Both run.',
        gate().answer,
        'I see.',
        delegates('c'),
        'It runs.',
        'c is here.',
      ],
      children: { a: [gate().answer], b: ['done b'], c: ['done c'] },
    });
    const chat = await TestChat.open(fanout);
    await chat.type('Delegate both.');
    // The turn of b's results runs when all is stopped.
    await fanout.mainRequest(4);
    await chat.type('/stop');
    await fanout.idle();
    const [a, b] = fanout.engine.pool.list();
    assert.deepEqual(turnsOf(fanout), ['Delegate both.', `results of ${b?.id}`, `results of ${a?.id}`]);
    assert.equal(fanout.session.state, 'waiting');
    assert.equal(fanout.mainRequests.length, 4);

    await chat.type('What happened?');
    await fanout.idle();
    assertLegal((await fanout.mainRequest(5)).prompt);
    await chat.type('Delegate c.');
    await fanout.mainRequest(8);
    await fanout.idle();
    assert.equal(fanout.session.state, 'idle', 'what is dispatched afterwards wakes the agent');
  });

  // P17
  it('C40 /stop in an idle session counts no turn that its own cancelling began', async () => {
    await using fanout = new TestEngine({ main: [delegates('a'), 'It runs.'], children: { a: [gate().answer] } });
    const chat = await TestChat.open(fanout);
    await chat.type('Delegate a.');
    await fanout.childRequest('a');
    await fanout.idle();
    await chat.type('/stop');
    await fanout.idle();
    assert.ok(chat.read().includes('info: Stopped 1 delegation.'));
    assert.equal(fanout.mainRequests.length, 2);
  });

  it('C40 /stop with an id stops that delegation, or that child, alone', async () => {
    await using fanout = new TestEngine({
      main: [delegates('a', 'b'), 'Both run.'],
      children: { a: [gate().answer], b: [gate().answer] },
      settings: { wakeAgent: 'ask' },
    });
    const chat = await TestChat.open(fanout);
    await chat.type('Delegate both.');
    await fanout.idle();
    const { id } = fanout.delegation;
    await chat.type(`/stop ${id}.1`);
    assert.equal(chat.read().at(-1), `info: Stopped ${id}.1.`);
    assert.equal(fanout.delegation.status, 'running');
    await chat.type(`/stop ${id}`);
    assert.ok(chat.read().includes(`info: Stopped ${id}.`));
    assert.equal(fanout.delegation.status, 'interrupted');
    await fanout.idle();
    await chat.type(`/stop ${id}`);
    assert.equal(chat.read().at(-1), `warning: ${id} is not running.`);
  });

  it('C41 /agents lists every delegation and child with its state, where it was asked', async () => {
    await using fanout = new TestEngine({
      main: [delegates('a', 'b'), delegates('c'), 'All run.', 'c is here.', 'Hello.'],
      children: { a: ['done a'], b: [gate().answer], c: ['done c'] },
    });
    const chat = await TestChat.open(fanout);
    await chat.type('Delegate all.');
    await fanout.mainRequest(4);
    await fanout.idle();
    const [first, second] = fanout.engine.pool.list();
    fanout.clock.advance(2000);
    await chat.type('/agents');
    await chat.type('Hi.');
    await fanout.idle();
    chat.look();
    const [agents] = chat.port.items('agents');
    assert.deepEqual(
      agents?.rows.map(({ id, level, label, status, detail }) => [id, level, label, status, detail]),
      [
        [first?.id, 0, '2 tasks: a; b', 'running', '2 s'],
        [`${first?.id}.1`, 1, 'a', 'completed', '0 s'],
        [`${first?.id}.2`, 1, 'b', 'running', 'thinking'],
        [second?.id, 0, 'c', 'completed', '0 s'],
        [`${second?.id}.1`, 1, 'c', 'completed', '0 s'],
      ],
    );
    assert.deepEqual(chat.port.lines.slice(-3), ['agents: 5', 'user: Hi.', 'agent: Hello.']);
    await chat.send({ type: 'ready' });
    assert.deepEqual(chat.port.lines.slice(-3), ['agents: 5', 'user: Hi.', 'agent: Hello.']);
  });

  it('/agents while a tool runs leaves the tool’s result in its place', async () => {
    await using fanout = new TestEngine({
      main: [{ calls: [{ name: 'write_file', input: { path: 'a.md', content: 'a' } }] }, 'Written.'],
      settings: { approvals: { edits: 'ask', commands: 'ask', allowedCommands: [] } },
    });
    const chat = await TestChat.open(fanout);
    const asked = new Promise<void>((resolve) => fanout.engine.approvals.onDidChange(resolve));
    await chat.type('Write a.md.');
    await asked;
    await chat.type('/agents');
    const [approval] = chat.look().approvals;
    assert.deepEqual([approval?.agent, approval?.action, approval?.subject], ['Main agent', 'create a file', 'a.md']);
    await chat.send({ type: 'decide', approvalId: approval?.id ?? '', decision: 'approve' });
    await fanout.idle();
    assert.deepEqual(chat.read(), ['user: Write a.md.', 'tool write_file a.md: ok', 'agents: 0', 'agent: Written.']);
    await chat.send({ type: 'ready' });
    assert.deepEqual(chat.port.lines, [
      'user: Write a.md.',
      'tool write_file a.md: ok',
      'agents: 0',
      'agent: Written.',
    ]);
  });

  it('C52 /pause refuses new delegations, /resume accepts them again', async () => {
    await using fanout = new TestEngine({
      main: [delegates('a'), 'It was refused.', delegates('b'), 'It runs.', 'b is here.'],
      children: { b: ['done b'] },
    });
    const chat = await TestChat.open(fanout);
    await chat.type('/pause');
    assert.equal(chat.look().paused, true);
    await chat.type('Delegate a.');
    await fanout.idle();
    assert.deepEqual(fanout.engine.pool.list(), []);
    chat.look();
    const refused = chat.port.items('tool').at(-1);
    assert.equal(refused?.status, 'error');
    assert.match(refused.output, /paused by the user/);

    await chat.type('/resume');
    assert.equal(chat.look().paused, false);
    await chat.type('Delegate b.');
    await fanout.mainRequest(5);
    await fanout.idle();
    assert.equal(fanout.delegation.status, 'completed');
  });

  it('/new begins a session and leaves the old one in the list; /model chooses', async () => {
    await using fanout = new TestEngine({ main: ['Hello.'] });
    const chat = await TestChat.open(fanout);
    await chat.type('Hi.');
    await fanout.idle();
    const first = chat.look().session?.id;
    await chat.type('/new');
    assert.notEqual(chat.look().session?.id, first);
    assert.deepEqual(chat.port.lines, []);
    assert.equal(chat.port.state.sessions.length, 2);
    await chat.type('/model test/scripted');
    assert.equal(chat.look().session?.model, 'test/scripted');
    await chat.type('/model nothing');
    assert.equal(chat.read().at(-1), 'warning: There is no model nothing.');
  });

  it('suggests commands and files', async () => {
    await using fanout = new TestEngine();
    const chat = await TestChat.open(fanout);
    await chat.send({ type: 'suggest', requestId: 1, kind: 'command', query: 'st' });
    assert.deepEqual(
      chat.port.state.suggestions.list.map(({ insert }) => insert),
      ['/stop'],
    );
    await chat.send({ type: 'suggest', requestId: 2, kind: 'file', query: 'cart' });
    assert.deepEqual(chat.port.state.suggestions, {
      requestId: 2,
      list: [{ insert: '@src/cart.ts', label: 'src/cart.ts', detail: '' }],
    });
  });

  it('that is no command, like a path, goes to the agent', async () => {
    await using fanout = new TestEngine({ main: ['It names hosts.'] });
    const chat = await TestChat.open(fanout);
    await chat.type('   ');
    await chat.type('/etc/hosts');
    await fanout.idle();
    assert.deepEqual(chat.read(), ['user: /etc/hosts', 'agent: It names hosts.']);
  });
});
