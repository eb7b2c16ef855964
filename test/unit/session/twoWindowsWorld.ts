import assert from 'node:assert/strict';
import { isOver, type Delegation } from '../../../src/delegation/delegation';
import type { AgentScript } from '../../fakes/agentScript';
import { gate } from '../../fakes/agentScript';
import { TestEngine } from '../../fakes/testEngine';
import { until } from '../../fakes/until';

/** `window` picks one of the two, `at` one of those that there are, whatever their number. */
export type Action =
  | { readonly type: 'dispatch'; readonly window: number; readonly tasks: number }
  | { readonly type: 'finish'; readonly at: number }
  | { readonly type: 'cancel'; readonly window: number; readonly at: number }
  | { readonly type: 'new-session' | 'crash' | 'reload' | 'refresh'; readonly window: number }
  | { readonly type: 'wait' };

const TASKS = 60;
const delegationOptions = { maxAsyncDelegations: 2, maxConcurrentChildren: 2 };

/** Two windows on one workspace over any number of restarts, held against what must never happen. */
export class TwoWindowsWorld implements AsyncDisposable {
  readonly accepted: string[] = [];
  readonly #gates = Array.from({ length: TASKS }, gate);
  readonly #windows: readonly [TestEngine, TestEngine];
  #dispatched = 0;

  constructor() {
    const first = new TestEngine({ ...this.#script(), delegation: delegationOptions });
    this.#windows = [first, new TestEngine({ ...this.#script(), delegation: delegationOptions, beside: first })];
    for (const window of this.#windows) window.engine.start();
  }

  async do(action: Action): Promise<void> {
    switch (action.type) {
      case 'dispatch':
        this.#dispatch(this.#window(action.window), action.tasks);
        break;
      case 'finish':
        this.#gates[action.at % Math.max(1, this.#dispatched)]?.open('done');
        break;
      case 'cancel': {
        const { pool } = this.#window(action.window).engine;
        pool.cancel(pick(pool.list(), action.at)?.id ?? '');
        break;
      }
      case 'new-session':
        this.#window(action.window).engine.sessions.create();
        break;
      case 'crash':
        this.#window(action.window).crash(this.#script());
        this.#window(action.window).engine.start();
        break;
      case 'reload':
        await this.#window(action.window).reload(this.#script());
        this.#window(action.window).engine.start();
        break;
      case 'refresh':
        this.#window(action.window).engine.refresh();
        break;
      case 'wait':
        await this.#idle();
    }
    this.#check();
  }

  /** Lets everything end. Returns how often each delegation came back, over all sessions. */
  async end(): Promise<ReadonlyMap<string, number>> {
    for (const held of this.#gates) held.open('done');
    await this.#settled();
    for (const { engine } of this.#windows) engine.refresh();
    await this.#settled();
    const [{ engine }] = this.#windows;
    const came = engine.sessions
      .list()
      .flatMap(({ id }) => engine.sessions.get(id)?.entries ?? [])
      .flatMap(({ entry }) =>
        entry.role === 'user' && entry.origin === 'completion' ? [entry.delegationId ?? ''] : [],
      );
    for (const { faults } of this.#windows) assert.deepEqual(faults, []);
    return new Map(this.accepted.map((id) => [id, came.filter((other) => other === id).length]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const [first, second] = this.#windows;
    await second[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
  }

  #window(index: number): TestEngine {
    return index % 2 === 0 ? this.#windows[0] : this.#windows[1];
  }

  #script(): AgentScript {
    return {
      main: Array.from({ length: 200 }, () => 'Noted.'),
      children: Object.fromEntries(this.#gates.map(({ answer }, i) => [`task ${i}`, [answer]])),
    };
  }

  #dispatch({ engine }: TestEngine, count: number): void {
    if (this.#dispatched + count > TASKS) return;
    const tasks = Array.from({ length: count }, () => ({ goal: `task ${this.#dispatched++}` }));
    const own = { sessionId: engine.sessions.own().id, origin: 'user', wait: 'background' } as const;
    const dispatched = engine.delegate({ tasks }, own, new AbortController().signal);
    assert.ok(dispatched.kind === 'background');
    this.accepted.push(dispatched.delegation.id);
  }

  /** What is not settled is one window's: it can be there, or looked at from the other one. */
  #check(): void {
    const owned = this.#windows.map(({ engine: { pool } }) =>
      pool.list().filter((delegation) => !isSettled(delegation) && !pool.isElsewhere(delegation.id)),
    );
    const [ours = [], theirs = []] = owned;
    assert.deepEqual(
      ours.filter(({ id }) => theirs.some((other) => other.id === id)),
      [],
      'no delegation has two owners',
    );
  }

  /** No turn runs in either window. */
  async #idle(): Promise<void> {
    for (const { engine } of this.#windows) {
      const { sessions, pool } = engine;
      await until(
        () => sessions.list().every(({ id }) => !sessions.isRunning(id)),
        sessions.onDidChange,
        pool.onDidChange,
      );
    }
  }

  /** All that a window runs is over and delivered. */
  async #settled(): Promise<void> {
    for (const { engine } of this.#windows) {
      const { pool, sessions } = engine;
      const own = () => pool.list().filter(({ id }) => !pool.isElsewhere(id));
      await until(() => own().every(isSettled), pool.onDidChange, sessions.onDidChange);
    }
    await this.#idle();
  }
}

function isSettled({ status, delivery }: Delegation): boolean {
  return isOver(status) && delivery === 'delivered';
}

function pick<T>(things: readonly T[], at: number): T | undefined {
  return things[at % Math.max(1, things.length)];
}
