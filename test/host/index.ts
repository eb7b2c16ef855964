/** What VS Code runs in its extension host: every test beside this file. */
import Mocha from 'mocha';
import { globSync } from 'node:fs';
import path from 'node:path';
import { format } from 'node:util';

/**
 * Resolves when the tests are over, rejects if one failed. A launcher that sees the console of the whole extension host
 * sets `$FANOUT_MARK`: that word then comes before each line of the tests, and last before an object with their counts.
 */
export async function run(): Promise<void> {
  const mark = process.env['FANOUT_MARK'];
  if (mark) Mocha.reporters.Base.consoleLog = (...words: unknown[]) => console.log(mark, format(...words));
  const mocha = new Mocha({
    ui: 'bdd',
    reporter: 'spec',
    color: false,
    timeout: 60_000,
    slow: 60_000,
    forbidOnly: process.env['CI'] !== undefined,
    ...(process.env['FANOUT_GREP'] ? { grep: process.env['FANOUT_GREP'] } : {}),
  });
  for (const file of globSync('**/*.test.js', { cwd: __dirname }).sort()) mocha.addFile(path.join(__dirname, file));
  const stats = await new Promise<Mocha.Stats | undefined>((resolve) => {
    const runner = mocha.run(() => resolve(runner.stats));
  });
  const { passes: passed = 0, failures: failed = 1, pending: skipped = 0 } = stats ?? {};
  if (mark) console.log(mark, { passed, failed, skipped });
  if (failed > 0) throw new Error(`${failed} tests failed.`);
}
