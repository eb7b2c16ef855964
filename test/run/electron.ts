/** `npm run test:electron`: test/host in a downloaded VS Code for the desktop, on machines that can download it. */
import { runTests } from '@vscode/test-electron';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from '../vscode/build';
import { projectRoot } from '../vscode/paths';
import { Problem, runScript } from '../vscode/problem';

async function main(): Promise<void> {
  await build('The tests of the extension host', 'extension', 'webview', 'host');
  const temporary = await mkdtemp(path.join(tmpdir(), 'fanout-electron-'));
  const folder = path.join(temporary, 'shop');
  await cp(path.join(projectRoot, 'test', 'fixtures', 'shop'), folder, { recursive: true });
  try {
    await runTests({
      extensionDevelopmentPath: projectRoot,
      extensionTestsPath: path.join(projectRoot, 'dist', 'test', 'host', 'index.js'),
      launchArgs: [folder, '--disable-extensions', '--disable-workspace-trust', '--user-data-dir', temporary],
    });
  } catch (error) {
    throw new Problem(`The tests failed, or VS Code could not be downloaded: ${(error as Error).message}`);
  } finally {
    await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
  }
}

await runScript(main);
