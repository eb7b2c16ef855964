/**
 * `npm run torture [-- --runs 2000 --seed S --chain C --sabotage NAME]`: kills windows of Fanout wherever they can die,
 * starts them again, and checks the books.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Problem, runScript } from '../vscode/problem';
import { describe, describeDeeds, torture, type ChainResult, type TortureOptions } from './harness';
import type { ChainPlan } from './plans';

function readOptions(): TortureOptions {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '2000' },
      seed: { type: 'string', default: '1' },
      chain: { type: 'string' },
      sabotage: { type: 'string' },
    },
  });
  const [runs, seed] = [Number(values.runs), Number(values.seed)];
  if (!(runs > 0) || !Number.isInteger(seed)) throw new Problem('--runs wants a number above 0, --seed a whole one.');
  return {
    program: fileURLToPath(new URL('window.mjs', import.meta.url)),
    runs,
    seed,
    ...(values.chain === undefined ? {} : { only: Number(values.chain) }),
    ...(values.sabotage === undefined ? {} : { sabotage: values.sabotage }),
  };
}

/** Says what is wrong with a chain, and how to see it again. */
function tellOf({ index, runs, settings }: ChainPlan, { lost, doubled, orphans, faults }: ChainResult): void {
  const wrong = [
    ...lost.map((id) => `lost ${id}`),
    ...doubled.map((id) => `doubled ${id}`),
    ...orphans.map((line) => `orphan ${line}`),
    ...faults,
  ];
  if (wrong.length === 0) return;
  console.error(`Chain ${index} (--chain ${index}; ${JSON.stringify(settings)}):\n  ${wrong.join('\n  ')}`);
  console.error(`  its runs:\n    ${runs.map((run) => JSON.stringify(run)).join('\n    ')}`);
}

async function main(): Promise<void> {
  const options = readOptions();
  console.log(`Seed ${options.seed}.`);
  const started = performance.now();
  const tally = await torture({ ...options, onChain: tellOf });
  const { writes, changes, requests, steps } = tally.points;
  console.log(`A life has ${writes} write points, ${changes} changes, ${requests} requests and ${steps} steps.`);
  console.log(
    `${tally.killed} windows were killed; ${((performance.now() - started) / tally.runs).toFixed(0)} ms a run.`,
  );
  if (tally.lost + tally.doubled + tally.orphans + tally.faults.length > 0) process.exitCode = 1;
  console.log(`Among it: ${describeDeeds(tally)}.`);
  console.log(describe(tally));
}

await runScript(main);
