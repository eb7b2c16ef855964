import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ChildView } from '../../../src/protocol';
import { changeTo } from '../../../src/vscode/delegationChange';
import { applyChange } from '../../../src/webview/changes';
import { EMPTY_STATE } from '../../../src/webview/chatState';
import { goalOf } from '../../fakes/agentScript';
import { FakePort } from '../../fakes/port';
import { until } from '../../fakes/until';
import { TestChat } from '../../fakes/testChat';
import { TestEngine } from '../../fakes/testEngine';

const needed = fc.record({
  id: fc.constantFrom('1', '2', '3'),
  goal: fc.constant('goal'),
  status: fc.constantFrom('queued' as const, 'running' as const, 'completed' as const),
  activity: fc.constantFrom('', 'thinking', 'reading'),
  approvals: fc.nat(1),
  model: fc.constant('m'),
  modelCalls: fc.nat(2),
  tokens: fc.nat(2),
  costUsd: fc.constantFrom(null, 0.1),
  filesWritten: fc.constantFrom([], ['a'], ['a', 'b']),
  delegations: fc.constant([]),
});
const optional = fc.record({ startedAt: fc.nat(2), error: fc.constant('failed') }, { requiredKeys: [] });
const child = fc.tuple(needed, optional).map(([all, some]): ChildView => ({ ...all, ...some }));
const view = fc
  .record({
    id: fc.constant('d'),
    status: fc.constantFrom('running' as const, 'completed' as const),
    title: fc.constant('title'),
    mode: fc.constant('background' as const),
    delivery: fc.constantFrom('none' as const, 'pending' as const),
    dispatchedAt: fc.constant(1),
    tokens: fc.nat(2),
    costUsd: fc.constant(null),
    children: fc.uniqueArray(child, { maxLength: 3, selector: ({ id }) => id }),
  })
  .map((all) => ({ ...all }));

describe('What changed of a delegation', () => {
  // X15
  it('makes of what a view had what it is to have, and is nothing where both are alike', () => {
    fc.assert(
      fc.property(view, view, (told, now) => {
        const before = { ...EMPTY_STATE, delegations: new Map([['d', told]]) };
        const change = changeTo(now, told);
        const after = change === undefined ? before : applyChange(before, change);
        assert.deepEqual(after.delegations.get('d'), now);
        assert.equal(changeTo(now, structuredClone(now)), undefined);
      }),
    );
  });

  it('is the one row of an agent that works, not those of its siblings', async () => {
    const goals = Array.from({ length: 40 }, (_, index) => `${index} ${'of a long goal '.repeat(20).trim()}`);
    const gates = goals.map(() => Promise.withResolvers<string>());
    await using fanout = new TestEngine({
      main: [
        { calls: [{ name: 'delegate_task', input: { tasks: goals.map((goal) => ({ goal })) } }] },
        'Sent.',
        'Read.',
      ],
      children: Object.fromEntries(goals.map((goal, index) => [goal, [gates[index]?.promise ?? '']])),
      delegation: { maxConcurrentChildren: 40, maxTasks: 40 },
    });
    const chat = await TestChat.open(fanout);
    await chat.type('Delegate.');
    await fanout.model.waitForRequest(() =>
      goals.every((goal) => fanout.model.requests.some((r) => goalOf(r) === goal)),
    );
    fanout.clock.advance(1000);
    const before = chat.port.messages.length;
    gates[7]?.resolve('Done.');
    await until(() => fanout.delegation.children[7]?.state.status === 'completed', fanout.engine.pool.onDidChange);
    fanout.clock.advance(1000);
    const posted = JSON.stringify(chat.port.messages.slice(before));
    assert.ok(posted.includes(fanout.delegation.children[7]?.id ?? '-') && !posted.includes('long goal'), posted);
    for (const gate of gates) gate.resolve('Done.');
    await fanout.over();
    await fanout.idle();
    chat.look();
    assert.deepEqual(chat.port.state.delegations, await afresh(chat));
  });
});

async function afresh(chat: TestChat) {
  const other = new FakePort();
  const end = chat.bridge.connect(other);
  await end.receive({ type: 'ready', sessionId: chat.port.state.session?.id });
  end.dispose();
  return other.state.delegations;
}
