import assert from 'node:assert/strict';
import { charsFor } from '../../../src/delegation/summaryBudget';
import { completionBlock } from '../../../src/delegation/block';
import { answerOf } from '../../../src/delegation/answer';
import type { ChildEnding } from '../../../src/delegation/delegation';
import { nothingBelow, resultsOf } from '../../../src/delegation/result';
import { completed } from '../../fakes/gatedChildren';
import type { ScriptedReply } from '../../fakes/scriptedModel';
import { ScriptedModel } from '../../fakes/scriptedModel';
import { agentHarness, delegate, textsOf, type AgentHarnessOptions } from './agentHarness';
import { finished } from './blockHarness';
import { takeAll, whenOver } from './poolHarness';

const SCHEMA = { type: 'object', properties: { count: { type: 'integer' } }, required: ['count'] };
const fenced = (value: unknown) => `Counted.\n\n\`\`\`json\n${JSON.stringify(value)}\n\`\`\``;

async function counted(replies: readonly ScriptedReply[], more: Partial<AgentHarnessOptions> = {}) {
  const model = new ScriptedModel(replies);
  const harness = agentHarness({ model, ...more });
  const { delegation_id } = await delegate(harness, { goal: 'Count the files', output_schema: SCHEMA });
  const delegation = await whenOver(harness.pool, String(delegation_id));
  const result = resultsOf(delegation, () => '')[0] ?? assert.fail();
  return { model, harness, delegation, result };
}

describe('a task with an output schema', () => {
  it('C66 tells the child of it, after goal and context, and gives what fits as structured', async () => {
    const { model, result, harness } = await counted([fenced({ count: 7 })]);
    const [, [, task] = ['', '']] = textsOf(model.requests[0]?.prompt ?? []);
    assert.match(task, /^Count the files\n\n[^]*fits this JSON schema/);
    assert.ok(task.endsWith(JSON.stringify(SCHEMA)));
    assert.deepEqual([result.structured, result.structured_error], [{ count: 7 }, undefined]);
    assert.equal(model.requests.length, 1);
    assert.equal(takeAll(harness).length, 1);
  });

  it('C66 sends an answer back once that does not fit, with what is wrong; the transcript goes on', async () => {
    const { model, result, harness } = await counted([fenced({ count: 'many' }), fenced({ count: 7 })]);
    const [, ...messages] = textsOf(model.requests[1]?.prompt ?? []);
    assert.deepEqual(
      messages.map(([role]) => role),
      ['user', 'assistant', 'user'],
    );
    assert.match(messages[2]?.[1] ?? '', /does not fit .*\/count must be integer/);
    assert.deepEqual([result.structured, result.summary, result.model_calls], [{ count: 7 }, fenced({ count: 7 }), 2]);
    assert.deepEqual(
      harness.transcripts.load(result.child_id).map(({ role }) => role),
      ['user', 'assistant', 'user', 'assistant'],
    );
  });

  it('C66 says what did not fit where the correction does not either, and is completed all the same', async () => {
    const { model, result, delegation } = await counted(['Seven.', 'Seven, as I said.']);
    assert.deepEqual(
      [result.status, result.summary, result.structured_error],
      ['completed', 'Seven, as I said.', 'there is no JSON in the answer'],
    );
    assert.ok(!('structured' in result));
    assert.equal(model.requests.length, 2);
    const { text } = completionBlock(delegation, { ...room(1000), now: 0 });
    assert.match(text, /No structured result: .*there is no JSON in the answer/);
  });

  it('keeps the answer where the correction fails', async () => {
    const { result } = await counted(['Seven.', new Error('The line is dead.')]);
    assert.deepEqual([result.status, result.summary], ['completed', 'Seven.']);
    assert.match(result.structured_error ?? '', /no JSON .*the correction failed: .*The line is dead/);
  });

  it('asks for no correction of what did not come to its end', async () => {
    const { result, model } = await counted([new Error('The line is dead.')]);
    assert.deepEqual([result.status, model.requests.length], ['failed', 1]);
    assert.ok(!('structured_error' in result));
  });

  it('is cancelled while it corrects: interrupted, with what it had said', async () => {
    const held = Promise.withResolvers<ScriptedReply>();
    const model = new ScriptedModel(({ index }) => (index === 0 ? 'Seven.' : held.promise));
    const harness = agentHarness({ model });
    const { delegation_id } = await delegate(harness, { goal: 'Count', output_schema: SCHEMA });
    await model.waitForRequest(2);
    harness.pool.cancel(String(delegation_id));
    const { children } = await whenOver(harness.pool, String(delegation_id));
    const { state } = children[0] ?? assert.fail();
    assert.deepEqual([state.status, 'summary' in state && state.summary], ['interrupted', 'Seven.']);
  });

  it('C66 is refused in one sentence, and starts nothing, where nothing can be held to its schema', async () => {
    const harness = agentHarness({ model: new ScriptedModel([]) });
    const tasks = [{ goal: 'a' }, { goal: 'b', output_schema: { type: 'words' } }];
    const { error } = await delegate(harness, { tasks });
    assert.match(String(error), /^tasks\[1\]\.output_schema cannot be used: .*type.*\.$/);
    const shape = await delegate(harness, { goal: 'a', output_schema: 'words' });
    assert.equal(shape['error'], 'output_schema must be a JSON schema, which is an object.');
    assert.deepEqual(harness.pool.list(), []);
  });

  it('is in the store as it was, schema and value', async () => {
    const { harness, delegation } = await counted([fenced({ count: 7, notes: [{ a: null }] })]);
    const stored = harness.store.load().find(({ id }) => id === delegation.id);
    assert.deepEqual(stored?.children[0]?.task, delegation.children[0]?.task);
    assert.deepEqual(stored?.children[0]?.state, delegation.children[0]?.state);
  });

  it('is the default of every task beside it', async () => {
    const harness = agentHarness({ model: new ScriptedModel(() => '{"count": 1}') });
    const own = { type: 'object', required: ['other'] };
    await delegate(harness, { output_schema: SCHEMA, tasks: [{ goal: 'a' }, { goal: 'b', output_schema: own }] });
    assert.deepEqual(
      harness.pool.list()[0]?.children.map(({ task }) => task.outputSchema),
      [SCHEMA, own],
    );
  });
});

