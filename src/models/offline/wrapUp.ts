const MARKER = /\bdeleg_[0-9a-f]{8}\b/;

/** Whether a user message is a completion block: the results of a delegation (SPEC 5). */
export function isCompletionBlock(message: string): boolean {
  const [first = ''] = message.split('\n', 1);
  return MARKER.test(first) && /results|completed|finished|interrupted|failed|is over/i.test(first);
}

/** A short answer to a completion block: its delegation, and one line for each task. */
export function wrapUp(block: string): string {
  const id = MARKER.exec(block)?.[0] ?? '';
  const lines = block.split('\n');
  const tasks = lines.filter((line) => /^TASK \d+\/\d+: /.test(line));
  const goals = lines.flatMap((line) => /^Goal: (.+)$/.exec(line)?.[1] ?? []).slice(0, 1);
  const what =
    tasks.length > 0
      ? tasks.map((line) => line.replace(/^TASK (\d+)\/\d+: /, '$1. '))
      : goals.map((goal) => `- ${goal}`);
  const statuses = lines.flatMap((line) => /^Status: (\w+)/.exec(line)?.[1] ?? []);
  const list = what.map((line, index) => `${line}${statuses[index] === undefined ? '' : ` (${statuses[index]})`}`);
  return [`The results of ${id} are here:`, '', ...list, '', 'The full reports are in the card above.'].join('\n');
}
