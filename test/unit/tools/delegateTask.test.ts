import assert from 'node:assert/strict';
import { runTool } from '../../../src/agent/tool';
import type { ToolResult } from '../../../src/agent/messages';
import { DELEGATE_TASK } from '../../../src/tools/delegateTask';
import { runToolCalls } from '../../../src/agent/toolCalls';
import { GatedChildren } from '../../fakes/gatedChildren';
import { ScriptedModel } from '../../fakes/scriptedModel';
import { agentHarness, contextOf, delegate } from '../delegation/agentHarness';
import type { DelegationSettings } from '../../../src/delegation/settings';
import { neverAborted, takeAll, whenOver } from '../delegation/poolHarness';

function gated(settings: Partial<DelegationSettings> = {}) {
  const children = new GatedChildren();
  return { ...agentHarness({ model: new ScriptedModel([]), settings, runChild: children.run }), children };
}

describe('delegate_task', () => {
  it('C2 gives a handle that echoes count and goals and says not to wait', async () => {
    const harness = gated();
    const { note, ...handle } = await delegate(harness, { tasks: [{ goal: 'a' }, { goal: 'b' }] });
    const [delegation] = harness.pool.list();
    assert.deepEqual(handle, {
      status: 'dispatched',
      mode: 'background',
      count: 2,
      delegation_id: delegation?.id,
      child_ids: [`${delegation?.id}.1`, `${delegation?.id}.2`],
      goals: ['a', 'b'],
    });
    assert.match(delegation?.id ?? '', /^deleg_[0-9a-f]{8}$/);
    assert.match(String(note), /arrive later as a new message.*Do not poll, wait, guess.*end your turn/);
  });

  for (const [what, input] of [
    ['a single task', { goal: 'a' }],
    ['a batch', { tasks: [{ goal: 'a' }, { goal: 'b' }] }],
    ['a batch of one', { tasks: [{ goal: 'a' }] }],
    ['background:false', { goal: 'a', background: false }],
    ['background:true', { goal: 'a', background: true }],
  ] as const)
    it(`C3 at depth 0 is in the background: ${what}`, async () => {
      const harness = gated();
      const { mode } = await delegate(harness, input);
      assert.deepEqual([mode, harness.pool.list()[0]?.mode], ['background', 'background']);
    });

  it('C12 in a full pool runs inline: gives the results, in input order, and says so in its note', async () => {
    const harness = gated({ maxAsyncDelegations: 1 });
    await delegate(harness, { goal: 'takes the slot' });
    const answer = delegate(harness, { tasks: [{ goal: 'a' }, { goal: 'b' }] });
    await harness.children.held('b');
    harness.clock.advance(1500);
    await harness.children.release('b', 'B');
    await harness.children.release('a', 'A');
    const { results, total_duration_seconds, note } = await answer;
    assert.deepEqual(
      (results as { task_index: number; summary: string; transcript: string }[]).map((result) => [
        result.task_index,
        result.summary,
      ]),
      [
        [0, 'A'],
        [1, 'B'],
      ],
    );
    assert.equal(total_duration_seconds, 1.5);
    assert.match(String(note), /^The pool was full .* ran inline/);
    assert.deepEqual(takeAll(harness), []);
  });

  it('C14 in a full pool that rejects, or C52 in a paused one, gives the error and starts nothing', async () => {
    const harness = gated({ maxAsyncDelegations: 1, whenFull: 'reject' });
    await delegate(harness, { goal: 'takes the slot' });
    assert.match(String((await delegate(harness, { goal: 'a' }))['error']), /^The pool is full: 1 of 1/);
    harness.pool.pause();
    assert.match(String((await delegate(harness, { goal: 'a' }))['error']), /^Delegation is paused/);
    assert.equal(harness.pool.list().length, 1);
  });

  it('C42 answers a bad input with its sentence, and starts nothing', async () => {
    const harness = gated({ maxTasks: 1 });
    for (const [input, error] of [
      [{}, /^Give either goal/],
      [{ goal: ' ' }, /^goal is blank\.$/],
      [{ tasks: ['a'] }, /^tasks\[0\] must be an object with a goal, not a string\.$/],
      [
        { tasks: [{ goal: 'a' }, { goal: 'b' }] },
        /^tasks holds 2 tasks, the limit is 1 \(fanout\.delegation\.maxTasks\)/,
      ],
      [{ goal: 'a', toolsets: ['nope'] }, /The toolsets are: read, write, shell\.$/],
      [{ goal: 'a', model: 'nope' }, /The models are: test\/scripted\.$/],
    ] as const)
      assert.match(String((await delegate(harness, input))['error']), error);
    assert.deepEqual(harness.pool.list(), []);
  });

  it('C42 never throws for an input that is no object', async () => {
    const harness = gated();
    for (const input of [null, 'text', 7, ['a']]) {
      const call = { id: 'call-1', name: DELEGATE_TASK, input };
      const { status, text } = await runTool([harness.delegateAt(0)], call, contextOf(), neverAborted());
      assert.equal(status, 'error');
      assert.match(text, /^The arguments of delegate_task are not valid/);
    }
  });

  it('C53 duplicates in one message run once, whatever the order of their fields; every call has one result', async () => {
    const harness = gated();
    const input = (fields: object) => ({ goal: 'a', context: 'c', ...fields });
    const calls = [input({}), { context: 'c', goal: 'a' }, input({ context: 'other' })].map((value, i) => ({
      id: `call-${i}`,
      name: DELEGATE_TASK,
      input: value,
    }));
    const tool = harness.delegateAt(0);
    const results: ToolResult[] = await runToolCalls(
      calls,
      [tool],
      ({ id }) => contextOf(id),
      () => {},
      neverAborted(),
    );
    assert.deepEqual(
      results.map(({ callId, status }) => [callId, status]),
      [0, 1, 2].map((i) => [`call-${i}`, 'ok']),
    );
    assert.equal(harness.pool.list().length, 2);
    const [first, repeated, other] = results.map(({ text }) => text);
    assert.equal(repeated, `This call repeats another one of the same message, which ran once. Its result: ${first}`);
    assert.notEqual(other, first);
  });

  it('is described by the live settings: caps, what happens when full, nesting', () => {
    const describe = (settings: Partial<DelegationSettings>, depth = 0) => gated(settings).delegateAt(depth);
    const tool = describe({ maxTasks: 7, maxConcurrentChildren: 4, maxAsyncDelegations: 5, whenFull: 'queue' });
    for (const words of ['at most 7, 4 at a time', 'At most 5 delegations', 'waits for its slot', 'nesting is off'])
      assert.ok(tool.description.includes(words), words);
    const nesting = describe({ maxSpawnDepth: 2 });
    assert.match(nesting.description, /role "orchestrator" lets an agent delegate in turn/);
    assert.match(describe({ maxSpawnDepth: 2 }, 1).description, /Waits for all tasks and returns their results/);
    const roleOf = ({ inputSchema }: typeof tool) => JSON.stringify(inputSchema.properties?.['role']);
    assert.deepEqual(
      [roleOf(tool), roleOf(nesting)],
      ['{"type":"string","enum":["leaf"]}', '{"type":"string","enum":["leaf","orchestrator"]}'],
    );
    assert.match(JSON.stringify(tool.inputSchema), /"maxItems":7/);
    assert.match(JSON.stringify(tool.inputSchema), /"enum":\["test\/scripted"\]/);
    assert.match(JSON.stringify(tool.inputSchema), /"deprecated":true/);
  });

  it('says in its handle whether it runs, waits for a slot or for the user', async () => {
    // P20
    const harness = gated({ maxAsyncDelegations: 1, whenFull: 'queue' });
    const noteOf = async (goal: string) => String((await delegate(harness, { goal }))['note']);
    const [runs, waits] = [await noteOf('a'), await noteOf('b')];
    harness.pool.pause();
    const stands = await noteOf('c');
    assert.match(runs, /^This runs in the background\./);
    assert.match(waits, /^This is queued: it starts .* as soon as one of .* is over\./);
    assert.match(stands, /^This is queued: the user has paused delegating/);
    for (const note of [runs, waits, stands]) assert.match(note, /arrive later as a new message/);
  });

  it('warns an agent that repeats what has failed twice in a row', async () => {
    // P27
    const harness = gated();
    const round = async (...inputs: readonly object[]) => {
      const { note } = await delegate(harness, { tasks: inputs });
      return String(note);
    };
    const fail = async (goal: string, n: number) => {
      const held = await harness.children.held(goal, n);
      held.end({ status: 'failed', exitReason: 'error', summary: '', truncated: false, error: 'The server is down.' });
      await whenOver(harness.pool, held.delegation.id);
    };
    for (const n of [1, 2]) {
      assert.doesNotMatch(await round({ goal: 'a' }), /Warning/);
      await fail('a', n);
    }
    assert.match(
      await round({ goal: 'b' }, { goal: 'a' }),
      /Warning: "a" has failed 2 times in a row \(last: The server is down\.\)/,
    );
    (await harness.children.held('a', 3)).release('A');
    (await harness.children.held('b')).release('B');
    await whenOver(harness.pool, harness.pool.list().at(-1)?.id ?? '');
    assert.doesNotMatch(await round({ goal: 'a' }), /Warning/);
  });

  it('C67 refuses a model that cannot answer, in one sentence, and starts nothing', async () => {
    // P15
    const modelProblems = { 'acme/smal': 'There is no model acme/smal.' };
    const settings = { model: 'acme/smal' };
    const harness = agentHarness({ model: new ScriptedModel([]), settings, modelProblems });
    const { error } = await delegate(harness, { tasks: [{ goal: 'a' }, { goal: 'b' }] });
    assert.equal(error, 'fanout.delegation.model: There is no model acme/smal.');
    assert.deepEqual(harness.pool.list(), []);
  });

  it('gives back titles where there are any', async () => {
    const { titles } = await delegate(gated(), { tasks: [{ goal: 'a', title: 'Audit cart' }, { goal: 'b' }] });
    assert.deepEqual(titles, ['Audit cart', null]);
  });

  it('follows limits that change while its turn runs', async () => {
    // P21
    const harness = gated({ maxTasks: 3 });
    const tool = harness.delegateAt(0);
    harness.settings.maxTasks = 1;
    harness.settings.maxSpawnDepth = 2;
    assert.match(tool.description, /at most 1,.*role "orchestrator" lets an agent delegate/);
    assert.match(JSON.stringify(tool.inputSchema), /"maxItems":1/);
    const call = { id: 'call-1', name: DELEGATE_TASK, input: { tasks: [{ goal: 'a' }, { goal: 'b' }] } };
    const { text } = await runTool([tool], call, contextOf(), neverAborted());
    assert.match(text, /the limit is 1 /);
    harness.settings.maxSpawnDepth = 0;
    const refused = await runTool([tool], { ...call, input: { goal: 'a' } }, contextOf(), neverAborted());
    assert.match(refused.text, /depth limit is reached/);
  });

  it('shows what it works on: the goal, or how many tasks', () => {
    const tool = gated().delegateAt(0);
    assert.deepEqual(
      [{ goal: 'a' }, { tasks: [{}] }, { tasks: [{}, {}] }, {}, null].map((input) => tool.target(input)),
      ['a', '1 task', '2 tasks', '', ''],
    );
  });

  it('uses the model of the settings for children where one is set', async () => {
    const harness = gated({ model: 'acme/small' });
    const { delegation_id } = await delegate(harness, { goal: 'a' });
    await harness.children.release('a', 'A');
    const over = await whenOver(harness.pool, String(delegation_id));
    assert.equal(over.children[0]?.task.model, 'acme/small');
  });
});
