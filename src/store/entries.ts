import type { Message, ModelProblem } from '../agent/messages';

/** Something that the conversation shows and the model does not see. */
export interface Notice {
  readonly role: 'notice';
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
  /** What kind of trouble the model had: it decides what the user is offered to do. */
  readonly problem?: ModelProblem;
}

/** The place in the conversation where a delegation was dispatched. */
export interface DispatchMark {
  readonly role: 'dispatched';
  readonly delegationId: string;
}

/** One entry of a session's transcript. */
export type SessionEntry = Message | Notice | DispatchMark;
