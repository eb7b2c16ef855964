import type { DelegationPool } from '../delegation/pool';
import type { Delegation, Status } from '../delegation/delegation';
import { isOver } from '../delegation/delegation';
import type { Approvals } from '../tools/approvals';
import type { Disposable, Event } from '../util/emitter';
import { Emitter } from '../util/emitter';

/** What badge and status bar show. Nested delegations are not counted: they are part of the one above. */
export interface ActivityCounts {
  readonly running: number;
  readonly queued: number;
  /** Approvals that agents wait for. */
  readonly approvals: number;
  readonly paused: boolean;
}

export interface ActivityPorts {
  readonly pool: Pick<DelegationPool, 'list' | 'paused' | 'onDidChange' | 'onDidRemove' | 'onDidChangePaused'>;
  readonly approvals: Pick<Approvals, 'pending' | 'onDidChange'>;
}

/** Counts what goes on. Tells of it only when a number changed, not for every streamed token. */
export class Activity implements Disposable {
  readonly #ports: ActivityPorts;
  readonly #statuses = new Map<string, Status>();
  #counts: ActivityCounts;
  readonly #changed = new Emitter<ActivityCounts>();
  readonly #subscriptions: readonly Disposable[];

  constructor(ports: ActivityPorts) {
    this.#ports = ports;
    for (const { id, status } of ports.pool.list()) this.#statuses.set(id, status);
    this.#counts = this.#count();
    this.#subscriptions = [
      ports.pool.onDidChange(({ delegation: { id, status }, kind }) => {
        if (kind !== 'state' || this.#statuses.get(id) === status) return;
        this.#statuses.set(id, status);
        this.#recount();
      }),
      ports.pool.onDidRemove((id) => {
        this.#statuses.delete(id);
        this.#recount();
      }),
      ports.pool.onDidChangePaused(() => this.#recount()),
      ports.approvals.onDidChange(() => this.#recount()),
    ];
  }

  readonly onDidChange: Event<ActivityCounts> = this.#changed.event;

  get counts(): ActivityCounts {
    return this.#counts;
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changed.dispose();
  }

  #count(): ActivityCounts {
    const { pool, approvals } = this.#ports;
    return { ...countActive(pool.list()), approvals: approvals.pending().length, paused: pool.paused };
  }

  #recount(): void {
    const before = this.#counts;
    const now = this.#count();
    this.#counts = now;
    const same =
      before.running === now.running &&
      before.queued === now.queued &&
      before.approvals === now.approvals &&
      before.paused === now.paused;
    if (!same) this.#changed.fire(now);
  }
}

/** How many delegations run and wait. */
export function countActive(delegations: readonly Delegation[]): Pick<ActivityCounts, 'running' | 'queued'> {
  const active = delegations.filter(({ parentChildId, status }) => parentChildId === undefined && !isOver(status));
  const running = active.filter(({ status }) => status === 'running').length;
  return { running, queued: active.length - running };
}
