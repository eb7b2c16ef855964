import assert from 'node:assert/strict';
import { completionBlock } from '../../../src/delegation/block';
import { isOver } from '../../../src/delegation/delegation';
import { resultsOf, runsOfTask, shortfallOf, totalTokens } from '../../../src/delegation/result';
import { completed } from '../../fakes/gatedChildren';
import { ScriptedModel } from '../../fakes/scriptedModel';
import { agentHarness, textsOf } from './agentHarness';
import { optionsFor } from './blockHarness';
import { inBackground, neverAborted, poolHarness, requestFor, whenDelegation, whenOver } from './poolHarness';

const summaries = (delegation: Parameters<typeof resultsOf>[0]) =>
  resultsOf(delegation, () => '').map(({ status, summary, error }) => [status, summary || error]);

const firstFailed = ({ children }: Parameters<typeof resultsOf>[0]) => children[0]?.state.status === 'failed';

describe('a child that failed while its siblings run', () => {
  it('is begun again in its place, and its new result joins theirs in one completion', async () => {
    const harness = poolHarness();
    const { id } = inBackground(harness, ['a', 'b']);
    const b = await harness.children.held('b');
    (await harness.children.held('a')).crash(new Error('oops'));
    await whenDelegation(harness.pool, id, firstFailed);

    assert.equal(harness.pool.retry(`${id}.1`)?.kind, 'background');
    assert.equal(harness.pool.list().length, 1, 'no further delegation');
    b.release('B');
    (await harness.children.held('a', 2)).release('A at last');
    const over = await whenOver(harness.pool, id);
    assert.equal(over.status, 'completed');
    assert.deepEqual(summaries(over), [
      ['completed', 'A at last'],
      ['completed', 'B'],
    ]);
    assert.equal(harness.completions.waitingFor(over.sessionId).length, 1);
    assert.deepEqual(harness.store.load().map(summaries), [summaries(over)], 'the store knows the same');
  });

  // P4: each ending of the first and of the second run, and what the task's result is then.
  const partly = (summary: string) =>
    ({ status: 'failed', exitReason: 'error', summary, truncated: summary !== '', error: 'oops' }) as const;
  const cutOff = { ...completed('most'), exitReason: 'max_iterations', truncated: true } as const;
  for (const [what, first, second, result] of [
    ['failed after it was done', completed('GOOD'), partly('worse'), 'GOOD'],
    ['came to nothing after it was done', completed('GOOD'), partly(''), 'GOOD'],
    ['was cut off after it was done', completed('GOOD'), cutOff, 'GOOD'],
    ['was done after it was done', completed('GOOD'), completed('BETTER'), 'BETTER'],
    ['was done after it was cut off', cutOff, completed('GOOD'), 'GOOD'],
    ['failed after it was cut off', cutOff, partly('a word'), 'most'],
    ['came to nothing after it said something', partly('found 3 of 5 bugs'), partly(''), 'found 3 of 5 bugs'],
    ['said something after it came to nothing', partly(''), partly('found 3 of 5 bugs'), 'found 3 of 5 bugs'],
    ['said something else', partly('before'), partly('after'), 'after'],
  ] as const)
    it(`C60 is its task's result unless the new run ended better: the new one ${what}`, async () => {
      const harness = poolHarness();
      const { id } = inBackground(harness, ['a', 'b']);
      (await harness.children.held('a')).end(first);
      await whenDelegation(harness.pool, id, ({ children }) => isOver(children[0]?.state.status ?? 'queued'));
      assert.ok(harness.pool.retry(`${id}.1`));
      assert.equal(harness.pool.get(id)?.children[0]?.id, `${id}.3`, 'the new run is shown while it runs');
      (await harness.children.held('a', 2)).end(second);
      (await harness.children.held('b')).release('B');
      const over = await whenOver(harness.pool, id);
      const [a] = resultsOf(over, () => '');
      const standing = result === second.summary ? `${id}.3` : `${id}.1`;
      const other = standing === `${id}.1` ? `${id}.3` : `${id}.1`;
      assert.deepEqual(
        [a?.summary, a?.child_id, a?.other_runs?.map(({ child_id }) => child_id)],
        [result, standing, [other]],
      );
      assert.equal(harness.pool.child(other)?.child.id, other, 'the other one can be looked at');
      assert.deepEqual(harness.store.load().map(summaries), [summaries(over)], 'the store knows the same');
      const { text } = completionBlock(over, optionsFor());
      for (const { summary } of [first, second]) assert.ok(text.includes(summary));
    });

  it('C60 keeps its result and names its files where the new run is cancelled, alone or with all of it', async () => {
    for (const cancelled of ['child', 'delegation'] as const) {
      const harness = poolHarness();
      const { id } = inBackground(harness, ['a', 'b']);
      const first = await harness.children.held('a');
      const entry = { tool: 'write_file', args_bytes: 1, result_bytes: 1, status: 'ok' } as const;
      first.progress({ type: 'tool-finished', entry, filesWritten: ['half.ts'] });
      first.release('GOOD');
      await whenDelegation(harness.pool, id, ({ children }) => children[0]?.state.status === 'completed');
      harness.pool.retry(`${id}.1`);
      (await harness.children.held('a', 2)).progress({ type: 'text', delta: 'again' });
      harness.pool.cancel(cancelled === 'child' ? `${id}.3` : id);
      (await harness.children.held('b')).release('B');
      const over = await whenOver(harness.pool, id);
      const [a] = resultsOf(over, () => '');
      assert.deepEqual([a?.status, a?.summary, a?.files_written], ['completed', 'GOOD', ['half.ts']]);
      assert.equal(over.status, cancelled === 'child' ? 'completed' : 'interrupted');
      const { text } = completionBlock(over, optionsFor());
      assert.match(text, /Result:\n~~~\nGOOD\n~~~/);
      assert.match(text, /Files written: half.ts/);
      assert.match(
        text,
        /\nAnother run of this task, \S+\.3 ✗.*\nStatus: interrupted.*\n.*\nPartial output:\n~~~\nagain/,
      );
      const restored = poolHarness({ db: harness.db }).pool.get(id);
      assert.deepEqual(restored, over, 'a restart changes nothing');
    }
  });

  it('C60 can be begun again by the id of any of its runs, and never takes the id of another', async () => {
    const harness = poolHarness();
    const { id } = inBackground(harness, ['a', 'b']);
    for (let n = 1; n <= 3; n++) {
      (await harness.children.held('a', n)).crash(new Error('oops'));
      await whenDelegation(harness.pool, id, ({ children }) => isOver(children[0]?.state.status ?? 'queued'));
      assert.ok(harness.pool.retry(`${id}.1`));
    }
    const runs = runsOfTask(harness.pool.get(id) ?? assert.fail(), 0);
    assert.deepEqual(
      runs.map((run) => run.id),
      [1, 3, 4, 5].map((n) => `${id}.${n}`),
    );
  });

  // U4
  it('is begun again with all others that failed: in its place while others run, else in one new delegation', async () => {
    const harness = poolHarness();
    const { id } = inBackground(harness, ['a', 'b', 'c', 'd']);
    assert.equal(harness.pool.retryFailed(id), undefined, 'nothing failed yet');
    for (const goal of ['a', 'b']) (await harness.children.held(goal)).crash(new Error('oops'));
    (await harness.children.held('c')).release('C');
    await whenDelegation(harness.pool, id, ({ children }) =>
      children.slice(0, 3).every(({ state }) => isOver(state.status)),
    );
    assert.equal(harness.pool.retryFailed(id)?.kind, 'background');
    assert.equal(harness.pool.list().length, 1);
    for (const goal of ['a', 'b']) (await harness.children.held(goal, 2)).crash(new Error('oops'));
    (await harness.children.held('d')).release('D');
    const over = await whenOver(harness.pool, id);
    assert.equal(shortfallOf(over), '2 of 4 done · 2 failed');
    const again = harness.pool.retryFailed(id);
    assert.ok(again?.kind === 'background');
    assert.deepEqual(
      again.delegation.children.map(({ task }) => task.goal),
      ['a', 'b'],
    );
  });

  it('is counted with what it spent', async () => {
    const harness = poolHarness();
    const { id } = inBackground(harness, ['a', 'b']);
    const first = await harness.children.held('a');
    first.hooks.onProgress({ type: 'usage', tokens: { input: 10, output: 5, cached: 0 }, costUsd: null });
    first.crash(new Error('oops'));
    await whenDelegation(harness.pool, id, firstFailed);
    harness.pool.retry(`${id}.1`);
    const delegation = harness.pool.get(id);
    assert.ok(delegation);
    assert.equal(totalTokens(delegation).input, 10);
  });

  it('is not begun again while it runs, and not twice', async () => {
    const harness = poolHarness();
    const { id } = inBackground(harness, ['a', 'b']);
    assert.equal(harness.pool.retry(`${id}.1`), undefined);
    (await harness.children.held('a')).crash(new Error('oops'));
    await whenDelegation(harness.pool, id, firstFailed);
    assert.ok(harness.pool.retry(`${id}.1`));
    assert.equal(harness.pool.retry(`${id}.1`), undefined, 'its place is taken');
    assert.equal(harness.pool.retry(id), undefined, 'the whole is not over');
  });
});

