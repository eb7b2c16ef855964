import type { Child, Delegation } from '../delegation/delegation';
import { taskCountOf } from '../delegation/delegation';
import type { NestedIn, Totals } from '../delegation/result';
import {
  durationOf,
  nothingBelow,
  runsOfTask,
  shortfallOf,
  titleOf,
  totalsOf,
  totalsOfChild,
} from '../delegation/result';
import type { PendingApproval } from '../tools/approvals';
import { escapeMarkdown, fenced, oneLine } from '../util/plainText';
import { costText, countText, durationText, plural } from './figures';

const MAX_TEXT = 1500;

/** All that is known of an agent, as Markdown. What agents wrote is shown as it is and never becomes Markdown. */
export function childTooltip(
  child: Child,
  delegation: Delegation,
  approvals: readonly PendingApproval[],
  now: number,
  nestedIn: NestedIn = nothingBelow,
): string {
  const { state, progress, task } = child;
  const ended = 'endedAt' in state ? state : undefined;
  const totals = totalsOfChild(child, nestedIn);
  const others = runsOfTask(delegation, child.taskIndex).filter(({ id }) => id !== child.id);
  return sections([
    `**${escapeMarkdown(oneLine(task.goal, MAX_TEXT))}**`,
    list([
      ['State', ended === undefined ? state.status : `${state.status} (${ended.exitReason})`],
      ['Doing', progress.activity],
      ...approvals.map(({ request }): Line => [`Waits for your approval to ${request.action}`, request.subject]),
      ['Error', ended?.error],
      ['No structured result', ended?.structuredError],
      ['Came too late for it', ended?.missedSteer],
      ['Model', task.model],
      ['Role', `${task.role}, toolsets: ${task.toolsets.join(', ')}`],
      ['Time', state.status === 'queued' ? undefined : durationText(durationOf(state, now))],
      ...usage(totals),
      ['Files written', totals.filesWritten.join(', ')],
      ['Worktree', child.worktree && `${child.worktree.path} (${child.worktree.state})`],
      ['Tool calls', progress.toolTrace.length === 0 ? undefined : String(progress.toolTrace.length)],
      ['Other runs', others.map((run) => `${run.id} (${run.state.status})`).join(', ')],
    ]),
    contextSection(task.context),
    textSection(ended?.summary ?? progress.lastText),
    idLine(delegation, child.id),
  ]);
}

/** All that is known of a delegation of several tasks, as Markdown. */
export function delegationTooltip(delegation: Delegation, now: number, nestedIn: NestedIn = nothingBelow): string {
  const totals = totalsOf(delegation, nestedIn);
  return sections([
    `**${plural(taskCountOf(delegation), 'task')}**`,
    delegation.children
      .map(({ taskIndex, task, state }) => `${taskIndex + 1}. ${escapeMarkdown(oneLine(task.goal))} (${state.status})`)
      .join('\n'),
    list([
      ['State', delegation.status],
      ['Outcome', shortfallOf(delegation)],
      [
        'Runs',
        { background: 'in the background', inline: 'inline, within the turn', sync: 'its caller waits' }[
          delegation.mode
        ],
      ],
      [
        'Results',
        {
          none: undefined,
          pending: 'wait for the session',
          delivered: 'delivered',
          undelivered: 'not delivered: its session is gone',
        }[delegation.delivery],
      ],
      ['Time', delegation.startedAt === undefined ? undefined : durationText(durationOf(delegation, now))],
      ...usage(totals),
      ['Files written', totals.filesWritten.join(', ')],
    ]),
    contextSection(delegation.context),
    idLine(delegation, delegation.id),
  ]);
}

/** The name of a row, for a message about it. */
export function nameOf(delegation: Delegation, child?: Child): string {
  return oneLine(child?.task.goal ?? titleOf(delegation), 80);
}

type Line = readonly [name: string, value: string | undefined];

function usage({ modelCalls, tokens: { input, output, cached }, costUsd }: Totals): Line[] {
  if (modelCalls === 0) return [];
  const fromCache = cached > 0 ? ` (${countText(cached)} cached)` : '';
  return [
    ['Model calls', String(modelCalls)],
    ['Tokens', `${countText(input)} in${fromCache}, ${countText(output)} out`],
    ['Cost', costText(costUsd)],
  ];
}

function list(lines: readonly Line[]): string {
  return lines
    .flatMap(([name, value]) =>
      value === undefined || value === '' ? [] : [`- ${name}: ${escapeMarkdown(oneLine(value, MAX_TEXT))}`],
    )
    .join('\n');
}

function contextSection(context: string): string {
  return context.trim() === '' ? '' : `Context\n${fenced(shorten(context))}`;
}

function textSection(text: string): string {
  return text.trim() === '' ? '' : fenced(shorten(text));
}

function idLine(delegation: Delegation, id: string): string {
  return `${id} · dispatched ${escapeMarkdown(new Date(delegation.dispatchedAt).toLocaleTimeString())}`;
}

function shorten(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}

function sections(texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join('\n\n');
}
