import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { ProgressChange } from '../../../src/delegation/progress';
import type { Action } from './poolWorld';
import { PoolWorld } from './poolWorld';

const at = fc.nat(50);
const change: fc.Arbitrary<ProgressChange> = fc.oneof(
  fc.constant<ProgressChange>({ type: 'text', delta: 'x' }),
  fc.constant<ProgressChange>({ type: 'request', priced: true }),
  fc.constant<ProgressChange>({ type: 'usage', tokens: { input: 1, output: 1, cached: 0 }, costUsd: 0.1 }),
  fc.constant<ProgressChange>({ type: 'approvals', waiting: 1 }),
);
const dispatch = fc.record({
  type: fc.constant('dispatch' as const),
  count: fc.integer({ min: 1, max: 3 }),
  wait: fc.constantFrom('background', 'background', 'sync'),
  whenFull: fc.constantFrom('inline', 'queue', 'reject'),
});
const targeted = fc.record({
  type: fc.constantFrom(
    'release',
    'release',
    'crash',
    'nest',
    'abortTurn',
    'cancel',
    'cancelChild',
    'remove',
    'steer',
    'retry',
  ),
  at,
});
const plain = fc.record({
  type: fc.constantFrom('settle', 'settle', 'settle', 'take', 'takeOne', 'pause', 'resume', 'cancelAll', 'reload'),
});
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: dispatch },
  { weight: 6, arbitrary: targeted },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('progress' as const), at, change }) },
  { weight: 5, arbitrary: plain },
);
const caps = fc.record({
  maxAsyncDelegations: fc.integer({ min: 1, max: 3 }),
  maxConcurrentChildren: fc.integer({ min: 1, max: 2 }),
});

describe('the pool and its queue, whatever happens in whatever order', () => {
  it('C6 C21 C37 every background delegation comes back exactly once, in order of completion, restarts included', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), caps, async (actions, settings) => {
        const world = new PoolWorld(settings);
        for (const step of actions) await world.do(step);
        await world.end();
        assert.deepEqual(world.taken, world.completed);
        assert.equal(new Set(world.taken).size, world.taken.length);
      }),
      { numRuns: 150 },
    );
  });
});