describe('what is over', () => {
  it('is begun again as a new delegation: all of it, or one child', async () => {
    const harness = poolHarness();
    const { id } = inBackground(harness, ['a', 'b']);
    (await harness.children.held('a')).release('A');
    (await harness.children.held('b')).release('B');
    await whenOver(harness.pool, id);
    const all = harness.pool.retry(id);
    const one = harness.pool.retry(`${id}.2`);
    assert.deepEqual(
      [all, one].map((again) => again?.kind !== 'refused' && again?.delegation.children.map(({ task }) => task.goal)),
      [['a', 'b'], ['b']],
    );
  });

  it('goes on with its transcript and one more message, told to look before it changes anything', async () => {
    const model = new ScriptedModel([
      { calls: [{ name: 'no_such_tool', input: {} }] },
      new Error('the provider is down'),
      'All done.',
    ]);
    const harness = agentHarness({ model });
    const dispatched = harness.pool.dispatch(requestFor('Sort the files.'), neverAborted());
    assert.equal(dispatched.kind, 'background');
    const { id } = dispatched.delegation;
    assert.equal((await whenOver(harness.pool, id)).status, 'failed');

    const again = harness.pool.continue(id, 'Only those in src.');
    assert.equal(again?.kind, 'background');
    const over = await whenOver(harness.pool, again.delegation.id);
    assert.deepEqual(summaries(over), [['completed', 'All done.']]);
    const prompt = textsOf(model.requests.at(-1)?.prompt ?? []);
    assert.deepEqual(
      prompt.map(([role]) => role),
      ['system', 'user', 'assistant', 'tool', 'assistant', 'user'],
    );
    assert.equal(prompt[1]?.[1], 'Sort the files.');
    assert.match(prompt[5]?.[1] ?? '', /^Only those in src\.\n\n.*look at the workspace/);
    const [child] = again.delegation.children;
    assert.equal(harness.transcripts.load(child?.id ?? '').length, 5, 'the new transcript is whole');
  });

  it('goes on with those only that did not complete', async () => {
    const harness = poolHarness();
    const { id } = inBackground(harness, ['a', 'b']);
    (await harness.children.held('a')).release('A');
    harness.pool.cancel(`${id}.2`);
    await whenOver(harness.pool, id);
    const again = harness.pool.continue(id, '');
    assert.equal(again?.kind, 'background');
    assert.deepEqual(
      again.delegation.children.map(({ task }) => [task.goal, task.continues?.childId]),
      [['b', `${id}.2`]],
    );
    assert.equal(harness.pool.continue('deleg_00000000', ''), undefined);
  });
});
