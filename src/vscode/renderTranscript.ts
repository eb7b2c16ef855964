import type { Message, ToolCall, ToolResult } from '../agent/messages';
import type { Child, Delegation } from '../delegation/delegation';
import { taskCountOf } from '../delegation/delegation';
import { durationOf } from '../delegation/result';
import { fenced, inlineCode, oneLine } from '../util/plainText';
import { costText, countText, durationText } from './figures';

/**
 * An agent's transcript as Markdown. What agents, tools and models wrote stands in fences that it cannot close: no heading
 * of it passes for one of ours, no picture of it is fetched.
 */
export function renderTranscript(
  delegation: Delegation,
  child: Child,
  messages: readonly Message[],
  now: number,
): string {
  const parts = [...head(delegation, child, now), ...messages.flatMap(messageParts), ...end(child)];
  return `${parts.join('\n\n')}\n`;
}

function head(delegation: Delegation, child: Child, now: number): string[] {
  const { task, state, progress } = child;
  const { input, output } = progress.tokens;
  const facts = [
    `state: ${state.status}${'endedAt' in state && state.exitReason !== state.status ? ` (${state.exitReason})` : ''}`,
    `model: ${inlineCode(task.model)}`,
    `role: ${task.role}`,
    `toolsets: ${task.toolsets.join(', ')}`,
    ...(state.status === 'queued' ? [] : [`time: ${durationText(durationOf(state, now))}`]),
    `model calls: ${progress.modelCalls}`,
    `tokens: ${countText(input)} in, ${countText(output)} out`,
    `cost: ${costText(progress.costUsd)}`,
  ];
  return [
    `# ${child.id}`,
    `Dispatched ${new Date(delegation.dispatchedAt).toLocaleString()} as task ${child.taskIndex + 1} of ${taskCountOf(delegation)}.`,
    facts.map((fact) => `- ${fact}`).join('\n'),
    '**Goal**',
    fenced(task.goal),
    ...(task.context.trim() === '' ? [] : ['**Context**', fenced(task.context)]),
    ...(progress.filesWritten.length === 0
      ? []
      : ['**Files written**', progress.filesWritten.map((path) => `- ${inlineCode(path)}`).join('\n')]),
  ];
}

const ORIGINS: Readonly<Record<Extract<Message, { role: 'user' }>['origin'], string>> = {
  user: 'User',
  task: 'Task',
  steer: 'User, while it worked',
  continue: 'Continued',
  correction: 'Fanout, on the reply before',
  completion: 'Results of a delegation',
  summary: 'Summary of what came before',
};

function messageParts(message: Message): string[] {
  switch (message.role) {
    case 'user':
      return [`## ${ORIGINS[message.origin]}`, fenced(message.text)];
    case 'assistant':
      return [
        `## Agent${message.interrupted === true ? ' (cut off)' : ''}`,
        ...message.parts.flatMap((part) => {
          if (part.type === 'tool-call') return [...callParts(part.call), ...ranByProvider(part.executed)];
          if (part.text === '') return [];
          return part.type === 'reasoning' ? ['*Reasoning*', fenced(part.text)] : [fenced(part.text, 'markdown')];
        }),
      ];
    case 'tool':
      return message.results.flatMap(resultParts);
  }
}

function callParts(call: ToolCall): string[] {
  const wrong = call.malformed === undefined ? [] : [`The arguments were not valid: ${oneLine(call.malformed)}`];
  const input = typeof call.input === 'string' ? call.input : JSON.stringify(call.input, null, 2);
  return [`### Calls ${inlineCode(call.name)}`, ...wrong, fenced(input, 'json')];
}

function ranByProvider(executed: { readonly text: string } | undefined): string[] {
  return executed === undefined ? [] : ['*Run by the provider:*', fenced(executed.text)];
}

function resultParts({ toolName, status, text }: ToolResult): string[] {
  return [`### ${inlineCode(toolName)}: ${status}`, fenced(text)];
}

function end({ state, progress }: Child): string[] {
  if (!('endedAt' in state))
    return state.status === 'queued' ? ['*Queued.*'] : [`*Running: ${inlineCode(progress.activity)}*`];
  return [
    `## ${state.status}`,
    ...(state.error === undefined ? [] : [fenced(state.error)]),
    ...(state.missedSteer === undefined ? [] : ['Came too late for it:', fenced(state.missedSteer)]),
    ...(state.status !== 'completed' && state.summary !== '' ? ['Its last text:', fenced(state.summary)] : []),
  ];
}
