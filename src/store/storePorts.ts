import type { Clock } from '../util/clock';

/** Tells the user, in a sentence: what happened, what was kept, what to do next. */
export type ReportStoreProblem = (sentence: string, error: unknown) => void;

/** Told of each write by its SQL, before it is made and once it is made: a crash test kills its process there. */
export type WriteWitness = (moment: 'before' | 'after', sql: string) => void;

export interface DatabasePorts {
  readonly clock: Clock;
  readonly witness: WriteWitness;
  /** For the log: what could not be written for a mistake of ours and was left out. */
  readonly onError: (message: string, error: unknown) => void;
  /** For the log: trouble that the user was told of is over. */
  readonly onInfo: (message: string) => void;
  /** Nothing is written while this says no: other windows must be able to tell that this one lives. */
  readonly mayWrite: () => boolean;
}
