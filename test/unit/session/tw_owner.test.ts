import { Claims } from '../../../src/store/claims';
Claims.prototype.claim = () => true;
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { TwoWindowsWorld, type Action } from './twoWindowsWorld';

const window = fc.nat(1);
const at = fc.nat(50);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('dispatch'), window, tasks: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('finish'), at }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('cancel'), window, at }) },
  {
    weight: 5,
    arbitrary: fc.record({ type: fc.constantFrom('new-session', 'crash', 'crash', 'reload', 'refresh'), window }),
  },
  { weight: 3, arbitrary: fc.constant<Action>({ type: 'wait' }) },
);

describe('two windows on one workspace, whatever happens in whatever order', () => {
  it('C37 every accepted delegation comes back exactly once, and never has two owners', async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (actions) => {
        await using world = new TwoWindowsWorld();
        for (const step of actions) await world.do(step);
        for (const [id, times] of await world.end()) assert.equal(times, 1, `${id} came back ${times} times`);
      }),
      { numRuns: 40 },
    );
  });
});
