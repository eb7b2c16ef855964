import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelRequest, Step } from '../fakes/modelServerWords';
import { audit, type Audit } from './audit';
import { readBooks, unsettled, type Books } from './books';
import { HeldStore } from './heldStore';
import { faultInPrompt } from './legality';
import { ScriptedAgents } from './model';
import { endOrphans } from './orphans';
import type { ChainPlan, Plan, Points } from './plans';
import { makeProject } from './project';
import { ESCAPING_COMMANDS, escaping } from './sabotages';
import { faultsInGoingOn, suspendedIn, type Suspended } from './suspended';
import { faultsInWork, type Places } from './work';
import type { Deed } from './words';
import { WindowProcess } from './windowProcess';

export interface ChainPorts {
  /** The program of a window. */
  readonly program: string;
  /** The model server. */
  readonly url: string;
  /** What did not come to rest after so long counts as stuck. */
  readonly patienceMs: number;
  readonly sabotage?: string;
}

/** How a chain came out. */
export interface ChainResult extends Audit {
  readonly runs: number;
  /** Windows that were killed: some plans end a window in order, or come too late for it. */
  readonly killed: number;
  /** What was tortured that takes place in some of the lives only. */
  readonly deeds: readonly Deed[];
  /** All else that must not be: what never came to rest, illegal transcripts, work that is gone or done twice, errors. */
  readonly faults: readonly string[];
}

/** Windows on one store that die one after the other, each taking up what was left, and what is found at the end. */
export class Chain {
  readonly #plan: ChainPlan;
  readonly #ports: ChainPorts;
  readonly #folder = mkdtempSync(join(tmpdir(), 'fanout-torture-'));
  readonly #marker: string;
  readonly #agents: ScriptedAgents;
  readonly #windows: WindowProcess[] = [];
  readonly #faults: string[] = [];
  readonly #deeds: Deed[] = [];
  /** What an orderly end cut off, and the next window has not taken up yet. */
  #suspended: readonly Suspended[] = [];
  #held: HeldStore | undefined;
  #holdAt: { readonly request: number; readonly ms: number } | undefined;
  #strike: { at: number; readonly of: 'request' | 'step'; readonly window: WindowProcess } | undefined;
  #requests = 0;
  #steps = 0;
  #patienceMs: number;

