/** `npm run check`: the static checks, each of which counts as one test. */
import { execa } from 'execa';
import { availableParallelism } from 'node:os';
import pLimit from 'p-limit';
import { reportCounts } from '../vscode/counts';
import { runScript } from '../vscode/problem';
import { seconds } from '../vscode/seconds';

const checks: readonly (readonly [name: string, ...command: string[]])[] = [
  ['types of the extension and its tests', 'tsc', '-p', '.'],
  ['types of the chat view', 'tsc', '-p', 'src/webview'],
  ["types of the chat view's tests", 'tsc', '-p', 'test/unit/webview'],
  ['types of the browser tests', 'tsc', '-p', 'test/e2e'],
  ['lint', 'eslint', '.'],
  ['format', 'prettier', '--check', '--log-level', 'warn', '.'],
  ['unused files, exports and dependencies', 'knip', '--no-progress'],
];

/** Runs one check and prints how it went; what it says only where it fails. */
async function holds([name, command, ...args]: (typeof checks)[number]): Promise<boolean> {
  const started = performance.now();
  const result = await execa(command ?? '', args, { all: true, reject: false, stdin: 'ignore', preferLocal: true });
  console.log(`  ${result.failed ? '✖' : '✔'} ${name} (${seconds(started)})`);
  if (result.failed) console.log(result.all || result.message);
  return !result.failed;
}

async function check(): Promise<void> {
  const limit = pLimit(availableParallelism());
  const results = await Promise.all(checks.map((item) => limit(() => holds(item))));
  const passed = results.filter(Boolean).length;
  await reportCounts({ passed, failed: results.length - passed, skipped: 0 });
}

await runScript(check);
