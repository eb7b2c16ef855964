import type { Child, ChildEnding, Delegation } from '../../src/delegation/delegation';
import type { ProgressChange } from '../../src/delegation/progress';
import type { RunChild } from '../../src/delegation/delegationRun';
import type { ChildHooks } from '../../src/delegation/runningChild';

/** A child that stands at its gate until the test lets it go. */
export interface HeldChild {
  readonly child: Child;
  readonly delegation: Delegation;
  readonly hooks: ChildHooks;
  readonly signal: AbortSignal;
  progress(change: ProgressChange): void;
  /** Ends it well, with this summary. */
  release(summary: string): void;
  end(ending: ChildEnding): void;
  /** Makes its run reject, as a bug would. */
  crash(error: unknown): void;
}

export interface GatedChildrenOptions {
  /** They go on when they are aborted, as a tool that never listens would make them. */
  readonly stubborn?: boolean;
}

/** What a pool runs in a test: every child that starts is held, and told apart by the goal of its task. */
export class GatedChildren {
  /** In the order in which they started. */
  readonly started: HeldChild[] = [];
  readonly #stubborn: boolean;
  readonly #waiters = new Set<{ readonly matches: () => HeldChild | undefined; resolve(held: HeldChild): void }>();

  constructor(options: GatedChildrenOptions = {}) {
    this.#stubborn = options.stubborn ?? false;
  }

  readonly run: RunChild = (delegation, child, hooks, signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<ChildEnding>();
    this.started.push({
      child,
      delegation,
      hooks,
      signal,
      progress: (change) => hooks.onProgress(change),
      release: (summary) => resolve(completed(summary)),
      end: resolve,
      crash: reject,
    });
    const abort = () => resolve({ status: 'interrupted', exitReason: 'interrupted', summary: '', truncated: false });
    if (!this.#stubborn) signal.addEventListener('abort', abort, { once: true });
    this.#tellWaiters();
    return promise.finally(() => signal.removeEventListener('abort', abort));
  };

  get goals(): string[] {
    return this.started.map(({ child }) => child.task.goal);
  }

  /** The child with this goal, as soon as it runs; the n-th one that had it. */
  held(goal: string, n = 1): Promise<HeldChild> {
    const matches = () => this.started.filter(({ child }) => child.task.goal === goal)[n - 1];
    const here = matches();
    if (here !== undefined) return Promise.resolve(here);
    return new Promise((resolve) => this.#waiters.add({ matches, resolve }));
  }

  /** Lets the child with this goal end well, as soon as it runs. */
  async release(goal: string, summary: string): Promise<void> {
    (await this.held(goal)).release(summary);
  }

  #tellWaiters(): void {
    for (const waiter of [...this.#waiters]) {
      const held = waiter.matches();
      if (held === undefined) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(held);
    }
  }
}

export function completed(summary: string): ChildEnding {
  return { status: 'completed', exitReason: 'completed', summary, truncated: false };
}