  constructor(plan: ChainPlan, ports: ChainPorts) {
    this.#plan = plan;
    this.#ports = ports;
    this.#patienceMs = ports.patienceMs;
    // A number of seconds for `sleep`, and like no other on this machine.
    this.#marker = `9${process.pid}.${plan.index}${String(Date.now() % 1e6).padStart(6, '0')}`;
    const sleep = `sleep ${this.#marker}`;
    this.#agents = new ScriptedAgents({
      forever: ports.sabotage === ESCAPING_COMMANDS ? escaping(sleep) : sleep,
      trace: (goal) => `echo '${goal}' >> '${this.#places.traces}'`,
      isNarrow: plan.settings.contextWindow > 0,
    });
  }

  get name(): string {
    return `chain-${this.#plan.index}`;
  }

  /** What its last window passed through since its life began, known once the chain is over. */
  get points(): Points {
    const counts = this.#windows.at(-1)?.counts;
    if (counts === undefined) throw new Error('The last window did not close in order.');
    return { ...counts, requests: this.#requests, steps: this.#steps };
  }

  /** The model, for this chain's windows. */
  async *answer(request: ModelRequest): AsyncGenerator<Step> {
    this.#requests++;
    const fault = faultInPrompt(request.messages);
    if (fault !== undefined) this.#faults.push(`A prompt is illegal: ${fault}`);
    this.#count('request', request.model);
    for (const step of this.#agents.answerTo(request)) {
      yield step;
      this.#steps++;
      this.#count('step', request.model);
    }
  }

  /** Ends what outlives all windows of the chain, and tells of it. */
  endOrphans(): Promise<string[]> {
    return endOrphans(this.#marker, this.#patienceMs);
  }

  /** Runs all, and reads the books. */
  async run(): Promise<ChainResult> {
    try {
      await makeProject(this.#places.project, this.#plan.settings.isolation === 'worktree');
      let window: WindowProcess | undefined;
      for (const [index, plan] of this.#plan.runs.entries()) window = await this.#die(plan, index, window);
      window ??= this.#start();
      await this.#settle([window]);
      const result = this.#audit();
      await window.close();
      return {
        ...result,
        runs: this.#plan.runs.length,
        killed: this.#windows.filter(({ wasKilled }) => wasKilled).length,
        deeds: [...this.#deeds, ...this.#windows.flatMap(({ deeds }) => deeds)],
        faults: this.#allFaults(),
      };
    } finally {
      for (const window of this.#windows) window.kill();
      await Promise.all(this.#windows.map(({ ended }) => ended));
      this.#held?.release();
      rmSync(this.#folder, { recursive: true, force: true });
    }
  }

  /** One death. Returns the window that lives on, if any does. */
  async #die(plan: Plan, index: number, before: WindowProcess | undefined): Promise<WindowProcess | undefined> {
    if (plan.phase === 'start') return this.#dieAtStart(plan, before);
    const window = before ?? this.#start();
    await this.#settle([window]);
    if (window.isGone) return undefined;
    this.#checkSuspended();
    return this.#work(plan, index, window);
  }

  async #dieAtStart(plan: Plan, before: WindowProcess | undefined): Promise<WindowProcess | undefined> {
    await before?.close();
    if (plan.held) this.#hold(plan.held.ms);
    const window = this.#start(plan);
    await this.#held?.over;
    await this.#untilAtRest([window]);
    if (!window.isGone) return window;
    // Nobody knows how far it came.
    this.#suspended = [];
    return undefined;
  }

  /** A life that the plan ends, beside others that take over. */
  async #work(plan: Plan, index: number, window: WindowProcess): Promise<WindowProcess | undefined> {
    const others = Array.from({ length: plan.beside }, () => this.#start());
    const { death, mischief, strike, held, resumes, writesOn } = plan;
    if (strike) {
      const from = strike.of === 'request' ? this.#requests : this.#steps;
      this.#strike = { ...strike, at: from + strike.at, window };
    }
    if (held) this.#holdAt = { request: this.#requests + held.from, ms: held.ms };
    window.live({
      life: `${index}`,
      ...(death && { death }),
      ...(mischief && { mischief }),
      ...(resumes && { resumes }),
      ...(writesOn !== undefined && { writesOn }),
    });
    for (const [i, other] of others.entries()) other.live({ life: `${index}-beside-${i}` });
    await this.#untilAtRest([window]);
    this.#strike = undefined;
    this.#holdAt = undefined;
    await this.#held?.over;
    const [heir, ...rest] = others;
    if (heir === undefined) {
      if (!window.isGone) return window;
      if (!window.wasKilled) this.#suspended = suspendedIn(this.#books);
      return undefined;
    }
    if (!window.isGone) await window.close();
    await this.#settle(others);
    for (const other of rest) await other.close();
    return heir;
  }

  /** What was cut off in order has gone on by itself, where it is to. */
  #checkSuspended(): void {
    const suspended = this.#suspended;
    this.#suspended = [];
    if (this.#plan.settings.resume !== 'auto' || this.#books === undefined) return;
    this.#faults.push(...faultsInGoingOn(suspended, this.#books));
    this.#deeds.push(...suspended.map(() => 'went on' as const));
  }

  #hold(ms: number): void {
    this.#held = HeldStore.hold(this.#store, ms);
    if (this.#held !== undefined) this.#deeds.push('held');
  }

  #start({ death, resumes }: Pick<Plan, 'death' | 'resumes'> = {}): WindowProcess {
    const { settings } = this.#plan;
    const { program, url, sabotage } = this.#ports;
    const window = new WindowProcess(program, {
      folder: this.#folder,
      url,
      name: `${this.name}.${this.#windows.length}`,
      settings,
      ...(death && { death }),
      ...(resumes && { resumes }),
      ...(sabotage === undefined ? {} : { sabotage }),
    });
    this.#windows.push(window);
    return window;
  }

  #count(of: 'request' | 'step', model: string): void {
    const hold = this.#holdAt;
    if (hold !== undefined && this.#requests >= hold.request) {
      this.#holdAt = undefined;
      this.#hold(hold.ms);
    }
    const strike = this.#strike;
    if (strike?.of !== of || strike.window.name !== model) return;
    if ((of === 'request' ? this.#requests : this.#steps) < strike.at) return;
    this.#strike = undefined;
    strike.window.kill();
  }

  /** Waits until every window that lives is at rest, and the store as well. */
  async #settle(windows: readonly WindowProcess[]): Promise<void> {
    await this.#untilAtRest(windows, () => {
      const books = this.#books;
      return books === undefined ? [] : unsettled(books);
    });
  }

  /** Gives up after a while, as a fault. */
  #untilAtRest(windows: readonly WindowProcess[], left: () => string[] = () => []): Promise<void> {
    return new Promise((resolve) => {
      const isOver = () =>
        windows.every((window) => window.isGone || window.isAtRest) &&
        (windows.every(({ isGone }) => isGone) || left().length === 0);
      const end = () => {
        clearTimeout(timer);
        clearInterval(again);
        for (const subscription of subscriptions) subscription.dispose();
        resolve();
      };
      const timer = setTimeout(() => {
        const busy = windows
          .filter((window) => !window.isGone && !window.isAtRest)
          .map(({ name }) => `${name} is busy`);
        // No use in waiting so long again for what did not come: the books say what is missing.
        this.#patienceMs = 0;
        this.#faults.push(`Stuck: ${[...busy, ...left()].join(', ')}`);
        end();
      }, this.#patienceMs);
      const look = () => {
        if (isOver()) end();
      };
      // Nothing tells of what was held up and is written when its window has nothing to tell any more.
      const again = setInterval(look, LOOK_AGAIN_MS);
      const subscriptions = windows.map((window) => window.onDidChange(look));
      look();
    });
  }

  get #store(): string {
    return join(this.#folder, 'store', 'fanout.db');
  }

  get #books(): Books | undefined {
    return readBooks(this.#store);
  }

  get #places(): Places {
    const at = (name: string) => join(this.#folder, name);
    return { project: at('project'), worktrees: at('worktrees'), traces: at('traces') };
  }

  #audit(): Audit {
    const books = this.#books;
    if (books === undefined) return { delegations: 0, delivered: 0, unknown: 0, lost: [], doubled: [] };
    this.#faults.push(...faultsInWork(books, this.#places));
    this.#deeds.push(...deedsIn(books));
    return audit(
      books,
      this.#windows.flatMap(({ accepted }) => accepted),
    );
  }

  #allFaults(): string[] {
    const deleted = this.#windows.flatMap((window) => window.deleted);
    const homeless = this.#windows.flatMap(({ sentOn }) => sentOn).filter(({ from }) => !deleted.includes(from));
    return [
      ...this.#faults,
      ...homeless.map(({ id, from }) => `${id} had no session any more, and nobody had deleted ${from}`),
      ...this.#windows.flatMap(({ name, faults }) => faults.map((fault) => `${name}: ${fault}`)),
    ];
  }
}

const LOOK_AGAIN_MS = 250;

function deedsIn({ runs, sessions }: Books): Deed[] {
  const entries = [...sessions.flat(), ...runs.flatMap(({ transcript }) => transcript)];
  return [
    ...runs.flatMap(({ worktree }) => (worktree === undefined ? [] : ['isolated' as const])),
    ...entries.flatMap((entry) => (entry.role === 'user' && entry.origin === 'summary' ? ['compacted' as const] : [])),
  ];
}