describe('a structured result as an agent reads it', () => {
  const ending = (summary: string, structured: unknown): ChildEnding => ({ ...completed(summary), structured });
  const of = (end: ChildEnding) => finished([{ task: { goal: 'Count', outputSchema: SCHEMA }, ending: end }]);
  const valueOf = (end: ChildEnding, chars: number) => {
    const { value, cut } = answerOf(of(end), {
      ...room(chars),
      now: 0,
      nestedIn: nothingBelow,
      transcriptOf: () => '',
    });
    const [result] = (value as { results: readonly Record<string, unknown>[] }).results;
    return { result: result ?? assert.fail(), cut };
  };

  it('stands in the block and in the answer once, apart from the text around it', () => {
    const end = ending(fenced({ count: 7 }), { count: 7 });
    const { text } = completionBlock(of(end), { ...room(9000), now: 0 });
    assert.equal(text.split('{"count":7}').length, 2);
    assert.match(text, /Structured result[^\n]*:\n~~~\n\{"count":7\}\n~~~/);
    const { result, cut } = valueOf(end, 9000);
    assert.deepEqual([result['structured'], cut], [{ count: 7 }, []]);
    assert.match(String(result['summary']), /^Counted\.\s+\(the structured result\)$/);
  });

  it('counts in the budget, and where it has no room it is left whole to the full text', () => {
    const structured = { list: Array.from({ length: 2000 }, (_, i) => `item ${i}`) };
    const { result, cut } = valueOf(ending(fenced(structured), structured), 2000);
    assert.ok(!('structured' in result));
    assert.match(String(result['structured_error']), /It fits, and has no room here .*: read it in \/full/);
    assert.ok(JSON.stringify(result).length < 5000);
    assert.equal(cut.length, 1);
  });
});

function room(maxSummaryChars: number) {
  return { maxSummaryChars, totalChars: charsFor(undefined), fullTextOf: () => '/full' };
}
