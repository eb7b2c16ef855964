import assert from 'node:assert/strict';
import { overBudget } from '../../../src/delegation/budget';
import type { PoolChange } from '../../../src/delegation/poolChange';
import { changedChildren } from '../../../src/delegation/result';
import { inBackground, poolHarness, whenOver } from './poolHarness';

describe('What the pool tells of a change', () => {
  it('names the child that it is about, and what kind of change it is', async () => {
    const harness = poolHarness();
    const told: string[] = [];
    const note = ({ delegation, childId, kind }: PoolChange) =>
      told.push(`${kind} ${childId?.replace(delegation.id, '') ?? ''}`.trim());
    harness.pool.onDidChange(note);
    const { id } = inBackground(harness, ['a', 'b']);
    const a = await harness.children.held('a');
    await harness.children.held('b');
    told.length = 0;
    a.hooks.onProgress({ type: 'text', delta: 'x' });
    harness.pool.steer(`${id}.2`, 'Faster.');
    assert.deepEqual(told.splice(0), ['progress .1', 'progress .2']);
    harness.pool.cancel(`${id}.2`);
    assert.deepEqual(told.splice(0), ['state .2']);
    await harness.children.release('a', 'A');
    await whenOver(harness.pool, id);
    assert.ok(told.includes('state .1'));
  });

  // X12
  it('costs nothing for what it is not about', () => {
    const harness = poolHarness();
    const before = inBackground(harness, ['a', 'b']);
    const after = { ...before, children: before.children.map((child) => ({ ...child })) };
    const change = { type: 'text', delta: '' } as const;
    const progress = { type: 'child-progress', childId: `${before.id}.2`, change } as const;
    assert.deepEqual(changedChildren(before, after, progress), [after.children[1]]);
    assert.deepEqual(changedChildren(before, after, { type: 'started' }), after.children);
    const walk = () => assert.fail('The tree was walked though there is no budget.');
    assert.equal(overBudget(walk, { tokens: 0, usd: 0 }), undefined);
    assert.match(overBudget(() => [before], { tokens: 0, usd: 0.0001 }) ?? 'none', /none/);
  });
});
