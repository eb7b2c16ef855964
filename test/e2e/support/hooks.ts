/** Mocha's root hooks: what a failed test leaves behind, and the end of what all tests share. */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Test } from 'mocha';
import { closeDirectedModel } from './directedModel';
import { removeFolders } from './folders';
import { stopAll } from './shared';
import { closeThoseOfOneTest, openWorkbenches, type Workbench } from './workbench';

const lastLines = (text: string, count: number) => text.trimEnd().split('\n').slice(-count).join('\n');

/** Fanout's own log channels, of every extension host of the server. */
function extensionLog(workbench: Workbench): string {
  const files = globSync('data/logs/**/*anout*.log', { cwd: workbench.server.dataFolder });
  return files.map((file) => readFileSync(path.join(workbench.server.dataFolder, file), 'utf8')).join('\n');
}

async function report(test: Test, workbench: Workbench, index: number): Promise<void> {
  const name = `failed ${test.fullTitle()}${index > 0 ? ` ${index + 1}` : ''}`
    .replaceAll(/[^\w-]+/g, '-')
    .slice(0, 120);
  await workbench.screenshot(name).catch(() => undefined);
  console.error(`\n--- ${test.fullTitle()}: see test-results/${name}.png`);
  console.error(`--- the page's console errors\n${workbench.consoleErrors.slice(-20).join('\n')}`);
  console.error(`--- Fanout's log\n${lastLines(extensionLog(workbench), 60)}`);
  console.error(`--- the server's log\n${lastLines(workbench.server.log(), 20)}\n---`);
}

export const mochaHooks = {
  async afterEach(this: Mocha.Context): Promise<void> {
    const test = this.currentTest;
    if (test?.state === 'failed')
      await Promise.all([...openWorkbenches].map((workbench, index) => report(test, workbench, index)));
    await closeThoseOfOneTest();
  },
  async afterAll(): Promise<void> {
    await Promise.all([...openWorkbenches].map((workbench) => workbench.close()));
    await stopAll();
    await closeDirectedModel();
    await removeFolders();
  },
};
