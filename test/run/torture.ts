/** `npm run torture [-- --runs 2000 --seed S]`: builds test/torture and runs it with the same arguments. */
import { execa } from 'execa';
import { build } from '../vscode/build';
import { runScript } from '../vscode/problem';

async function torture(): Promise<void> {
  await build('The torture', 'torture');
  const { failed } = await execa(process.execPath, ['dist/torture/torture.mjs', ...process.argv.slice(2)], {
    stdio: 'inherit',
    reject: false,
  });
  // Its last line is the result: nothing comes after it.
  if (failed) process.exitCode = 1;
}

await runScript(torture);
