import assert from 'node:assert/strict';
import { resultsOf, totalTokens } from '../../../src/delegation/result';
import { ScriptedModel } from '../../fakes/scriptedModel';
import { agentHarness, textsOf } from './agentHarness';
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
