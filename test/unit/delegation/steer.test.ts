import assert from 'node:assert/strict';
import { resultsOf } from '../../../src/delegation/result';
import { inBackground, poolHarness, whenOver } from './poolHarness';

const missed = (delegation: Parameters<typeof resultsOf>[0]) =>
  resultsOf(delegation, () => '').map((result) => result.missed_steer);

describe('steering', () => {
  it('C51 reaches the next request of that child, once, oldest first', async () => {
    const harness = poolHarness();
    const { id } = inBackground(harness, ['a', 'b']);
    const a = await harness.children.held('a');
    const b = await harness.children.held('b');
    assert.equal(harness.pool.steer(`${id}.1`, 'use tabs'), true);
    assert.equal(harness.pool.steer(`${id}.1`, 'and be quick'), true);
    assert.deepEqual(b.hooks.takeSteer(), []);
    assert.deepEqual([a.hooks.takeSteer(), a.hooks.takeSteer()], [['use tabs', 'and be quick'], []]);
    a.release('A');
    b.release('B');
    assert.deepEqual(missed(await whenOver(harness.pool, id)), [undefined, undefined]);
  });

  for (const [how, end] of [
    ['ends', (_, held) => held.release('done')],
    ['crashes', (_, held) => held.crash(new Error('oops'))],
    ['is cancelled', (harness, held) => harness.pool.cancel(held.child.id)],
    ['is cancelled with its delegation', (harness, held) => harness.pool.cancel(held.delegation.id)],
    ['stalls for good', (harness) => harness.clock.advance(600_000)],
  ] satisfies [
    string,
    (
      harness: ReturnType<typeof poolHarness>,
      held: Awaited<ReturnType<ReturnType<typeof poolHarness>['children']['held']>>,
    ) => unknown,
  ][]) {
    it(`C51 comes back as missed_steer where the child ${how} first`, async () => {
      const harness = poolHarness();
      const { id } = inBackground(harness, 'a');
      const held = await harness.children.held('a');
      for (const text of ['one more thing', 'and another']) harness.pool.steer(`${id}.1`, text);
      end(harness, held);
      assert.deepEqual(missed(await whenOver(harness.pool, id)), ['one more thing\nand another']);
    });
  }

  it('C51 says false where the child does not run', async () => {
    const harness = poolHarness({ settings: { maxConcurrentChildren: 1 } });
    const { id } = inBackground(harness, ['a', 'b']);
    await harness.children.held('a');
    assert.deepEqual([harness.pool.steer(`${id}.2`, 'x'), harness.pool.steer('deleg_00000000.1', 'x')], [false, false]);
    await harness.children.release('a', 'A');
    await harness.children.release('b', 'B');
    await whenOver(harness.pool, id);
    assert.equal(harness.pool.steer(`${id}.1`, 'x'), false);
  });
});
