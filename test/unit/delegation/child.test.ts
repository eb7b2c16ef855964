import assert from 'node:assert/strict';
import * as z from 'zod';
import { ModelError } from '../../../src/agent/model';
import { GAVE_NO_TEXT } from '../../../src/agent/replyLack';
import { defineTool } from '../../../src/agent/tool';
import type { Delegation } from '../../../src/delegation/delegation';
import { resultsOf } from '../../../src/delegation/result';
import { ScriptedModel } from '../../fakes/scriptedModel';
import { agentHarness, textsOf } from './agentHarness';
import { inBackground, whenDelegation, whenOver } from './poolHarness';

const readNote = defineTool({
  name: 'read_note',
  description: 'Reads a note.',
  input: z.object({ path: z.string() }),
  target: ({ path }) => path,
  run: async ({ path }) => ({ text: `The note ${path}.`, filesWritten: [`${path}.seen`] }),
});

const callNote = (path = 'a.md') => ({ calls: [{ name: 'read_note', input: { path } }] });
const resultOf = (delegation: Delegation) => resultsOf(delegation, ({ id }) => id)[0] ?? assert.fail();

describe('a child', () => {
  it('starts fresh: its prompt holds focus, goal, context, workspace and instructions, and nothing of its parent', async () => {
    const model = new ScriptedModel(['The report.']);
    const harness = agentHarness({ model, tools: [readNote] });
    const { id } = inBackground(harness, 'Read the notes');
    await whenOver(harness.pool, id);
    const [request] = model.requests;
    const [system, ...rest] = textsOf(request?.prompt ?? []);
    assert.match(system?.[1] ?? '', /^You are a background agent of Fanout/);
    assert.match(system?.[1] ?? '', /The workspace is \/shop\.\n\nProject instructions \(AGENTS\.md\):\nUse tabs\.$/);
    assert.match(system?.[1] ?? '', /what you did; what you found.*which files you changed; what is left open/);
    assert.deepEqual(rest, [['user', 'Read the notes']]);
    assert.deepEqual(request?.tools, ['read_note']);
  });

  it('gives a whole result: calls, tokens, cost, tool trace, files, transcript', async () => {
    const model = new ScriptedModel(
      [
        [callNote(), { usage: { input: 1000, output: 10 } }],
        [{ text: 'Done.' }, { usage: { input: 2000, output: 20, cached: 500 } }],
      ],
      { price: { input: 1, output: 10, cachedInput: 0.1 } },
    );
    const harness = agentHarness({ model, tools: [readNote] });
    const { id } = inBackground(harness, 'Read the notes');
    const result = resultOf(await whenOver(harness.pool, id));
    assert.deepEqual(result, {
      task_index: 0,
      child_id: `${id}.1`,
      goal: 'Read the notes',
      status: 'completed',
      exit_reason: 'completed',
      truncated: false,
      summary: 'Done.',
      model: 'test/scripted',
      model_calls: 2,
      duration_seconds: 0,
      tokens: { input: 3000, output: 30, cached: 500 },
      cost_usd: (1000 + 10 * 10) / 1e6 + (1500 + 500 * 0.1 + 20 * 10) / 1e6,
      tool_trace: [{ tool: 'read_note', args_bytes: 15, result_bytes: 14, status: 'ok' }],
      files_written: ['a.md.seen'],
      transcript: `${id}.1`,
    });
    assert.deepEqual(
      harness.transcripts.load(`${id}.1`).map(({ role }) => role),
      ['user', 'assistant', 'tool', 'assistant'],
    );
  });

  it('has no cost where the price is unknown', async () => {
    const harness = agentHarness({ model: new ScriptedModel(['Done.']) });
    const { id } = inBackground(harness, 'a');
    assert.equal(resultOf(await whenOver(harness.pool, id)).cost_usd, null);
  });

  // M12
  it('C64 whose final text was cut by the output limit is completed and truncated', async () => {
    const harness = agentHarness({ model: new ScriptedModel([[{ text: 'The first half' }, { finish: 'length' }]]) });
    const { id } = inBackground(harness, 'Read the notes');
    const { status, truncated, summary } = resultOf(await whenOver(harness.pool, id));
    assert.deepEqual([status, truncated, summary], ['completed', true, 'The first half']);
  });

  // M10
  it('C63 that gives no text, also when it is asked once more, has failed', async () => {
    const harness = agentHarness({ model: new ScriptedModel([[], [{ reasoning: 'Hm.' }]]) });
    const { id } = inBackground(harness, 'Read the notes');
    const { status, error, summary, model_calls } = resultOf(await whenOver(harness.pool, id));
    assert.deepEqual([status, summary, model_calls], ['failed', '', 2]);
    assert.ok(error?.includes(GAVE_NO_TEXT));
  });

  // M11
  it('C75 whose provider counts no tokens is held to its budget all the same, and its cost is unknown', async () => {
    const uncounted = { usage: { input: 0, output: 0 } };
    const model = new ScriptedModel(() => [callNote(), uncounted], { price: { input: 1, output: 10 } });
    const harness = agentHarness({ model, tools: [readNote], settings: { budget: { tokens: 500, usd: 0 } } });
    const { id } = inBackground(harness, 'Read the notes');
    const { exit_reason, tokens, cost_usd } = resultOf(await whenOver(harness.pool, id));
    assert.deepEqual([exit_reason, cost_usd, tokens.input + tokens.output >= 500], ['budget', null, true]);
  });

  it('C46 that ran out of iterations but has text is completed, max_iterations, truncated', async () => {
    const model = new ScriptedModel(() => [{ text: 'I have read one more.' }, callNote()]);
    const harness = agentHarness({ model, tools: [readNote], settings: { maxIterations: 3 } });
    const { id } = inBackground(harness, 'a');
    const over = await whenOver(harness.pool, id);
    const { status, exit_reason, truncated, summary, error, model_calls } = resultOf(over);
    assert.deepEqual(
      [over.status, status, exit_reason, truncated, summary, model_calls],
      ['completed', 'completed', 'max_iterations', true, 'I have read one more.', 3],
    );
    assert.equal(error, 'Reached the limit of 3 model requests (fanout.delegation.maxIterations).');
  });

  it('C46 that ran out of iterations without a word is failed', async () => {
    const harness = agentHarness({
      model: new ScriptedModel(() => callNote()),
      tools: [readNote],
      settings: { maxIterations: 2 },
    });
    const { id } = inBackground(harness, 'a');
    const { status, exit_reason, truncated, summary } = resultOf(await whenOver(harness.pool, id));
    assert.deepEqual([status, exit_reason, truncated, summary], ['failed', 'max_iterations', false, '']);
  });

  it('C48 whose budget is used up ends as budget and keeps its partial text', async () => {
    const model = new ScriptedModel(() => [
      { text: 'So far so good.' },
      callNote(),
      { usage: { input: 400, output: 100 } },
    ]);
    const harness = agentHarness({ model, tools: [readNote], settings: { budget: { tokens: 1000, usd: 0 } } });
    const { id } = inBackground(harness, 'a');
    const { status, exit_reason, truncated, summary, error, model_calls } = resultOf(await whenOver(harness.pool, id));
    assert.deepEqual([status, exit_reason, truncated, summary], ['interrupted', 'budget', true, 'So far so good.']);
    assert.deepEqual(
      [model_calls, error],
      [2, 'The budget of this delegation is used up: 1000 of 1000 tokens (fanout.delegation.budget).'],
    );
  });

  it('C51 reads a steering message before its next request', async () => {
    const gate = Promise.withResolvers<void>();
    const model = new ScriptedModel(async function ({ index }) {
      if (index > 0) return 'As you say.';
      await gate.promise;
      return callNote();
    });
    const harness = agentHarness({ model, tools: [readNote] });
    const { id } = inBackground(harness, 'a');
    await model.waitForRequest(1);
    assert.equal(harness.pool.steer(`${id}.1`, 'Skip b.md.'), true);
    gate.resolve();
    const over = await whenOver(harness.pool, id);
    assert.deepEqual(
      textsOf(model.requests[1]?.prompt ?? [])
        .slice(1)
        .map(([role]) => role),
      ['user', 'assistant', 'tool', 'user'],
    );
    assert.equal(textsOf(model.requests[1]?.prompt ?? []).at(-1)?.[1], '[The user adds while you work]\nSkip b.md.');
    assert.equal(resultOf(over).missed_steer, undefined);
  });

  it('C8 whose model fails for good is failed with its sentence, and its partial text', async () => {
    const model = new ScriptedModel([
      [{ text: 'I begin.' }, callNote()],
      new ModelError('auth', 'acme refused the key. Set it with “Fanout: Set API Key…”.'),
    ]);
    const harness = agentHarness({ model, tools: [readNote] });
    const { id } = inBackground(harness, 'a');
    const over = await whenOver(harness.pool, id);
    const { status, exit_reason, summary, error } = resultOf(over);
    assert.deepEqual(
      [over.status, status, exit_reason, summary, error],
      ['failed', 'failed', 'error', 'I begin.', 'acme refused the key. Set it with “Fanout: Set API Key…”.'],
    );
  });

  it('C23 keeps the partial text of a stream that a cancel cut off', async () => {
    const gate = Promise.withResolvers<void>();
    const model = new ScriptedModel(() =>
      (async function* () {
        yield { text: 'Half a sen' };
        await gate.promise;
      })(),
    );
    const harness = agentHarness({ model });
    const { id } = inBackground(harness, 'a');
    await whenDelegation(harness.pool, id, ({ children }) => children[0]?.progress.lastText === 'Half a sen');
    harness.pool.cancel(id);
    assert.equal(resultOf(await whenOver(harness.pool, id)).summary, 'Half a sen');
    await harness.pool.shutdown();
    const last = harness.transcripts.load(`${id}.1`).at(-1);
    assert.deepEqual(last, {
      role: 'assistant',
      parts: [{ type: 'text', text: 'Half a sen' }],
      model: 'test/scripted',
      interrupted: true,
    });
  });

  it('shows that it waits for an approval, and no longer once it has it', async () => {
    const gate = Promise.withResolvers<{ approved: true }>();
    const askFirst = defineTool({
      name: 'ask_first',
      description: 'Asks.',
      input: z.object({}),
      target: () => '',
      run: async (_input, context, signal) => {
        await context.approve({ kind: 'command', action: 'run a command', subject: 'make' }, signal);
        return 'Approved.';
      },
    });
    const model = new ScriptedModel([{ calls: [{ name: 'ask_first', input: {} }] }, 'Done.']);
    const harness = agentHarness({ model, tools: [askFirst], approve: () => gate.promise });
    const { id } = inBackground(harness, 'a');
    const waiting = await whenDelegation(harness.pool, id, ({ children }) => children[0]?.progress.approvals === 1);
    assert.equal(waiting.status, 'running');
    gate.resolve({ approved: true });
    const over = await whenOver(harness.pool, id);
    assert.deepEqual([over.status, over.children[0]?.progress.approvals], ['completed', 0]);
  });
});
