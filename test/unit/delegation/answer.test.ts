import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { runTool } from '../../../src/agent/tool';
import { answerOf } from '../../../src/delegation/answer';
import { nothingBelow } from '../../../src/delegation/result';
import { completed } from '../../fakes/gatedChildren';
import { delegates, gate } from '../../fakes/agentScript';
import { ScriptedModel } from '../../fakes/scriptedModel';
import { TestEngine } from '../../fakes/testEngine';
import { agentHarness, contextOf, delegate, taskIn, textsOf } from './agentHarness';
import { finished, optionsFor } from './blockHarness';
import { neverAborted, whenOver } from './poolHarness';

const LONG = 'x'.repeat(120_000);

const Answer = z.object({
  results: z.array(z.looseObject({ summary: z.string(), goal: z.string() })),
  note: z.string().optional(),
});

// P6
describe('what an agent gets that waits for a delegation', () => {
  it('C59 is held to the budget where it is nested, with the path of the full text, and has no tool trace', async () => {
    const model = new ScriptedModel((request) => {
      if (!taskIn(request).startsWith('orchestrate')) return LONG;
      const last = textsOf(request.prompt).at(-1);
      return last?.[0] === 'tool' ? 'Heard.' : { calls: [{ name: 'delegate_task', input: { goal: 'below' } }] };
    });
    const harness = agentHarness({ model, settings: { maxSpawnDepth: 2 } });
    const { delegation_id } = await delegate(harness, { goal: 'orchestrate', role: 'orchestrator' });
    await whenOver(harness.pool, String(delegation_id));
    const [id] = harness.kept;
    const told = textsOf(model.requests.at(-1)?.prompt ?? []).at(-1)?.[1] ?? '';
    assert.ok(told.length < 30_000, 'at most maxSummaryChars of 120,000 characters');
    assert.ok(told.includes(`of 120000 characters left out; the full text: /results/${id}.md`));
    assert.ok(!told.includes('tool_trace'));
  });

  it('C59 is held to the budget where it runs inline, and what was cut is on disk', async () => {
    const held = gate();
    await using fanout = new TestEngine({
      delegation: { maxAsyncDelegations: 1 },
      main: [delegates('held'), 'Waiting.', delegates('long'), 'Read.', 'Done.'],
      children: { held: [held.answer], long: [LONG] },
    });
    await fanout.say('First.');
    await fanout.say('Second.');
    assert.equal(fanout.delegation.mode, 'inline');
    const told = textsOf((await fanout.mainRequest(4)).prompt).at(-1)?.[1] ?? '';
    assert.ok(told.length < 30_000 && !told.includes('tool_trace'));
    const [, path] = /the full text: (\S+)/.exec(told) ?? [];
    assert.equal(await readFile(path ?? '', 'utf8'), LONG);
    held.open('Held.');
    await fanout.idle();
  });

  it('C59 shares what the context of the agent that called has left, down to 2000 characters for each', async () => {
    const sizes = async (freeTokens: number | undefined) => {
      const harness = agentHarness({
        model: new ScriptedModel(() => LONG),
        settings: { maxAsyncDelegations: 1, maxSpawnDepth: 2 },
      });
      const call = { id: 'c', name: 'delegate_task', input: { tasks: [{ goal: 'a' }, { goal: 'b' }] } };
      const context = { ...contextOf(), ...(freeTokens === undefined ? {} : { freeTokens }) };
      const { text } = await runTool([harness.delegateAt(1)], call, context, neverAborted());
      return Answer.parse(JSON.parse(text)).results.map(
        ({ summary }) => (/^x+/.exec(summary)?.[0].length ?? 0) + (/x+$/.exec(summary)?.[0].length ?? 0),
      );
    };
    assert.deepEqual(await sizes(undefined), [24_000, 24_000]);
    assert.deepEqual(await sizes(5000), [5000, 5000]);
    assert.deepEqual(await sizes(0), [2000, 2000]);
  });

  it('names no more than can be read of files, goals and errors, and says how much more there is', () => {
    const over = finished([
      {
        task: { goal: 'g'.repeat(9000) },
        ending: { status: 'failed', exitReason: 'error', summary: '', truncated: false, error: 'e'.repeat(900_000) },
        files: Array.from({ length: 5000 }, (_, i) => `src/${i}.ts`),
      },
    ]);
    const { value } = answerOf(over, { ...optionsFor(), nestedIn: nothingBelow, transcriptOf: ({ id }) => id });
    const text = JSON.stringify(value);
    assert.ok(text.length < 10_000);
    assert.match(text, /and 4900 more/);
  });

  // P12
  it('says where the record of a task is damaged', () => {
    const whole = finished([
      { task: { goal: 'a' }, ending: completed('A') },
      { task: { goal: 'b' }, ending: completed('B') },
    ]);
    const over = { ...whole, children: whole.children.slice(1) };
    const { value } = answerOf(over, { ...optionsFor(), nestedIn: nothingBelow, transcriptOf: ({ id }) => id });
    const { results, note } = Answer.parse(value);
    assert.deepEqual(
      results.map(({ task_index, summary }) => [task_index, summary]),
      [[1, 'B']],
    );
    assert.match(note ?? '', /damaged/);
  });
});
