/**
 * `npm test`: the static checks and the three kinds of tests, each in a process of its own, in two lanes side by side that
 * share nothing but the machine. All of them run, whatever fails; the last line counts over all.
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

/** The parts of a lane run one after the other. Those of the second need a browser and a server, and wait for them often. */
const lanes: readonly (readonly Part[])[] = [
  [
    { name: 'Unit tests', command: ['mocha', 'unit'] },
    { name: 'Static checks', command: ['check'] },
  ],
  [
    { name: 'Tests in the extension host', command: ['host'] },
    { name: 'Tests in the browser', command: ['mocha', 'e2e'] },
  ],
];

/** What the parts that run now have said so far: each is printed as one piece, also where all of this is cut short. */
const unprinted = new Map<string, Buffer[]>();

function print(name: string): void {
  const output = unprinted.get(name);
  unprinted.delete(name);
  if (output !== undefined) process.stdout.write(Buffer.concat([Buffer.from(`\n=== ${name}\n`), ...output]));
}

/** A part that ends without its counts, because it could not even begin or crashed, is one failure. */
async function run({ name, command: [script, ...args] }: Part): Promise<Counts> {
  const started = performance.now();
  const output: Buffer[] = [];
  unprinted.set(name, output);
  const child = spawn(process.execPath, [path.join('dist', 'run', `${script}.mjs`), ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => output.push(data));
  let counts: Counts | undefined;
  child.on('message', (message) => (counts = Counts.parse(message)));
  const [code] = (await once(child, 'close')) as [number | null];
  const result = counts ?? { ...noCounts, failed: 1 };
  const total = code !== 0 && result.failed === 0 ? { ...result, failed: 1 } : result;
  print(name);
  console.log(`--- ${name}: ${describeCounts(total)} (${seconds(started)})`);
  return total;
}

async function runLane(parts: readonly Part[]): Promise<Counts> {
  let total = noCounts;
  for (const part of parts) total = addCounts(total, await run(part));
  return total;
}

async function test(): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      for (const name of [...unprinted.keys()]) print(name);
      process.exit(1);
    });
  }
  // Unit tests search with the ripgrep that VS Code brings. Where this fails, the parts that need it say so again, and fail.
  await installCodeServer().catch((error: unknown) => console.error((error as Error).message));
  const total = (await Promise.all(lanes.map(runLane))).reduce(addCounts, noCounts);
  if (total.failed > 0) process.exitCode = 1;
  console.log(`\n${describeCounts(total)}`);
}

await runScript(test);
