import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { textOf } from '../../../src/agent/messages';
import { isOver, type Child, type Delegation } from '../../../src/delegation/delegation';
import { everyRun } from '../../../src/delegation/result';
import { goalOf, wordsOf } from '../../fakes/agentScript';
import { assertLegal } from '../../fakes/promptRules';
import { ScriptedModel, type ScriptedReply, type ScriptedRequest } from '../../fakes/scriptedModel';
import { TestEngine } from '../../fakes/testEngine';
import { until } from '../../fakes/until';

/** `window` picks a window, `at` one of those things that there are, whatever their number. */
export type Action =
  | { readonly type: 'say' | 'delegate'; readonly window: number; readonly tasks: number; readonly nests: boolean }
  | { readonly type: 'answer'; readonly at: number; readonly how: 'step' | 'end' | 'fail' }
  | {
      readonly type: 'cancel' | 'cancel-child' | 'retry' | 'retry-failed' | 'continue' | 'steer' | 'detach' | 'resume';
      readonly window: number;
      readonly at: number;
    }
  | { readonly type: 'chat' | 'stop' | 'new-session' | 'delete-session' | 'crash' | 'refresh'; readonly window: number }
  | { readonly type: 'reload'; readonly window: number; readonly minutes: number }
  | { readonly type: 'cap'; readonly cap: number }
  | { readonly type: 'pause'; readonly window: number; readonly on: boolean }
  | { readonly type: 'wait' };

/** A request of a child that waits for the test. */
interface Held {
  readonly goal: string;
  readonly step: number;
  readonly resolve: (reply: ScriptedReply) => void;
}

const LIMIT = 80;
const MINUTE = 60_000;

/** One or two windows over any number of restarts, held against all that SPEC 2 to 4 promise. */
export class PromisesWorld implements AsyncDisposable {
  readonly #windows: TestEngine[];
  readonly #held: Held[] = [];
  readonly #models: ScriptedModel[] = [];
  /** How often each delegation in the background has to come back, by what the user did. */
  readonly #expected = new Map<string, number>();
  /** Perhaps not written yet. */
  readonly #fresh = new Set<string>();
  readonly #deleted = new Set<string>();
  /** What was over when it was looked at last, and what children had said by then. */
  readonly #over = new Map<string, string>();
  readonly #said = new Map<string, readonly string[]>();
  #goals = 0;
  #isEnding = false;

