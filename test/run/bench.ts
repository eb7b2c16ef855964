/** `npm run bench [-- --json ...]`: builds test/bench/*.bench.ts and runs each with the same arguments. */
import { execa } from 'execa';
import { globSync } from 'node:fs';
import path from 'node:path';
import { build } from '../vscode/build';
import { Problem, runScript } from '../vscode/problem';

async function bench(): Promise<void> {
  await build('The benchmark', 'bench', '--production');
  for (const source of globSync('test/bench/*.bench.ts').sort()) {
    const built = path.join('dist', 'bench', path.basename(source).replace(/\.ts$/, '.mjs'));
    const { failed } = await execa(process.execPath, [built, ...process.argv.slice(2)], {
      stdio: 'inherit',
      reject: false,
    });
    if (failed) throw new Problem(`${source} failed (see above).`);
  }
}

await runScript(bench);
