/**
 * `npm run mutation [-- --mutate src/session/inbox.ts]`: changes agent, delegation and session in small ways, one at a time, and
 * tells which changes no unit test notices. Fails below 90 % of them. Takes about an hour; not part of `npm test`.
 */
import { execa } from 'execa';
import { Problem, runScript } from '../vscode/problem';

async function mutation(): Promise<void> {
  const { failed } = await execa('stryker', ['run', 'test/mutation/stryker.config.json', ...process.argv.slice(2)], {
    stdio: 'inherit',
    preferLocal: true,
    reject: false,
  });
  if (failed) throw new Problem('Too few changes were noticed, or Stryker failed (see above).');
}

await runScript(mutation);
