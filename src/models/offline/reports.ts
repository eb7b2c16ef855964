import { summariseFile } from './fileSummary';
import type { CallOutcome } from './turn';

const MAX_LINES = 40;

/** One part for each file or folder that was read. */
export function reportFiles(outcomes: readonly CallOutcome[]): string {
  return outcomes
    .map((outcome) => {
      const path = argument(outcome, 'path');
      if (outcome.failed) return `I could not read ${path}: ${outcome.text}`;
      return outcome.tool === 'list_files' ? reportListing([outcome]) : summariseFile(path, outcome.text);
    })
    .join('\n\n');
}

export function reportListing([outcome]: readonly CallOutcome[]): string {
  if (outcome === undefined || outcome.failed) return failure('list that', outcome);
  const lines = linesOf(outcome.text);
  const notes = lines.filter((line) => line.startsWith('[') || line.startsWith('No file'));
  const paths = lines.filter((line) => !notes.includes(line));
  const where =
    outcome.tool === 'find_files' ? `matching \`${argument(outcome, 'pattern')}\`` : `in ${placeOf(outcome)}`;
  const count = `${paths.length} ${paths.length === 1 ? 'entry' : 'entries'} ${where}`;
  return paths.length === 0
    ? notes.join('\n') || `${count}.`
    : [`${count}:`, '', ...bullets(paths), ...notes].join('\n');
}

export function reportSearch([outcome]: readonly CallOutcome[]): string {
  if (outcome === undefined || outcome.failed) return failure('search', outcome);
  const { hits, total } = readHits(outcome.text);
  const shown = hits.map(({ path, line, text }) => `\`${path}:${line}\` ${text.trim()}`);
  return [`“${argument(outcome, 'pattern')}”: ${total}.`, '', ...bullets(shown)].join('\n').trim();
}

export function reportTodos([outcome]: readonly CallOutcome[]): string {
  if (outcome === undefined || outcome.failed) return failure('count the TODOs', outcome);
  const { hits, total } = readHits(outcome.text);
  const counts = new Map<string, number>();
  for (const { path } of hits) counts.set(path, (counts.get(path) ?? 0) + 1);
  const files = [...counts].map(([path, count]) => `${path}: ${count}`);
  return [`TODOs in ${placeOf(outcome)}: ${total}.`, '', ...bullets(files)].join('\n').trim();
}

export function reportCommand([outcome]: readonly CallOutcome[]): string {
  if (outcome === undefined) return failure('run that', outcome);
  const command = argument(outcome, 'command');
  const said = linesOf(outcome.text).slice(-MAX_LINES).join('\n');
  return `${outcome.failed ? 'This did not go well' : 'Done'}: \`${command}\`\n\n\`\`\`\n${said}\n\`\`\``;
}

export function reportEdit(outcomes: readonly CallOutcome[]): string {
  const outcome = outcomes.at(-1);
  if (outcome === undefined || outcome.failed) return failure('change the file', outcome);
  return `${outcome.tool === 'write_file' ? 'Written' : 'Changed'}: ${argument(outcome, 'path')}.`;
}

export function reportProblems([outcome]: readonly CallOutcome[]): string {
  if (outcome === undefined || outcome.failed) return failure('get the problems', outcome);
  return ['What VS Code reports:', '', ...bullets(linesOf(outcome.text))].join('\n');
}

/** A handle, the results of a delegation that was waited for, or why there was none. */
export function reportDelegation([outcome]: readonly CallOutcome[]): string {
  const { error, delegation_id, goals, results, note } = readJson(outcome?.text ?? '');
  if (typeof error === 'string') return `Nothing was delegated: ${error}`;
  if (Array.isArray(results)) {
    const parts = results.map((result) => describeResult(readRecord(result)));
    return [typeof note === 'string' ? note : 'All tasks are over.', ...parts].join('\n\n');
  }
  if (typeof delegation_id !== 'string') return failure('delegate that', outcome);
  const list = Array.isArray(goals) ? goals.map(String) : [];
  const count = list.length === 1 ? 'one task' : `${list.length} tasks`;
  const later = 'The results will come back here on their own; meanwhile you can go on.';
  return [`Delegated ${count} to the background as ${delegation_id}:`, '', ...bullets(list), '', later].join('\n');
}

function describeResult({ goal, status, summary, error }: Readonly<Record<string, unknown>>): string {
  const mark = status === 'completed' ? '✓' : '✗';
  const said = [error, summary].filter((text): text is string => typeof text === 'string' && text !== '');
  return [`${mark} ${String(goal)} (${String(status)})`, ...said].join('\n');
}

function failure(what: string, outcome: CallOutcome | undefined): string {
  return `I could not ${what}: ${outcome?.text ?? 'no result came'}`;
}

function readHits(text: string) {
  const lines = linesOf(text);
  const hits = lines.flatMap((line) => {
    const match = /^(?<path>.+?):(?<line>\d+): ?(?<text>.*)$/.exec(line)?.groups;
    return match === undefined
      ? []
      : [{ path: match['path'] ?? '', line: match['line'] ?? '', text: match['text'] ?? '' }];
  });
  const total = lines.findLast((line) => /^\d+ match/.test(line)) ?? `${hits.length} matches`;
  return { hits, total };
}

function bullets(lines: readonly string[]): string[] {
  const shown = lines.slice(0, MAX_LINES).map((line) => `- ${line}`);
  return lines.length > MAX_LINES ? [...shown, `- … and ${lines.length - MAX_LINES} more`] : shown;
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

function placeOf(outcome: CallOutcome): string {
  return argument(outcome, 'path') || 'the workspace';
}

function argument({ input }: CallOutcome, name: string): string {
  const value = input[name];
  return typeof value === 'string' ? value : '';
}

function readJson(text: string): Readonly<Record<string, unknown>> {
  try {
    return readRecord(JSON.parse(text));
  } catch {
    return {};
  }
}

function readRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
