import type { Outcome } from '../agent/messages';
import { ModelError } from '../agent/model';
import type { Notice } from '../store/sessionStore';

export const CLOSED = 'VS Code was closed while the agent worked.';

/** What the user is told of the end of a turn; nothing where the agent had the last word. */
export function noticeOfOutcome(outcome: Outcome, closing: boolean): Notice | undefined {
  const { status, exitReason, error = 'The turn failed.', problem } = outcome;
  if (status === 'failed') return notice('error', error, problem);
  if (status === 'interrupted') return notice('info', closing ? CLOSED : 'Stopped.');
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

export function noticeOfCompaction(messages: number): Notice {
  const what = `its older ${messages} messages were summed up`;
  return notice('info', `The conversation was near the model's limit: ${what}. You still see all of them.`);
}

export function notice(level: Notice['level'], text: string, problem?: Notice['problem']): Notice {
  return { role: 'notice', level, text, ...(problem === undefined ? {} : { problem }) };
}