  constructor(windows: 1 | 2, whenFull: 'inline' | 'queue') {
    const delegation = { maxAsyncDelegations: 2, maxConcurrentChildren: 2, maxSpawnDepth: 2, whenFull };
    const first = new TestEngine({ delegation });
    this.#windows = [first, ...(windows === 2 ? [new TestEngine({ delegation, beside: first })] : [])];
    for (const window of this.#windows) this.#begin(window);
  }

  async do(action: Action): Promise<void> {
    await this.#act(action);
    this.#check();
  }

  /** Lets everything end, and holds the end against what was promised. */
  async end(): Promise<void> {
    this.#isEnding = true;
    for (const { engine } of this.#windows) engine.pool.resume();
    for (const held of this.#held.splice(0)) held.resolve(`${held.goal} is done.`);
    for (let round = 0; round < 2; round++) {
      await this.#settled();
      for (const { engine } of this.#windows) engine.refresh();
    }
    await this.#settled();
    this.#check();
    await this.#checkEnd();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const window of [...this.#windows].reverse()) await window[Symbol.asyncDispose]();
  }

  async #act(action: Action): Promise<void> {
    switch (action.type) {
      case 'say':
      case 'delegate':
        return this.#dispatch(action);
      case 'answer':
        return this.#answer(action.at, action.how);
      case 'wait':
        await ticks();
        this.#fresh.clear();
        return;
      case 'cap':
        for (const window of this.#windows) {
          window.settings = {
            ...window.settings,
            delegation: { ...window.settings.delegation, maxAsyncDelegations: action.cap },
          };
          window.engine.pool.refreshSettings();
        }
        return;
      case 'pause': {
        const { pool } = this.#window(action.window).engine;
        return action.on ? pool.pause() : pool.resume();
      }
      case 'crash':
        this.#window(action.window).crash();
        this.#forgetUnwritten();
        return this.#begin(this.#window(action.window));
      case 'reload': {
        const window = this.#window(action.window);
        await window.reload();
        window.clock.advance(action.minutes * MINUTE);
        return this.#begin(window);
      }
      case 'chat':
      case 'stop':
      case 'new-session':
      case 'delete-session':
      case 'refresh':
        return this.#inSession(this.#window(action.window), action.type);
      default:
        return this.#toDelegation(this.#window(action.window), action);
    }
  }

  async #inSession({ engine }: TestEngine, type: 'chat' | 'stop' | 'new-session' | 'delete-session' | 'refresh') {
    if (type === 'refresh') return engine.refresh();
    const session = engine.sessions.own();
    if (type === 'chat') session.send('Hello?');
    if (type === 'stop') session.stop();
    if (type === 'new-session') engine.sessions.create();
    if (type === 'delete-session' && session.entries.length > 0) {
      this.#deleted.add(session.id);
      await engine.sessions.delete(session.id);
    }
  }

  #toDelegation({ engine }: TestEngine, { type, at }: { readonly type: string; readonly at: number }): void {
    const { pool, sessions } = engine;
    const delegation = pick(pool.list(), at);
    if (delegation === undefined) return;
    const { id } = delegation;
    const child = pick(everyRun(delegation), at)?.id ?? '';
    if (type === 'cancel') pool.cancel(id);
    if (type === 'cancel-child') pool.cancel(child);
    if (type === 'steer') pool.steer(child, 'Be brief.');
    if (type === 'detach') pool.detach(id);
    if (type === 'retry') this.#count(pool.retry(child, sessions.addressee(delegation.sessionId)), id);
    if (type === 'retry-failed') this.#count(pool.retryFailed(id, sessions.addressee(delegation.sessionId)), id);
    if (type === 'continue') this.#count(pool.continue(child, 'Go on.', sessions.addressee(delegation.sessionId)), id);
    if (type === 'resume') {
      const wasDelivered = pool.top(id)?.delivery === 'delivered';
      const top = pool.top(id)?.id ?? id;
      if (engine.resumeWork(id) !== undefined) return;
      this.#over.delete(top);
      for (const below of pool.list()) if (pool.top(below.id)?.id === top) this.#over.delete(below.id);
      if (wasDelivered) this.#expected.set(top, (this.#expected.get(top) ?? 1) + 1);
    }
  }

  #count(dispatched: ReturnType<TestEngine['engine']['pool']['retry']>, before: string): void {
    if (dispatched?.kind === 'background' && dispatched.delegation.id !== before)
      this.#expected.set(dispatched.delegation.id, 1);
  }

  #dispatch({ type, window, tasks, nests }: Extract<Action, { type: 'say' | 'delegate' }>): void {
    if (this.#goals + tasks > LIMIT) return;
    const { engine } = this.#window(window);
    const goals = Array.from({ length: tasks }, () => `${nests ? 'nests' : 'task'} ${this.#goals++}`);
    const input = { tasks: goals.map((goal) => ({ goal, role: nests ? 'orchestrator' : 'leaf' })) };
    const session = engine.sessions.own();
    if (type === 'say') return session.send(`Delegate ${JSON.stringify(input)}`);
    const to = { sessionId: session.id, origin: 'user', wait: 'background' } as const;
    const dispatched = engine.delegate(input, to, new AbortController().signal);
    if (dispatched.kind === 'background') this.#expected.set(dispatched.delegation.id, 1);
  }

  #answer(at: number, how: 'step' | 'end' | 'fail'): void {
    const index = at % Math.max(1, this.#held.length);
    const [held] = this.#held.splice(index, 1);
    if (held === undefined) return;
    if (how === 'fail') return held.resolve(new Error('The provider is away.'));
    held.resolve(how === 'end' ? `${held.goal} is done.` : stepOf(held));
  }

