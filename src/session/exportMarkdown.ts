import { fenced, inlineCode, oneLine } from '../util/plainText';
import type { ExportedChild, ExportedEntry } from './exportSchema';
import type { DelegationParts, ExportParts } from './exportSession';
import { quoted } from './quotedMarkdown';

export interface MarkdownOptions {
  /** IANA name; the machine's own where absent. */
  readonly timeZone?: string;
}

type Entry = ExportParts['entries'] extends Iterable<infer T> ? T : never;

/**
 * A session as Markdown for people, piece by piece. Messages are quoted, so that no heading of theirs passes for one of
 * ours; what tools and agents gave back stands in fences that it cannot close.
 */
export function* markdownOf(parts: ExportParts, options: MarkdownOptions = {}): Generator<string> {
  const time = (iso: string) => localTime(iso, options.timeZone);
  const { session, exportedAt, spent } = parts.head;
  const facts = [
    `session: ${inlineCode(session.id)}`,
    `begun: ${time(session.createdAt)}`,
    `last used: ${time(session.updatedAt)}`,
    `exported by Fanout: ${time(exportedAt)}`,
    ...(spent === undefined ? [] : [`spent: ${tokensText(spent.tokens)}`, `cost: ${costText(spent.costUsd)}`]),
  ];
  yield `# ${plain(session.title)}\n\n${list(facts)}\n`;
  for (const entry of parts.entries) yield paragraphs(entryParts(entry, time));
  let isFirst = true;
  for (const delegation of parts.delegations) {
    if (isFirst) yield '\n# Delegations\n';
    isFirst = false;
    yield paragraphs(delegationParts(delegation.head, time));
    for (const child of delegation.children) yield paragraphs(childParts(child));
  }
}

type Time = (iso: string) => string;

const ORIGINS: Readonly<Record<Extract<ExportedEntry, { role: 'user' }>['origin'], string>> = {
  user: 'You',
  completion: 'Results of a delegation',
  steer: 'You, while it worked',
  task: 'Task',
  continue: 'Fanout',
  correction: 'Fanout',
  summary: 'Summary of what came before',
};

function entryParts({ at, entry }: Entry, time: Time): string[] {
  switch (entry.role) {
    case 'user': {
      const heading = `## ${ORIGINS[entry.origin]} · ${time(at)}`;
      if (entry.origin === 'user') return [heading, quoted(entry.text)];
      return [heading, folded(entry.delegationId ?? 'Text', fenced(entry.text))];
    }
    case 'assistant': {
      const cut = entry.interrupted === true ? ' (cut off)' : '';
      return [`## Agent${cut} · ${time(at)} · ${inlineCode(entry.model)}`, ...entry.parts.flatMap(partParts)];
    }
    case 'tool':
      return entry.results.map(({ toolName, status, text }) => folded(`${toolName}: ${status}`, fenced(text)));
    case 'notice':
      return [`*Fanout, ${entry.level}:*`, quoted(entry.text)];
    case 'dispatched':
      return [`*Dispatched ${inlineCode(entry.delegationId)} at ${time(at)}.*`];
  }
}

function partParts(part: Extract<ExportedEntry, { role: 'assistant' }>['parts'][number]): string[] {
  switch (part.type) {
    case 'text':
      return part.text === '' ? [] : [quoted(part.text)];
    case 'reasoning':
      return part.text === '' ? [] : [folded('Reasoning', fenced(part.text))];
    case 'tool-call': {
      const { name, input, malformed } = part.call;
      const wrong = malformed === undefined ? [] : [`The arguments were not valid: ${plain(malformed)}`];
      const text = typeof input === 'string' ? input : JSON.stringify(input ?? null, null, 2);
      return [folded(`Calls ${name}`, ...wrong, fenced(text, 'json'))];
    }
  }
}

function delegationParts(delegation: DelegationParts['head'], time: Time): string[] {
  const { id, status, mode, delivery, dispatchedAt, endedAt, parentChildId, context } = delegation;
  const facts = [
    `state: ${status}`,
    `dispatched: ${time(dispatchedAt)}${parentChildId === undefined ? '' : ` by ${inlineCode(parentChildId)}`}`,
    ...(endedAt === undefined ? [] : [`ended: ${time(endedAt)}`]),
    `ran: ${mode === 'background' ? `in the background, results ${delivery}` : 'within a turn'}`,
  ];
  return [`## ${id}`, list(facts), ...(context.trim() === '' ? [] : ['Context:', fenced(context)])];
}

function childParts(child: ExportedChild): string[] {
  const { id, status, exitReason, goal, model, modelCalls, tokens, costUsd, error, missedSteer, summary } = child;
  const reason = exitReason === undefined || exitReason === status ? '' : ` (${exitReason})`;
  const facts = [
    `state: ${status}${reason}`,
    `model: ${inlineCode(model)}, ${modelCalls} calls, ${tokensText(tokens)}`,
    `cost: ${costText(costUsd)}`,
    ...(child.filesWritten.length === 0 ? [] : [`files written: ${child.filesWritten.map(inlineCode).join(', ')}`]),
  ];
  return [
    `### ${id}: ${plain(goal)}`,
    list(facts),
    ...(oneLine(goal) === goal && goal.length <= TITLE ? [] : ['Goal:', fenced(goal)]),
    ...(error === undefined ? [] : ['Error:', fenced(error)]),
    ...(missedSteer === undefined ? [] : ['Came too late for it:', fenced(missedSteer)]),
    ...(summary === ''
      ? ['*No text.*']
      : [status === 'completed' ? 'Result:' : 'Its last text:', fenced(summary, 'markdown')]),
  ];
}

function tokensText({ input, output }: ExportedChild['tokens']): string {
  return `${input} tokens in, ${output} out`;
}

function costText(usd: number | null): string {
  return usd === null ? 'unknown' : `$${usd.toFixed(4)}`;
}

/** Characters of a title or goal in a heading. */
const TITLE = 120;

function paragraphs(parts: readonly string[]): string {
  return parts.map((part) => `\n${part}\n`).join('');
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

/** Text on a line of ours, shown as it is. */
function plain(text: string): string {
  return oneLine(text, TITLE).replace(/[\\`*_[\]<>&#!]/g, '\\$&');
}

/** Closed until the reader opens it, where what shows the Markdown can do that. */
function folded(title: string, ...content: readonly string[]): string {
  return `<details><summary>${escapeHtml(oneLine(title, TITLE))}</summary>\n\n${content.join('\n\n')}\n\n</details>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** `2026-11-22 13:05` */
function localTime(iso: string, timeZone?: string): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  return new Date(iso).toLocaleString('sv-SE', { ...zone, dateStyle: 'short', timeStyle: 'short' });
}
