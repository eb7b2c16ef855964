/** Something that the person at the terminal can mend; its message is all that is shown. */
export class Problem extends Error {
  override name = 'Problem';
}

/** Runs a script to its end: a `Problem` becomes one line and a failed exit, anything else a stack trace. */
export async function runScript(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Problem ? error.message : error);
    process.exitCode = 1;
  }
}
