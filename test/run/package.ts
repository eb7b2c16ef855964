/** `npm run package`: builds fanout-<version>.vsix; vsce calls `npm run vscode:prepublish` for the minified build. */
import { execa } from 'execa';
import { Problem, runScript } from '../vscode/problem';

async function makePackage(): Promise<void> {
  // The picture in the README travels in the package; there is no public address to point it at.
  const args = ['package', '--no-dependencies', '--no-rewrite-relative-links'];
  const { failed } = await execa('vsce', args, { stdio: ['ignore', 1, 2], preferLocal: true, reject: false });
  if (failed) throw new Problem('The package could not be built (see above).');
}

await runScript(makePackage);
