import type { Clock } from '../util/clock';
import type { Disposable } from '../util/emitter';
import type { ChildEnding } from './delegation';
import type { ProgressChange } from './progress';
import type { DelegationSettings } from './settings';
import { StallWatch } from './stall';

/** How a running child talks to the pool. */
export interface ChildHooks {
  onProgress(change: ProgressChange): void;
  /** Takes the steering messages that wait for the child's next request, oldest first. */
  takeSteer(): readonly string[];
  /** Its window ends: nothing more is to be recorded of this run, which goes on later from its last whole step. */
  isSuspended(): boolean;
  /** Asked before each model request: why it may not be made (the budget is used up), or nothing. */
  refuseRequest(): string | undefined;
}

/** What the pool holds of a child while it runs: its abort and its stall watch. */
export class RunningChild {
  readonly #controller = new AbortController();
  readonly #over = Promise.withResolvers<void>();
  readonly #stall: StallWatch;
  #stallReason: string | undefined;

  /** `force` is called with the reason when the child neither makes progress nor ends when it is interrupted. */
  constructor(clock: Clock, limits: DelegationSettings['stall'], force: (reason: string) => void) {
    this.#stall = new StallWatch(
      clock,
      limits,
      (silentSeconds) => {
        this.#stallReason = `Stalled: no progress for ${silentSeconds} s.`;
        this.#controller.abort(new Error(this.#stallReason));
      },
      () => force(`${this.#stallReason ?? 'Stalled.'} It did not end when it was interrupted.`),
    );
  }

  /** Resolves when the child is over, which may be before its run has settled. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  progress(change: ProgressChange): void {
    this.#stall.progress(change);
  }

  /** The child waits for agents below it, which have their own watches, until the returned object is disposed of. */
  waitForOthers(): Disposable {
    return this.#stall.hold();
  }

  /** Runs the child and says how it ended. */
  async run(runChild: (signal: AbortSignal) => Promise<ChildEnding>): Promise<ChildEnding> {
    const ending = await runChild(this.#controller.signal);
    if (this.#stallReason === undefined || ending.status !== 'interrupted') return ending;
    return { ...ending, status: 'stalled', exitReason: 'stalled', error: this.#stallReason };
  }

  /** The child is over: whatever its run still does is aborted, and its place is free. */
  release(): void {
    this.#stall.dispose();
    this.#over.resolve();
    this.#controller.abort(new Error('The agent is over.'));
  }
}
