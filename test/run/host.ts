/**
 * `host.mjs [--grep TEXT]`: runs test/host in a real extension host, that of VS Code's server, with a headless browser as its
 * window. What the tests print there is printed here.
 */
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { findBrowser, launchBrowser } from '../vscode/browser';
import { build } from '../vscode/build';
import { installCodeServer } from '../vscode/codeServer';
import { Counts, reportCounts } from '../vscode/counts';
import { projectRoot } from '../vscode/paths';
import { runScript } from '../vscode/problem';
import { exitOnSignals } from '../vscode/processGroup';
import { quietSettings, startServer, testWindowAddress, writeUserSettings } from '../vscode/server';

const testsPath = path.join(projectRoot, 'dist', 'test', 'host', 'index.js');

/** After this the window counts as hanging: a net under a suite of seconds. */
const patience = 300_000;

/** Comes before every line of the tests in the console of the window, among much else. */
const mark = 'FANOUT-TESTS';

/** Prints the lines of the tests as they come, and resolves with the counts when the window's test run has ended. */
async function runInWindow(page: Page, address: string): Promise<Counts | undefined> {
  let counts: Counts | undefined;
  const { promise: ended, resolve: end } = Promise.withResolvers<undefined>();
  await page.exposeFunction('codeAutomationLog', (_level: string, [first, line]: unknown[]) => {
    if (first !== mark) return;
    if (typeof line === 'string') console.log(line);
    else counts = Counts.parse(line);
  });
  await page.exposeFunction('codeAutomationExit', () => end(undefined));
  page.on('crash', () => end(undefined));
  const timer = setTimeout(() => end(undefined), patience);
  await page.goto(address);
  await ended;
  clearTimeout(timer);
  return counts;
}

async function runSuite(temporary: string, grep: string | undefined): Promise<Counts> {
  const folder = path.join(temporary, 'shop');
  const dataFolder = path.join(temporary, 'data');
  await cp(path.join(projectRoot, 'test', 'fixtures', 'shop'), folder, { recursive: true });
  await mkdir(dataFolder);
  writeUserSettings(dataFolder, quietSettings);
  const env = { FANOUT_MARK: mark, ...(grep === undefined ? {} : { FANOUT_GREP: grep }) };
  const server = await startServer({ dataFolder, port: 0, mode: 'development', workspaceTrust: false, env });
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    const counts = await runInWindow(page, testWindowAddress(server.port, folder, testsPath));
    if (counts) return counts;
    console.error(
      `The tests gave no result within ${patience / 1000} s. The server's last words:\n${server.log().slice(-4000)}`,
    );
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    await browser.close();
    await server.stop();
  }
}

async function main(): Promise<void> {
  exitOnSignals();
  const { values } = parseArgs({ options: { grep: { type: 'string' } } });
  findBrowser();
  await installCodeServer();
  await build('The tests of the extension host', 'extension', 'webview', 'host');
  const temporary = await mkdtemp(path.join(tmpdir(), 'fanout-host-'));
  try {
    await reportCounts(await runSuite(temporary, values.grep));
  } finally {
    await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
  }
}

await runScript(main);
