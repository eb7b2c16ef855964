import { oneLine } from '../util/plainText';
import { worktreesNote } from './changesText';
import type { Child, Delegation } from './delegation';
import { taskCountOf } from './delegation';
import type { NestedIn, OwnResult } from './result';
import { durationOf, seconds } from './result';
import type { Room, Told } from './told';
import { tell } from './told';

export interface AnswerOptions extends Room {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly nestedIn: NestedIn;
  readonly transcriptOf: (child: Child) => string;
  /** What the agent has to know besides. */
  readonly notes?: readonly string[];
}

/** The results of a delegation as the answer of a tool call, and the children whose full text must be kept for it. */
export interface Answer {
  readonly value: object;
  readonly cut: readonly Child[];
}

/** Characters of an error, and of a goal, that an agent gets to read in an answer. */
const MOST_CHARACTERS = 2000;

/** Files that an agent gets to read of; of more, how many. */
const MOST_FILES = 100;

/**
 * What an agent that waited for a delegation gets (SPEC 2.5): held to the same budget as a completion block, and without
 * the tool traces, which say nothing to it and can be longer than all that was found (SPEC 5.3).
 */
export function answerOf(delegation: Delegation, options: AnswerOptions): Answer {
  const { tasks, cut } = tell(delegation, options.transcriptOf, options.nestedIn, options);
  const unread = taskCountOf(delegation) - delegation.children.length;
  const notes = [...(options.notes ?? []), unreadNote(unread), worktreesNote(tasks.flatMap(childrenIn))].filter(
    (note) => note !== undefined,
  );
  return {
    cut,
    value: {
      delegation_id: delegation.id,
      results: tasks.map(toAnswer),
      total_duration_seconds: seconds(durationOf(delegation, options.now)),
      ...(notes.length === 0 ? {} : { note: notes.join(' ') }),
    },
  };
}

function childrenIn({ child, others, below }: Told): Child[] {
  return [child, ...others.flatMap(childrenIn), ...below.flatMap(childrenIn)];
}

function toAnswer({ result, others, below }: Told): object {
  const { tool_trace: _trace, ...rest }: OwnResult = result;
  const files = rest.files_written.slice(0, MOST_FILES);
  const more = rest.files_written.length - files.length;
  return {
    ...rest,
    goal: oneLine(rest.goal, MOST_CHARACTERS),
    ...(rest.error === undefined ? {} : { error: oneLine(rest.error, MOST_CHARACTERS) }),
    ...(rest.structured_error === undefined
      ? {}
      : { structured_error: oneLine(rest.structured_error, MOST_CHARACTERS) }),
    files_written: more === 0 ? files : [...files, `… and ${more} more`],
    ...(others.length === 0 ? {} : { other_runs: others.map(toAnswer) }),
    ...(below.length === 0 ? {} : { nested: below.map(toAnswer) }),
  };
}

function unreadNote(unread: number): string | undefined {
  if (unread === 0) return undefined;
  return `The record of ${unread === 1 ? 'one task' : `${unread} tasks`} is damaged: of it nothing can be read any more.`;
}
