import type { Message, Outcome } from '../agent/messages';
import { ModelError, type AgentModel } from '../agent/model';
import type { Notice } from '../store/entries';

export const CLOSED = 'VS Code was closed while the agent worked.';

/** What the user is told of the end of a turn; nothing where the agent had the last word. */
export function noticeOfOutcome(outcome: Outcome, closing: boolean): Notice | undefined {
  const { status, exitReason, error = 'The turn failed.', problem } = outcome;
  if (status === 'failed') return notice('error', error, problem);
  if (status === 'interrupted') return notice('info', closing ? CLOSED : 'Stopped.');
  if (outcome.truncated) return notice('warning', CUT_BY_LENGTH);
  return exitReason === 'max_iterations' ? notice('warning', `${error} Send a message to go on.`) : undefined;
}

export function noticeOfError(error: unknown): Notice {
  const text = error instanceof Error ? error.message : String(error);
  return notice('error', text, error instanceof ModelError ? error.kind : undefined);
}

/** The results of a delegation could not be put into the conversation. */
export function noticeOfLeftOut(delegationId: string, error: unknown): Notice {
  const reason = error instanceof Error ? error.message : String(error);
  return notice(
    'error',
    `The results of ${delegationId} could not be put into this conversation: ${reason}. They are kept, can be read in the Delegations view, and are tried again after the next turn.`,
  );
}

export const CUT_BY_LENGTH =
  'The reply was cut off: the model reached its limit of output tokens. Send a message to let it go on.';

/** `plain`: the model gave no summary. */
export function noticeOfCompaction(messages: number, plain: boolean): Notice {
  const what = plain
    ? `its older ${messages} messages were left out, all but what it was asked, without a summary`
    : `its older ${messages} messages were summed up`;
  return notice('info', `The conversation was near the model's limit: ${what}. You still see all of them.`);
}

/**
 * What the user is told of the model before it answers: that it is another one than before, which happens unasked under
 * `auto`, and what had better be known of it. `choice` is what the session says of its model. Nothing where it goes on answering.
 */
export function noticeOfModel(
  { name, caution }: AgentModel,
  messages: readonly Message[],
  choice: string,
): Notice | undefined {
  const writers = messages.flatMap((message) => (message.role === 'assistant' ? [message.model] : []));
  const before = writers.at(-1);
  const isAuto = choice === '' || choice === 'auto';
  const changed =
    !isAuto || before === undefined || before === name ? '' : `From here on ${name} answers; it was ${before} before.`;
  const warning = writers.includes(name) ? '' : (caution ?? '');
  const text = [changed, warning].filter((sentence) => sentence !== '').join(' ');
  return text === '' ? undefined : notice(warning === '' ? 'info' : 'warning', text);
}

export function notice(level: Notice['level'], text: string, problem?: Notice['problem']): Notice {
  return { role: 'notice', level, text, ...(problem === undefined ? {} : { problem }) };
}
