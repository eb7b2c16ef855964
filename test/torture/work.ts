import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toolCallsOf, type ToolCall } from '../../src/agent/messages';
import { isOpen } from '../../src/delegation/worktree';
import type { Books, RunOnRecord } from './books';
import { holds, writtenBy } from './project';

/** The folders of a chain. */
export interface Places {
  readonly project: string;
  readonly worktrees: string;
  /** A line for each command that ran: the goal of the child. */
  readonly traces: string;
}

/** What is wrong with the work that the children did, in words. */
export function faultsInWork(books: Books, places: Places): string[] {
  return [
    ...books.runs.flatMap(repeatedSteps),
    ...repeatedCommands(books, places),
    ...hiddenResults(books),
    ...missingFiles(books, places),
    ...unlistedWork(books, places),
  ];
}

/** A child that went on after it was cut off did nothing anew that it had finished. */
function repeatedSteps({ id, transcript }: RunOnRecord): string[] {
  const tasks = transcript.filter((message) => message.role === 'user' && message.origin === 'task').length;
  const done = finishedCalls(transcript).map(({ name, input }) => `${name} ${JSON.stringify(input)}`);
  const twice = done.filter((call, i) => done.indexOf(call) !== i);
  return [
    ...(tasks > 1 ? [`${id} was given its task ${tasks} times`] : []),
    ...twice.map((call) => `${id} did twice: ${call}`),
  ];
}

function finishedCalls(transcript: RunOnRecord['transcript']): readonly ToolCall[] {
  const calls = transcript.flatMap((message) => (message.role === 'assistant' ? toolCallsOf(message) : []));
  const results = transcript.flatMap((message) => (message.role === 'tool' ? message.results : []));
  return results.flatMap(({ callId, status }) =>
    status === 'ok' ? (calls.find(({ id }) => id === callId) ?? []) : [],
  );
}

/** No command ran more often than runs of its task are on record that called for it; old delegations are on no record. */
function repeatedCommands({ runs }: Books, { traces }: Places): string[] {
  const ran = existsSync(traces) ? readFileSync(traces, 'utf8').trim().split('\n') : [];
  return [...new Set(ran)].flatMap((goal) => {
    const times = ran.filter((other) => other === goal).length;
    const onRecord = runs.filter(({ task }) => task.goal === goal);
    const called = onRecord.filter(({ transcript }) =>
      transcript.some((message) => message.role === 'assistant' && toolCallsOf(message).length > 0),
    );
    if (onRecord.length === 0) return [];
    return times > called.length
      ? [`The command of “${goal}” ran ${times} times, called for ${called.length} times`]
      : [];
  });
}

/** A run that did its task stands for it, whatever became of others. */
function hiddenResults({ runs }: Books): string[] {
  const done = (run: RunOnRecord) => run.state.status === 'completed';
  const hidden = runs.filter(
    (run) =>
      !run.stands &&
      done(run) &&
      !runs.some(
        (other) =>
          other.stands && done(other) && other.delegationId === run.delegationId && other.taskIndex === run.taskIndex,
      ),
  );
  return hidden.map(({ id }) => `${id} was done, and another run stands for it`);
}

/** What a child was told as written is in the user's files, or in a worktree that is listed. */
function missingFiles({ runs }: Books, { project }: Places): string[] {
  const folders = [project, ...runs.flatMap(({ worktree }) => (isOpen(worktree) ? [worktree.path] : []))];
  return runs.flatMap(({ id, task, transcript }) => {
    if (!finishedCalls(transcript).some(({ name }) => name === 'write_file')) return [];
    const file = writtenBy(task.goal);
    return folders.some((folder) => holds(folder, file)) ? [] : [`${file.path}, which ${id} wrote, is gone`];
  });
}

/** A worktree with something in it that the user's files do not have is listed, ready to be taken. */
function unlistedWork({ runs }: Books, { project, worktrees }: Places): string[] {
  const made = existsSync(worktrees) ? readdirSync(worktrees, { withFileTypes: true }) : [];
  const folders = made.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  return folders.flatMap(({ name }) => {
    const path = join(worktrees, name);
    const files = readdirSync(path).filter((file) => file.endsWith('.made') && !existsSync(join(project, file)));
    const run = runs.find(({ worktree }) => worktree?.path === path);
    if (files.length === 0) return [];
    if (run?.worktree?.state !== 'ready')
      return [`${name} holds ${files.join(', ')} and is ${run?.worktree?.state ?? 'not listed'}`];
    const listed = run.worktree.files.map((file) => file.path);
    return files.flatMap((file) => (listed.includes(file) ? [] : [`${name} holds ${file}, which is not listed`]));
  });
}
