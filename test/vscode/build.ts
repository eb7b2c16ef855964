import { execa } from 'execa';
import { Problem } from './problem';

/** Runs esbuild.js for these targets; `what` is how the message of its failure calls them. */
export async function build(what: string, ...targets: string[]): Promise<void> {
  const { failed } = await execa(process.execPath, ['esbuild.js', ...targets], {
    stdio: ['ignore', 2, 2],
    reject: false,
  });
  if (failed) throw new Problem(`${what} could not be built (see above).`);
}
