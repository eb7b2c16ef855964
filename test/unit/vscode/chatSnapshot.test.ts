import assert from 'node:assert/strict';
import { delegates, gate } from '../../fakes/agentScript';
import { FakePort } from '../../fakes/port';
import { TestChat } from '../../fakes/testChat';
import { TestEngine } from '../../fakes/testEngine';
import { until } from '../../fakes/until';

describe('a snapshot', () => {
  it('of a session of 10,000 entries holds the newest 200; older pages bring all of them exactly once', async () => {
    await using fanout = new TestEngine();
    const { session } = fanout;
    for (let i = 0; i < 10_000; i++) session.note({ role: 'notice', level: 'info', text: `entry ${i}` });
    const chat = await TestChat.open(fanout);
    assert.equal(chat.port.state.items.length, 200);
    assert.equal(chat.port.lines[0], 'info: entry 9800');
    assert.equal(chat.port.state.hasOlder, true);
    for (let page = 1; page <= 49; page++) {
      await chat.send({ type: 'older', beforeId: chat.port.state.items[0]?.id ?? '' });
      assert.equal(chat.port.state.hasOlder, page < 49);
    }
    assert.deepEqual(
      chat.port.lines,
      Array.from({ length: 10_000 }, (_, i) => `info: entry ${i}`),
    );
    await chat.send({ type: 'older', beforeId: 'm0' });
    await chat.send({ type: 'older', beforeId: 'gone' });
    assert.equal(chat.port.state.items.length, 10_000);
  });

  it('shows the same as the deltas did, at every point of a conversation', async () => {
    const [tool, child] = [gate(), gate()];
    await using fanout = new TestEngine({
      main: [
        [
          { reasoning: 'Let me look.' },
          { text: 'Looking.' },
          { calls: [{ name: 'run_command', input: { command: 'echo hi' } }] },
        ],
        delegates('a'),
        tool.answer,
        'a is here.',
      ],
      children: {
        a: [[{ text: 'Reading.' }, { calls: [{ name: 'read_file', input: { path: 'none' } }] }], child.answer],
      },
    });
    const chat = await TestChat.open(fanout);
    const compare = async () => {
      fanout.clock.advance(300);
      const fresh = new FakePort();
      const end = chat.bridge.connect(fresh);
      await end.receive({ type: 'ready', sessionId: fanout.session.id });
      end.dispose();
      const shown = ({ items, session, delegations, approvals, cards }: FakePort['state']) => ({
        items,
        session,
        delegations,
        approvals,
        cards,
      });
      assert.deepEqual(shown(chat.port.state), shown(fresh.state));
    };
    await compare();
    await chat.type('Go.');
    await fanout.mainRequest(1);
    await compare();
    await fanout.mainRequest(3);
    await compare();
    await until(() => fanout.delegation.children[0]?.progress.modelCalls === 2, fanout.engine.pool.onDidChange);
    await compare();
    tool.open('It runs.');
    await fanout.idle();
    await compare();
    child.open('done a');
    await fanout.mainRequest(4);
    await fanout.idle();
    await compare();
    assert.deepEqual(
      chat.port.lines.map((line) => line.split(':', 1)[0]),
      [
        'user',
        'reasoning',
        'agent',
        'tool run_command echo hi',
        `dispatched ${fanout.delegation.id}`,
        'agent',
        `results of ${fanout.delegation.id}`,
        'agent',
      ],
    );
  });

  it('holds the whole text of a completion whose delegation is not listed any more', async () => {
    await using fanout = new TestEngine({
      main: [delegates('a'), 'It runs.', 'a is here.'],
      children: { a: ['done a'] },
    });
    const chat = await TestChat.open(fanout);
    await chat.type('Delegate a.');
    await fanout.mainRequest(3);
    await fanout.idle();
    const { id } = fanout.delegation;
    chat.look();
    assert.equal(chat.port.items('completion')[0]?.text, undefined);
    fanout.engine.pool.remove(id);
    assert.equal(chat.look().delegations.size, 0);
    await chat.send({ type: 'ready' });
    assert.match(chat.port.items('completion')[0]?.text ?? '', /done a/);
  });

  it('shows nested delegations inside the child that dispatched them', async () => {
    await using fanout = new TestEngine({
      main: [{ calls: [{ name: 'delegate_task', input: { goal: 'lead', role: 'orchestrator' } }] }, 'It runs.'],
      children: { lead: [delegates('part')], part: [gate().answer] },
      delegation: { maxSpawnDepth: 2 },
    });
    const chat = await TestChat.open(fanout);
    await chat.type('Delegate.');
    await fanout.childRequest('part');
    await fanout.idle();
    fanout.clock.advance(250);
    for (let pass = 0; pass < 2; pass++) {
      const [top, ...others] = [...chat.look().delegations.values()];
      assert.equal(others.length, 0);
      assert.equal(top?.children[0]?.delegations[0]?.children[0]?.goal, 'part');
      await chat.send({ type: 'ready' });
    }
  });

  it('brings the whole summary of a child on request', async () => {
    const summary = 'First line.\n\nAnd the rest of it.';
    await using fanout = new TestEngine({ main: [delegates('a'), 'It runs.', 'Thanks.'], children: { a: [summary] } });
    const chat = await TestChat.open(fanout);
    await chat.type('Delegate a.');
    await fanout.mainRequest(3);
    await fanout.idle();
    const child = chat.look().delegations.get(fanout.delegation.id)?.children[0];
    assert.equal(child?.headline, 'First line.');
    await chat.send({ type: 'summary', childId: child.id });
    assert.equal(chat.port.state.summaries.get(child.id), summary);
  });
});
