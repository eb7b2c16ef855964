export interface OfflineTask {
  readonly goal: string;
  readonly role?: 'orchestrator';
}

/** The words that may stand between `delegate` and the tasks. */
const HOW =
  /^(?<how>(?:\s+(?:these|this|it|the|following|\d+|two|three|several|tasks?|jobs?|in|background|parallel|to|as|an?|agents?|sub-?agents?|children|orchestrator|with|role))*)\s*(?:[:\n]|(?=\s-\s))\s*(?<body>[^]+)$/i;
const BULLET = /^\s*(?:[-*•–]|\d+[.)])\s+/;

/** Reads what follows `delegate`: one task, or several in lines, as a list, or parted by semicolons. */
export function readTasks(rest: string): OfflineTask[] {
  const groups = HOW.exec(rest)?.groups;
  const body = groups?.['body'] ?? rest;
  // An orchestrator gets everything as its one goal, which it then delegates itself.
  if (/orchestrator/i.test(groups?.['how'] ?? '')) return [{ goal: body.trim(), role: 'orchestrator' }];
  return splitTasks(body).map((goal) => ({ goal }));
}

function splitTasks(body: string): string[] {
  const lines = body.split('\n').filter((line) => line.trim() !== '');
  const parts = lines.length > 1 ? lines : body.split(/;|\s(?=\d+[.)]\s)/);
  return parts.map((part) => part.replace(BULLET, '').trim()).filter((part) => part !== '');
}
