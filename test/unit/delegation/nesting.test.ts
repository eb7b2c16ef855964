import assert from 'node:assert/strict';
import { ScriptedModel } from '../../fakes/scriptedModel';
import type { AgentHarness } from './agentHarness';
import { agentHarness, delegate, runTurn, taskIn, textsOf } from './agentHarness';
import { everythingSettled, takeAll, whenOver } from './poolHarness';

/** An agent that hands `below X` to a child when its task is `orchestrate X`, and passes on what it hears. */
function orchestrating(role: 'leaf' | 'orchestrator' = 'leaf', goalOf = (x: string) => `below ${x}`): ScriptedModel {
  return new ScriptedModel((request) => {
    const task = taskIn(request);
    const [last] = textsOf(request.prompt).slice(-1);
    if (!task.startsWith('orchestrate ')) return `${task}: done`;
    if (last?.[0] === 'tool') return `heard ${last[1]}`;
    const goal = goalOf(task.slice('orchestrate '.length));
    return { calls: [{ name: 'delegate_task', input: { goal, role } }] };
  });
}

const dispatchedIds = ({ pool }: AgentHarness) => pool.list().map(({ id }) => id);

describe('nesting', () => {
  it('C4 depth 1 is synchronous: an orchestrator gets the results within its own turn', async () => {
    const model = orchestrating();
    const harness = agentHarness({ model, settings: { maxSpawnDepth: 2 } });
    const { delegation_id } = await delegate(harness, { goal: 'orchestrate a', role: 'orchestrator' });
    const over = await whenOver(harness.pool, String(delegation_id));
    const [top, nested] = harness.pool.list();
    assert.deepEqual([top?.mode, nested?.mode, nested?.depth], ['background', 'sync', 2]);
    assert.equal(nested?.parentChildId, over.children[0]?.id);
    const state = over.children[0]?.state;
    assert.ok(state !== undefined && 'summary' in state);
    assert.match(state.summary, /^heard .*below a: done/);
    assert.deepEqual(takeAll(harness), [top?.id], 'the nested one has no completion of its own');
  });

  it('C44 at the limit an orchestrator is a leaf, and is offered no delegate_task', async () => {
    const model = new ScriptedModel(() => 'done');
    const harness = agentHarness({ model, settings: { maxSpawnDepth: 1 } });
    const { delegation_id } = await delegate(harness, { goal: 'a', role: 'orchestrator' });
    const over = await whenOver(harness.pool, String(delegation_id));
    assert.deepEqual([over.children[0]?.task.role, model.requests[0]?.tools], ['leaf', []]);
  });

  it('C44 below the limit it nests, down to the limit and no further', async () => {
    const model = orchestrating('orchestrator', (x) => `orchestrate ${x}${x}`);
    const harness = agentHarness({ model, settings: { maxSpawnDepth: 3 } });
    const { delegation_id } = await delegate(harness, { goal: 'orchestrate a', role: 'orchestrator' });
    await whenOver(harness.pool, String(delegation_id));
    assert.deepEqual(
      harness.pool.list().map(({ depth, children }) => [depth, children[0]?.task.role]),
      [
        [1, 'orchestrator'],
        [2, 'orchestrator'],
        [3, 'leaf'],
      ],
    );
    // The leaf tried all the same.
    const refused = model.requests
      .flatMap(({ prompt }) => textsOf(prompt))
      .find(([, text]) => text.includes('no tool named'));
    assert.match(refused?.[1] ?? '', /There is no tool named delegate_task/);
  });

  it('C44 an agent at the limit that still holds the tool is refused with both numbers and the setting', async () => {
    const harness = agentHarness({ model: orchestrating(), settings: { maxSpawnDepth: 1 } });
    const answer = await delegate({ delegateAt: () => harness.delegateAt(1) }, { goal: 'a' });
    assert.equal(
      answer['error'],
      'The depth limit is reached: this agent is at depth 1, the limit is 1 (fanout.delegation.maxSpawnDepth). Do the work yourself.',
    );
    assert.deepEqual(dispatchedIds(harness), []);
  });

  it('C45 toolsets are intersected all the way down; leaves hold no delegate_task', async () => {
    const model = new ScriptedModel((request) => {
      const last = textsOf(request.prompt).at(-1);
      if (taskIn(request) !== 'top' || last?.[0] === 'tool') return 'done';
      return { calls: [{ name: 'delegate_task', input: { goal: 'below', toolsets: ['read', 'shell'] } }] };
    });
    const harness = agentHarness({ model, settings: { maxSpawnDepth: 2 } });
    const input = { goal: 'top', role: 'orchestrator', toolsets: ['read', 'write', 'shell'] };
    const { delegation_id } = await delegate(harness, input, { toolsets: ['read', 'write'] });
    await whenOver(harness.pool, String(delegation_id));
    assert.deepEqual(
      harness.pool.list().map(({ children }) => children[0]?.task.toolsets),
      [['read', 'write'], ['read']],
    );
    const toolsOf = (goal: string) => model.requests.find((request) => taskIn(request) === goal)?.tools;
    assert.deepEqual([toolsOf('top'), toolsOf('below')], [['delegate_task'], []]);
  });

  it('C50 orchestrators with caps of 1 everywhere do not deadlock', async () => {
    const model = orchestrating('orchestrator');
    const settings = { maxAsyncDelegations: 1, maxConcurrentChildren: 1, maxSpawnDepth: 3, whenFull: 'queue' } as const;
    const harness = agentHarness({ model, settings });
    const ids: string[] = [];
    for (const batch of ['x', 'y']) {
      const tasks = [1, 2, 3].map((n) => ({ goal: `orchestrate ${batch}${n}`, role: 'orchestrator' }));
      ids.push(String((await delegate(harness, { tasks }))['delegation_id']));
    }
    const over = await Promise.all(ids.map((id) => whenOver(harness.pool, id)));
    assert.deepEqual(
      over.map(({ status }) => status),
      ['completed', 'completed'],
    );
    assert.equal(harness.pool.list().length, 8);
    assert.deepEqual(takeAll(harness), ids);
  });

  it('C15 interrupting the turn right after the dispatch leaves the child running, and C3 its call has its handle', async () => {
    const turn = new AbortController();
    const child = Promise.withResolvers<string>();
    const model = new ScriptedModel((request) => {
      if (taskIn(request) === 'work') return child.promise;
      if (textsOf(request.prompt).at(-1)?.[0] === 'tool') return new Promise(() => {});
      return { calls: [{ name: 'delegate_task', input: { goal: 'work', background: false } }] };
    });
    const harness = agentHarness({ model });
    const { outcome, transcript } = runTurn(harness, model, turn.signal);
    const [childRequest] = await Promise.all([
      model.waitForRequest((request) => taskIn(request) === 'work'),
      model.waitForRequest((request) => textsOf(request.prompt).at(-1)?.[0] === 'tool'),
    ]);
    turn.abort();
    assert.equal((await outcome).status, 'interrupted');
    await everythingSettled();
    assert.equal(childRequest.signal?.aborted, false);
    const handle = transcript.find(({ role }) => role === 'tool');
    assert.match(handle?.role === 'tool' ? (handle.results[0]?.text ?? '') : '', /"mode":"background"/);
    child.resolve('worked');
    const [id = ''] = dispatchedIds(harness);
    assert.equal((await whenOver(harness.pool, id)).status, 'completed');
  });

  it('C16 interrupting the turn during an inline delegation interrupts it, and its call has its one result', async () => {
    const turn = new AbortController();
    const never = new Promise<string>(() => {});
    const model = new ScriptedModel((request) =>
      taskIn(request) === 'Go.' ? { calls: [{ name: 'delegate_task', input: { goal: 'inline' } }] } : never,
    );
    const harness = agentHarness({ model, settings: { maxAsyncDelegations: 1 } });
    const { delegation_id } = await delegate(harness, { goal: 'takes the slot' });
    const { outcome, transcript } = runTurn(harness, model, turn.signal);
    const child = await model.waitForRequest((request) => taskIn(request) === 'inline');
    turn.abort();
    assert.equal((await outcome).status, 'interrupted');
    assert.equal(child.signal?.aborted, true);
    const [first, inline] = harness.pool.list();
    assert.deepEqual([first?.id, first?.status, inline?.status], [delegation_id, 'running', 'interrupted']);
    const tool = transcript.at(-1);
    assert.deepEqual(tool?.role === 'tool' && tool.results.length, 1);
    harness.pool.cancelAll();
  });
});
