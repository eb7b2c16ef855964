/**
 * `mocha.mjs unit|e2e [part of a file's name] [--grep TEXT]`: builds the tests of that folder and runs them in this process.
 */
import Mocha from 'mocha';
import { existsSync, globSync } from 'node:fs';
import path from 'node:path';
import { isatty } from 'node:tty';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { findBrowser } from '../vscode/browser';
import { build } from '../vscode/build';
import { installCodeServer } from '../vscode/codeServer';
import { reportCounts, type Counts } from '../vscode/counts';
import { Problem, runScript } from '../vscode/problem';
import { exitOnSignals } from '../vscode/processGroup';

/** How long a test may take before it counts as hanging. */
const patience = { unit: 20_000, e2e: 120_000 };

type Suite = keyof typeof patience;

function readOptions() {
  const { values, positionals } = parseArgs({ options: { grep: { type: 'string' } }, allowPositionals: true });
  const [suite, file = ''] = positionals;
  if (suite !== 'unit' && suite !== 'e2e') throw new Problem('Name the suite: unit or e2e.');
  return { suite, file, grep: values.grep } satisfies { suite: Suite; file: string; grep: string | undefined };
}

/** The hooks around all tests of a suite, built with its tests so that they share what those share. */
async function rootHooks(suite: Suite): Promise<Mocha.RootHookObject> {
  const file = path.resolve(`dist/test/${suite}/support/hooks.mjs`);
  if (!existsSync(file)) return {};
  const { mochaHooks } = (await import(pathToFileURL(file).href)) as { mochaHooks: Mocha.RootHookObject };
  return mochaHooks;
}

/** A test that leaves a timer, a socket or a process behind keeps the process alive: that fails, and does not hang. */
function endEvenIfSomethingIsOpen(counts: Counts): void {
  setTimeout(() => {
    console.error(`Left open when all tests were over: ${process.getActiveResourcesInfo().join(', ')}`);
    void reportCounts({ ...counts, failed: counts.failed + 1 }).then(() => process.exit(1));
  }, 10_000).unref();
  process.once('beforeExit', () => void reportCounts(counts));
}

async function main(): Promise<void> {
  exitOnSignals();
  const { suite, file, grep } = readOptions();
  if (suite === 'e2e') {
    findBrowser();
    await installCodeServer();
  }
  const targets = suite === 'e2e' ? ['extension', 'webview', 'e2e'] : ['unit', 'torture'];
  await build(`The ${suite} tests`, ...targets);
  const mocha = new Mocha({
    ui: 'bdd',
    reporter: 'spec',
    color: isatty(1),
    timeout: patience[suite],
    slow: patience[suite],
    forbidOnly: process.env['CI'] !== undefined,
    rootHooks: await rootHooks(suite),
    ...(grep === undefined ? {} : { grep }),
  });
  // Built files of tests that are no more lie in dist as well; only what has a source counts.
  const sources = globSync(`test/${suite}/**/*.test.{ts,tsx}`).filter((source) => source.includes(file));
  for (const source of sources.sort()) mocha.addFile(path.resolve('dist', source.replace(/\.tsx?$/, '.mjs')));
  if (sources.length === 0) throw new Problem(`No file of test/${suite} has ${file} in its name.`);
  await mocha.loadFilesAsync();
  const stats = await new Promise<Mocha.Stats | undefined>((resolve) => {
    const runner = mocha.run(() => resolve(runner.stats));
  });
  const { passes = 0, failures = 1, pending = 0 } = stats ?? {};
  endEvenIfSomethingIsOpen({ passed: passes, failed: failures, skipped: pending });
}

await runScript(main);