  #window(index: number): TestEngine {
    return this.#windows[index % this.#windows.length] ?? assert.fail();
  }

  #begin(window: TestEngine): void {
    window.model = new ScriptedModel((request) => this.#reply(request));
    this.#models.push(window.model);
    const { engine } = window;
    engine.pool.onDidDispatch((delegation) => {
      // What a killed process still did here, it would not have done.
      if (window.engine !== engine) return;
      this.#fresh.add(delegation.id);
      if (delegation.mode === 'background') this.#expected.set(delegation.id, 1);
    });
    engine.start();
  }

  #reply(request: ScriptedRequest): ScriptedReply | Promise<ScriptedReply> {
    const goal = goalOf(request);
    if (goal === undefined) return mainReply(request);
    const step = request.prompt.filter(({ role }) => role === 'assistant').length;
    if (this.#isEnding) return `${goal} is done.`;
    return new Promise((resolve) => {
      const held = { goal, step, resolve };
      this.#held.push(held);
      const drop = () => {
        const place = this.#held.indexOf(held);
        if (place >= 0) this.#held.splice(place, 1);
      };
      request.signal?.addEventListener('abort', drop, { once: true });
    });
  }

  /** What a crash cut off in the very tick of its dispatch nobody was told of, and nothing of it had started. */
  #forgetUnwritten(): void {
    const isListed = (id: string) => this.#windows.some(({ engine }) => engine.pool.get(id) !== undefined);
    for (const id of this.#fresh) if (!isListed(id)) this.#expected.delete(id);
  }

  #own(window: TestEngine): Delegation[] {
    const { pool } = window.engine;
    return pool.list().filter(({ id }) => !pool.isElsewhere(id));
  }

  #check(): void {
    for (const window of this.#windows) {
      for (const delegation of this.#own(window)) {
        this.#checkOver(delegation);
        for (const child of everyRun(delegation)) this.#checkSteps(window, child);
      }
    }
  }

  /** What is over stays over. */
  #checkOver(delegation: Delegation): void {
    for (const { id, status } of [
      { id: delegation.id, status: delegation.status },
      ...everyRun(delegation).map(({ id, state }) => ({ id, status: state.status })),
    ]) {
      const before = this.#over.get(id);
      if (before !== undefined && before !== 'unknown') assert.equal(status, before, `${id} was over`);
      if (isOver(status)) this.#over.set(id, status);
    }
  }

  /** What a child has said in whole steps is never said again, and never lost. */
  #checkSteps(window: TestEngine, { id, task }: Child): void {
    const said = window.engine.transcripts
      .load(id)
      .flatMap((message) => (message.role === 'assistant' && message.interrupted !== true ? [message] : []))
      .map(textOf);
    const before = this.#said.get(id) ?? [];
    assert.deepEqual(said.slice(0, before.length), before, `${id} lost a step`);
    this.#said.set(id, said);
    const steps = said.flatMap((text) => /step (?<n>\d+) of/.exec(text)?.groups?.['n'] ?? []);
    assert.equal(new Set(steps).size, steps.length, `${id} (${task.goal}) did a step twice: ${said.join(' | ')}`);
  }

  /** All that is under way is over and, where it can be, delivered. */
  async #settled(): Promise<void> {
    for (const window of this.#windows) {
      const { pool, sessions } = window.engine;
      const done = () =>
        this.#own(window).every(
          ({ status, mode, delivery }) =>
            isOver(status) && (mode !== 'background' || delivery === 'delivered' || delivery === 'undelivered'),
        ) && sessions.list().every(({ id }) => !sessions.isRunning(id));
      await until(done, pool.onDidChange, sessions.onDidChange);
    }
  }

  async #checkEnd(): Promise<void> {
    const [first] = this.#windows;
    assert.ok(first !== undefined);
    const { sessions, pool } = first.engine;
    const entries = sessions.list().flatMap(({ id }) => sessions.get(id)?.entries ?? []);
    const came = entries.flatMap(({ entry }) =>
      entry.role === 'user' && entry.origin === 'completion' ? [entry.delegationId ?? ''] : [],
    );
    const answers = entries.flatMap(({ entry }) =>
      entry.role === 'tool' ? entry.results.map(({ text }) => text) : [],
    );
    for (const delegation of pool.list()) {
      const { id, mode, sessionId, status, delivery } = delegation;
      const times = came.filter((other) => other === id).length;
      if (delegation.parentChildId !== undefined) assert.equal(times, 0, `${id} is nested`);
      else if (mode === 'background') {
        const wanted = this.#expected.get(id) ?? 1;
        const isGone = this.#deleted.has(sessionId);
        assert.ok(
          isGone ? times <= wanted : times === wanted,
          `${id} (${status}, ${delivery}) came ${times} of ${wanted} times`,
        );
      } else if (mode === 'inline' && !this.#deleted.has(sessionId)) {
        assert.equal(times, 0, `${id} ran inline`);
        assert.ok(
          answers.some((text) => text.includes(id)),
          `${id} (${status}) was answered nowhere`,
        );
      }
    }
    for (const [id] of this.#expected) assert.ok(pool.get(id) !== undefined, `${id} is not listed any more`);
    for (const model of this.#models) for (const { prompt } of model.requests) assertLegal(prompt);
    for (const { faults } of this.#windows) assert.deepEqual(faults, []);
    await this.#checkSlots();
  }

  /** As many as the cap allows start at once, and not one more. */
  async #checkSlots(): Promise<void> {
    this.#isEnding = false;
    for (const window of this.#windows) {
      const { engine } = window;
      const { maxAsyncDelegations: cap } = window.settings.delegation;
      const to = { sessionId: engine.sessions.own().id, origin: 'user', wait: 'background' } as const;
      const starts = Array.from({ length: cap + 1 }, (_, i) => {
        const dispatched = engine.delegate({ goal: `last ${i}` }, to, new AbortController().signal);
        assert.ok(dispatched.kind === 'background');
        return dispatched;
      });
      await until(
        () => starts.slice(0, cap).every(({ delegation: { id } }) => engine.pool.get(id)?.status === 'running'),
        engine.pool.onDidChange,
      );
      await ticks();
      assert.deepEqual(
        starts.map(({ delegation: { id } }) => engine.pool.get(id)?.status),
        starts.map((_, i) => (i < cap ? 'running' : 'queued')),
      );
      assert.deepEqual(
        starts.map(({ start }) => start),
        starts.map((_, i) => (i < cap ? 'now' : 'slot')),
      );
      engine.pool.cancelAll();
      await this.#settled();
    }
  }
}

async function ticks(): Promise<void> {
  for (let i = 0; i < 5; i++) await setImmediate();
}

/** The agent delegates what it is told to, and else says a word. */
function mainReply({ prompt }: ScriptedRequest): ScriptedReply {
  const last = prompt.at(-1);
  const input =
    last?.role === 'user' ? /^Delegate (?<input>\{.*\})$/s.exec(wordsOf(last))?.groups?.['input'] : undefined;
  return input === undefined
    ? 'Noted.'
    : [{ text: 'So be it.' }, { calls: [{ name: 'delegate_task', input: JSON.parse(input) as object }] }];
}

function stepOf({ goal, step }: Held): ScriptedReply {
  const text = `${goal}: step ${step} of many.`;
  const nested = { tasks: [{ goal: `below ${goal} ${step}` }] };
  return [
    { text },
    {
      calls: [goal.startsWith('nests') ? { name: 'delegate_task', input: nested } : { name: 'list_files', input: {} }],
    },
  ];
}

function pick<T>(things: readonly T[], at: number): T | undefined {
  return things[at % Math.max(1, things.length)];
}
