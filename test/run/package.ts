/** `npm run package`: builds fanout-<version>.vsix; vsce calls `npm run vscode:prepublish` for the minified build. */
import { execa } from 'execa';
import { Problem, runScript } from '../vscode/problem';

async function makePackage(): Promise<void> {
  const args = ['package', '--no-dependencies'];
  const { failed } = await execa('vsce', args, { stdio: ['ignore', 1, 2], preferLocal: true, reject: false });
  if (failed) throw new Problem('The package could not be built (see above).');
}

await runScript(makePackage);
