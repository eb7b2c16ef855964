import assert from 'node:assert/strict';
import type { Delegation } from '../../../src/delegation/delegation';
import type { ProgressChange } from '../../../src/delegation/progress';
import { isOver } from '../../../src/delegation/delegation';
import type { DelegationSettings } from '../../../src/delegation/settings';
import type { Database } from '../../../src/store/database';
import type { HeldChild } from '../../fakes/gatedChildren';
import { GatedChildren } from '../../fakes/gatedChildren';
import { MortalStore } from '../../fakes/mortalStore';
import type { PoolHarness } from './poolHarness';
import { everythingSettled, memoryDatabase, poolHarness, requestFor, SESSION } from './poolHarness';

/** `at` picks one of those that there are, whatever their number. */
export type Action =
  | {
      readonly type: 'dispatch';
      readonly count: number;
      readonly wait: 'background' | 'sync';
      readonly whenFull: DelegationSettings['whenFull'];
    }
  | {
      readonly type:
        'release' | 'crash' | 'nest' | 'abortTurn' | 'cancel' | 'cancelChild' | 'remove' | 'steer' | 'retry';
      readonly at: number;
    }
  | { readonly type: 'progress'; readonly at: number; readonly change: ProgressChange }
  | { readonly type: 'settle' | 'take' | 'takeOne' | 'pause' | 'resume' | 'cancelAll' | 'reload' };

const RANK = { queued: 0, running: 1 } as const;
const rank = (status: string) => (status === 'queued' || status === 'running' ? RANK[status] : 2);
const withoutDelivery = ({ delivery: _delivery, ...rest }: Delegation) => rest;

/** A pool with its queue over any number of restarts, which holds every change of it against what must never happen. */
export class PoolWorld {
  /** Background delegations in the order in which they ended, over all restarts. */
  readonly completed: string[] = [];
  readonly taken: string[] = [];
  readonly #db: Database = memoryDatabase();
  readonly #settings: Partial<DelegationSettings>;
  readonly #known = new Map<string, Delegation>();
  #harness: PoolHarness;
  #mortal: MortalStore | undefined;
  #turns: AbortController[] = [];
  #held: HeldChild[] = [];

  constructor(settings: Partial<DelegationSettings>) {
    this.#settings = settings;
    this.#harness = this.#start();
  }

