import * as fc from 'fast-check';
import { PromisesWorld, type Action } from './promisesWorld';

const window = fc.nat(1);
const at = fc.nat(50);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constantFrom('say', 'say', 'delegate'),
      window,
      tasks: fc.integer({ min: 1, max: 3 }),
      nests: fc.boolean(),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      type: fc.constant('answer'),
      at,
      how: fc.constantFrom('step', 'step', 'end', 'end', 'fail'),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constantFrom(
        'cancel',
        'cancel-child',
        'retry',
        'retry-failed',
        'continue',
        'steer',
        'detach',
        'detach',
        'resume',
        'resume',
      ),
      window,
      at,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constantFrom('chat', 'stop', 'new-session', 'delete-session', 'crash', 'crash', 'refresh'),
      window,
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('reload'), window, minutes: fc.constantFrom(0, 9, 11) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('cap'), cap: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('pause'), window, on: fc.boolean() }) },
  { weight: 8, arbitrary: fc.constant<Action>({ type: 'wait' }) },
);

describe('every promise of a delegation, whatever happens in whatever order', () => {
  for (const windows of [1, 2] as const)
    it(`is kept by ${windows === 1 ? 'one window' : 'two windows'}`, async function () {
      this.timeout(120_000);
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom('inline', 'queue'),
          fc.array(action, { maxLength: 30 }),
          async (whenFull, actions) => {
            await using world = new PromisesWorld(windows, whenFull);
            for (const step of actions) await world.do(step);
            await world.end();
          },
        ),
        { numRuns: 30 },
      );
    });
});
