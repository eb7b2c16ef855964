import assert from 'node:assert/strict';
import { attached, inBackground, poolHarness } from './poolHarness';

const usage = (tokens: number, costUsd: number | null) =>
  ({ type: 'usage', tokens: { input: tokens, output: 0, cached: 0 }, costUsd }) as const;

describe('the budget of a delegation', () => {
  it('C48 in tokens is shared by all of its children, and asked before each model request', async () => {
    const harness = poolHarness({ settings: { budget: { tokens: 1000, usd: 0 } } });
    inBackground(harness, ['a', 'b']);
    const a = await harness.children.held('a');
    const b = await harness.children.held('b');
    a.progress(usage(600, null));
    assert.deepEqual([a.hooks.refuseRequest(), b.hooks.refuseRequest()], [undefined, undefined]);
    b.progress(usage(400, null));
    const sentence = 'The budget of this delegation is used up: 1000 of 1000 tokens (fanout.delegation.budget).';
    assert.deepEqual([a.hooks.refuseRequest(), b.hooks.refuseRequest()], [sentence, sentence]);
  });

  it('C48 in money counts what is known', async () => {
    const harness = poolHarness({ settings: { budget: { tokens: 0, usd: 0.5 } } });
    inBackground(harness, ['a', 'b']);
    const a = await harness.children.held('a');
    a.progress(usage(600, 0.3));
    assert.equal(a.hooks.refuseRequest(), undefined);
    a.progress(usage(400, 0.2));
    assert.equal(
      a.hooks.refuseRequest(),
      'The budget of this delegation is used up: $0.50 of $0.50 (fanout.delegation.budget).',
    );
  });

  it('C48 another delegation has its own', async () => {
    const harness = poolHarness({ settings: { budget: { tokens: 10, usd: 0 } } });
    inBackground(harness, 'a');
    inBackground(harness, 'b');
    (await harness.children.held('a')).progress(usage(10, null));
    assert.equal((await harness.children.held('b')).hooks.refuseRequest(), undefined);
  });

  it('C48 holds for all below it: what grandchildren use counts, and they are refused too', async () => {
    const harness = poolHarness({ settings: { budget: { tokens: 1000, usd: 0 } } });
    inBackground(harness, 'parent');
    const parent = await harness.children.held('parent');
    const nest = (goal: string) =>
      attached(harness, goal, { wait: 'sync', parentChildId: parent.child.id, depth: 2 }, parent.signal);
    nest('one');
    nest('two');
    const one = await harness.children.held('one');
    const two = await harness.children.held('two');
    parent.progress(usage(500, null));
    one.progress(usage(400, null));
    assert.equal(two.hooks.refuseRequest(), undefined);
    two.progress(usage(100, null));
    for (const child of [parent, one, two]) assert.match(child.hooks.refuseRequest() ?? '', /1000 of 1000 tokens/);
  });

  it('C48 nothing is refused where there is none', async () => {
    const harness = poolHarness();
    inBackground(harness, 'a');
    const a = await harness.children.held('a');
    a.progress(usage(1e9, 1e6));
    assert.equal(a.hooks.refuseRequest(), undefined);
  });
});