  async do(action: Action): Promise<void> {
    const { pool } = this.#harness;
    switch (action.type) {
      case 'dispatch':
        return this.#dispatch(action.count, { wait: action.wait, whenFull: action.whenFull });
      case 'nest':
        return this.#nest(pick(this.#running(), action.at));
      case 'release':
        return pick(this.#running(), action.at)?.release('done');
      case 'crash':
        return pick(this.#running(), action.at)?.crash(new Error('crash'));
      case 'progress':
        return pick(this.#running(), action.at)?.progress(action.change);
      case 'abortTurn':
        return pick(this.#turns, action.at)?.abort();
      case 'cancel':
        return void pool.cancel(pick(pool.list(), action.at)?.id ?? '');
      case 'cancelChild':
        return void pool.cancel(
          pick(
            pool.list().flatMap(({ children }) => children),
            action.at,
          )?.id ?? '',
        );
      case 'steer':
        return void pool.steer(pick(this.#running(), action.at)?.child.id ?? '', 'more');
      case 'retry':
        return void pool.retry(
          pick(
            pool.list().flatMap(({ children }) => children),
            action.at,
          )?.id ?? '',
        );
      case 'remove':
        return void pool.remove(pick(pool.list(), action.at)?.id ?? '');
      case 'pause':
        return pool.pause();
      case 'resume':
        return pool.resume();
      case 'cancelAll':
        return void pool.cancelAll();
      case 'take':
        return this.#take(Infinity);
      case 'takeOne':
        return this.#take(1);
      case 'settle':
        return everythingSettled();
      case 'reload':
        return this.#reload();
    }
  }

  /** Lets everything end and takes everything. */
  async end(): Promise<void> {
    const { pool } = this.#harness;
    pool.resume();
    // Each round ends what runs, and lets start what waited for that.
    for (let rounds = 0; pool.list().some(({ status }) => !isOver(status)); rounds++) {
      assert.ok(rounds < 100, 'every accepted delegation ends');
      for (const held of this.#running()) held.release('done');
      await everythingSettled();
    }
    this.#take(Infinity);
    for (const { status, mode, delivery } of pool.list())
      assert.ok(isOver(status) && delivery === (mode === 'background' ? 'delivered' : 'none'));
    assert.equal(this.#harness.clock.pending, 0, 'no timer is left');
    assert.deepEqual(
      this.#harness.errors.filter((error) => !error.endsWith('crash')),
      [],
    );
  }

  #start(): PoolHarness {
    const children = new GatedChildren();
    const harness = poolHarness({
      db: this.#db,
      children,
      settings: this.#settings,
      wrap: (store) => (this.#mortal = new MortalStore(store)),
    });
    this.#held = children.started;
    this.#turns = [];
    harness.pool.onDidChange(({ delegation }) => {
      if (this.#harness === harness) this.#check(delegation);
    });
    harness.pool.onDidRemove((id) => {
      const removed = this.#known.get(id);
      assert.ok(removed !== undefined && isOver(removed.status) && removed.delivery !== 'pending');
      this.#known.delete(id);
    });
    return harness;
  }

  /** The process is killed, and another one begins. */
  #reload(): void {
    this.#mortal?.kill();
    this.#harness = this.#start();
    const listed = this.#harness.pool.list();
    assert.deepEqual(
      new Set(listed.map(({ id }) => id)),
      new Set(this.#known.keys()),
      'nothing that was accepted is lost',
    );
    for (const delegation of listed) this.#check(delegation);
    assert.equal(this.#held.length, 0, 'nothing is run by itself');
  }

  #check(after: Delegation): void {
    const before = this.#known.get(after.id);
    this.#known.set(after.id, after);
    if (before !== undefined) {
      assert.ok(rank(after.status) >= rank(before.status), 'states only move forward');
      if (isOver(before.status)) assert.deepEqual(withoutDelivery(after), withoutDelivery(before));
    }
    const isNew = before === undefined || !isOver(before.status);
    if (isNew && isOver(after.status) && after.mode === 'background') this.completed.push(after.id);
    const statuses = after.children.map(({ state }) => state.status);
    if (isOver(after.status)) assert.ok(statuses.every(isOver), 'all children of what is over are over');
    assert.ok(statuses.filter((status) => status === 'running').length <= (this.#settings.maxConcurrentChildren ?? 8));
    const running = [...this.#known.values()].filter(
      ({ mode, status }) => mode === 'background' && status === 'running',
    );
    assert.ok(running.length <= (this.#settings.maxAsyncDelegations ?? 3), 'no more run than the cap');
  }

  #dispatch(count: number, more: Parameters<typeof requestFor>[1]): void {
    const turn = new AbortController();
    const goals = Array.from({ length: count }, (_, i) => `task ${i}`);
    const dispatched = this.#harness.pool.dispatch(requestFor(goals, more), turn.signal);
    if (dispatched.kind !== 'refused') this.#turns.push(turn);
    if (dispatched.kind === 'attached') assert.ok(dispatched.delegation.mode !== 'background');
  }

  #nest(parent: HeldChild | undefined): void {
    if (parent === undefined) return;
    const request = requestFor('below', {
      wait: 'sync',
      depth: parent.delegation.depth + 1,
      parentChildId: parent.child.id,
    });
    this.#harness.pool.dispatch(request, parent.signal);
  }

  #take(atMost: number): void {
    const { completions } = this.#harness;
    for (const { id } of completions.waitingFor(SESSION).slice(0, atMost))
      assert.ok(completions.take(id, () => this.taken.push(id)));
  }

  #running(): HeldChild[] {
    return this.#held.filter(({ signal }) => !signal.aborted);
  }
}

function pick<T>(things: readonly T[], at: number): T | undefined {
  return things[at % Math.max(1, things.length)];
}
