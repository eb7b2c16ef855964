import type { Tokens } from '../agent/messages';
import type { Delegation, Status } from '../delegation/delegation';
import { taskCountOf } from '../delegation/delegation';
import { onOwnEnd } from '../delegation/ownEnds';
import type { ChildResult } from '../delegation/result';
import {
  durationOf,
  nestedAmong,
  resultsOf,
  seconds,
  shortfallOf,
  totalsOf,
  transcriptUri,
} from '../delegation/result';
import type { Engine } from '../engine';
import { handleOf } from '../tools/delegateTask';
import type { Event } from '../util/emitter';
import { Emitter } from '../util/emitter';

/** What `delegate` takes: the input of the tool `delegate_task`. One of `goal` and `tasks` is needed. */
export interface DelegateInput {
  readonly goal?: string;
  readonly title?: string;
  readonly context?: string;
  readonly tasks?: readonly {
    readonly goal: string;
    /** A few words instead of the goal, for rows and cards. */
    readonly title?: string;
    readonly context?: string;
    readonly toolsets?: readonly string[];
    readonly role?: 'leaf' | 'orchestrator';
    readonly model?: string;
    /** A JSON schema: the result has a value that fits it as `structured`, or says what did not fit. */
    readonly output_schema?: object;
  }[];
  readonly toolsets?: readonly string[];
  readonly role?: 'leaf' | 'orchestrator';
  readonly model?: string;
  readonly output_schema?: object;
}

export interface DelegateOptions {
  /**
   * True: resolves at once with a handle, and the results enter the conversation that is in front. Default: resolves
   * with the results.
   */
  readonly background?: boolean;
  /** Interrupts a delegation that is waited for; one in the background is ended by `cancel`. */
  readonly signal?: AbortSignal;
}

export interface DelegationResults {
  readonly delegation_id: string;
  readonly status: Status;
  /** In input order. */
  readonly results: readonly ChildResult[];
  readonly total_duration_seconds: number;
  /** Of all runs of all tasks, and of all that they delegated. */
  readonly model_calls: number;
  readonly tokens: Tokens;
  /** USD; null where any part of it is unknown. */
  readonly cost_usd: number | null;
  readonly files_written: readonly string[];
  /** Tasks that it was given: more than results where the record of one is damaged. */
  readonly count: number;
  /** `5 of 6 done · 1 failed`; absent where all ended as `status` says. */
  readonly shortfall?: string;
}

export interface DelegationListing {
  readonly delegation_id: string;
  readonly status: Status;
  readonly mode: Delegation['mode'];
  /** An agent of another delegation dispatched it. */
  readonly nested: boolean;
  /** Which window on the workspace runs it, or ran it. */
  readonly window: 'this' | 'other';
  readonly children: readonly { readonly child_id: string; readonly goal: string; readonly status: Status }[];
}

/** What Fanout exports to other extensions: `vscode.extensions.getExtension('fanout.fanout').exports`. */
export interface FanoutApi {
  /** Never rejects for bad input: what is wrong is the one sentence of `error`, and nothing was started. */
  delegate(
    input: DelegateInput,
    options?: DelegateOptions,
  ): Promise<DelegationResults | ReturnType<typeof handleOf> | { readonly error: string }>;
  /** All delegations that are listed, oldest first. */
  list(): DelegationListing[];
  /** Cancels a delegation or one child. Returns false where it is over or unknown. */
  cancel(id: string): boolean;
  /** A delegation of this window is over, one that no agent of another delegation dispatched; once for each. */
  readonly onDidComplete: Event<DelegationResults>;
}

export function createApi(engine: Engine, now: () => number, refusal: () => string | undefined): FanoutApi {
  const completed = new Emitter<DelegationResults>();
  onOwnEnd(engine.pool, (delegation) => {
    if (delegation.parentChildId === undefined) completed.fire(toResults(delegation, engine, now()));
  });
  return {
    async delegate(input, { background = false, signal = NEVER } = {}) {
      const error = refusal();
      if (error !== undefined) return { error };
      const wait = background ? 'background' : 'sync';
      const sessionId = engine.sessions.own().id;
      const dispatched = await engine.delegateForOthers(input, { sessionId, origin: 'api', wait }, signal);
      if (dispatched.kind === 'refused') return { error: dispatched.error };
      if (dispatched.kind === 'background') return handleOf(dispatched);
      return toResults(await dispatched.over, engine, now());
    },
    list: () =>
      engine.pool
        .list()
        .map((delegation) => toListing(delegation, engine.pool.isElsewhere(delegation.id) ? 'other' : 'this')),
    cancel: (id) => engine.pool.cancel(id),
    onDidComplete: completed.event,
  };
}

const NEVER = new AbortController().signal;

function toResults(delegation: Delegation, { pool }: Pick<Engine, 'pool'>, now: number): DelegationResults {
  const nestedIn = nestedAmong(pool.list());
  const { modelCalls, tokens, costUsd, filesWritten } = totalsOf(delegation, nestedIn);
  const shortfall = shortfallOf(delegation);
  return {
    delegation_id: delegation.id,
    status: delegation.status,
    results: resultsOf(delegation, (child) => transcriptUri(child.id), nestedIn),
    total_duration_seconds: seconds(durationOf(delegation, now)),
    model_calls: modelCalls,
    tokens,
    cost_usd: costUsd,
    files_written: filesWritten,
    count: taskCountOf(delegation),
    ...(shortfall === '' ? {} : { shortfall }),
  };
}

function toListing(
  { id, status, mode, children, parentChildId }: Delegation,
  window: DelegationListing['window'],
): DelegationListing {
  return {
    delegation_id: id,
    status,
    mode,
    nested: parentChildId !== undefined,
    window,
    children: children.map((child) => ({ child_id: child.id, goal: child.task.goal, status: child.state.status })),
  };
}
