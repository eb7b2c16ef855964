/**
 * `npm test`: the static checks and the three kinds of tests, each in a process of its own. All of them run, whatever fails;
 * the last line counts over all.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { installCodeServer } from '../vscode/codeServer';
import { addCounts, Counts, describeCounts, noCounts } from '../vscode/counts';
import { runScript } from '../vscode/problem';
import { seconds } from '../vscode/seconds';

interface Part {
  readonly name: string;
  /** A script of dist/run and its arguments. */
  readonly command: readonly [script: string, ...args: string[]];
}

const parts: readonly Part[] = [
  { name: 'Static checks', command: ['check'] },
  { name: 'Unit tests', command: ['mocha', 'unit'] },
  { name: 'Tests in the extension host', command: ['host'] },
  { name: 'Tests in the browser', command: ['mocha', 'e2e'] },
];

/** A part that ends without its counts, because it could not even begin or crashed, is one failure. */
async function run({ name, command: [script, ...args] }: Part): Promise<Counts> {
  console.log(`\n=== ${name}`);
  const started = performance.now();
  const child = spawn(process.execPath, [path.join('dist', 'run', `${script}.mjs`), ...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let counts: Counts | undefined;
  child.on('message', (message) => (counts = Counts.parse(message)));
  const [code] = (await once(child, 'close')) as [number | null];
  const result = counts ?? { ...noCounts, failed: 1 };
  const total = code !== 0 && result.failed === 0 ? { ...result, failed: 1 } : result;
  console.log(`--- ${name}: ${describeCounts(total)} (${seconds(started)})`);
  return total;
}

async function test(): Promise<void> {
  // Unit tests search with the ripgrep that VS Code brings. Where this fails, the parts that need it say so again, and fail.
  await installCodeServer().catch((error: unknown) => console.error((error as Error).message));
  let total = noCounts;
  for (const part of parts) total = addCounts(total, await run(part));
  if (total.failed > 0) process.exitCode = 1;
  console.log(`\n${describeCounts(total)}`);
}

await runScript(test);
