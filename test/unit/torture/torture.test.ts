import assert from 'node:assert/strict';
import path from 'node:path';
import { describe as inOneLine, torture, type ChainResult, type Tally } from '../../torture/harness';
import { ESCAPING_COMMANDS } from '../../torture/sabotages';

/** The built engine and its driver; `npm run unit` builds it before the tests. */
const program = path.resolve('dist/torture/window.mjs');

/** Tortures what is broken on purpose until the harm that it does is found. */
async function tortureBroken(sabotage: string, isHarm: (result: ChainResult) => boolean): Promise<Tally> {
  let found = false;
  return torture({
    program,
    runs: 400,
    seed: 7,
    chainLength: 2,
    sabotage,
    patienceMs: 2000,
    // About: what is broken need not be measured.
    points: { writes: 530, changes: 125, requests: 19, steps: 41 },
    goesOn: () => !found,
    onChain: (_plan, result) => (found ||= isHarm(result)),
  });
}

(process.platform === 'win32' ? describe.skip : describe)('windows that die anywhere', function () {
  this.timeout(300_000);

  it('C37 lose nothing, deliver nothing twice, and leave no process behind', async () => {
    const bad: string[] = [];
    const tally = await torture({
      program,
      runs: 120,
      seed: 1,
      onChain: ({ index }, { lost, doubled, orphans, faults }) => {
        bad.push(...[...lost, ...doubled, ...orphans, ...faults].map((what) => `chain ${index}: ${what}`));
      },
    });
    assert.deepEqual(bad, []);
    assert.match(
      inOneLine(tally),
      /^runs 120, delegations \d+, delivered \d+, unknown \d+, lost 0, doubled 0, orphans 0$/,
    );
    assert.ok(tally.delivered > 0 && tally.unknown > 0);
  });

  describe('and are broken on purpose are found out', () => {
    let escaping: Promise<Tally> | undefined;
    before(() => {
      // It waits for most of its time, for processes that do not end: beside the others.
      if (process.platform === 'linux')
        escaping = tortureBroken(ESCAPING_COMMANDS, ({ orphans }) => orphans.length > 0);
      escaping?.catch(() => undefined);
    });
    after(() => escaping);

    it('where writes are in no transaction', async () => {
      const isHarm = ({ lost, faults }: ChainResult) => lost.length + faults.length > 0;
      const { lost, faults } = await tortureBroken('no transactions', isHarm);
      assert.ok(lost + faults.length > 0);
    });

    it('where a delivery is not noted with the message that carries it', async () => {
      const { doubled } = await tortureBroken('delivery never noted', ({ doubled }) => doubled.length > 0);
      assert.ok(doubled > 0);
    });

    for (const sabotage of ['no recovery', 'no recovery of what was over']) {
      it(`where there is ${sabotage}`, async () => {
        const { lost } = await tortureBroken(sabotage, ({ lost }) => lost.length > 0);
        assert.ok(lost > 0);
      });
    }

    it('where commands outlive them', async function () {
      // A command leaves its group by a program that only Linux has.
      if (escaping === undefined) return this.skip();
      const { orphans } = await escaping;
      assert.ok(orphans > 0);
    });
  });
});
