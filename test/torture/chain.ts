import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelRequest, Step } from '../fakes/modelServerWords';
import { audit, readBooks, unsettled, type Audit } from './books';
import { faultInPrompt } from './legality';
import { answerTo } from './model';
import { endOrphans } from './orphans';
import type { ChainPlan, Plan, Points } from './plans';
import { ESCAPING_COMMANDS, escaping } from './sabotages';
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
  /** All else that must not be: what never came to rest, illegal transcripts, errors. */
  readonly faults: readonly string[];
}

/** Windows on one store that die one after the other, each taking up what was left, and what is found at the end. */
export class Chain {
  readonly #plan: ChainPlan;
  readonly #ports: ChainPorts;
  readonly #folder = mkdtempSync(join(tmpdir(), 'fanout-torture-'));
  readonly #marker: string;
  readonly #windows: WindowProcess[] = [];
  readonly #faults: string[] = [];
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
    const sleep = `sleep ${this.#marker}`;
    const forever = this.#ports.sabotage === ESCAPING_COMMANDS ? escaping(sleep) : sleep;
    for (const step of answerTo(request, forever)) {
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
        faults: this.#allFaults(),
      };
    } finally {
      for (const window of this.#windows) window.kill();
      await Promise.all(this.#windows.map(({ ended }) => ended));
      rmSync(this.#folder, { recursive: true, force: true });
    }
  }

  /** One death. Returns the window that lives on, if any does. */
  async #die(plan: Plan, index: number, before: WindowProcess | undefined): Promise<WindowProcess | undefined> {
    if (plan.phase === 'start') {
      await before?.close();
      const window = this.#start(plan);
      await this.#untilAtRest([window]);
      return window.isGone ? undefined : window;
    }
    const window = before ?? this.#start();
    await this.#settle([window]);
    return window.isGone ? undefined : this.#work(plan, index, window);
  }

  /** A life that the plan ends, beside others that take over. */
  async #work(plan: Plan, index: number, window: WindowProcess): Promise<WindowProcess | undefined> {
    const others = Array.from({ length: plan.beside }, () => this.#start());
    const { death, mischief, strike } = plan;
    if (strike) {
      const from = strike.of === 'request' ? this.#requests : this.#steps;
      this.#strike = { ...strike, at: from + strike.at, window };
    }
    window.live({ life: `${index}`, ...(death && { death }), ...(mischief && { mischief }) });
    for (const [i, other] of others.entries()) other.live({ life: `${index}-beside-${i}` });
    await this.#untilAtRest([window]);
    this.#strike = undefined;
    const [heir, ...rest] = others;
    if (heir === undefined) return window.isGone ? undefined : window;
    if (!window.isGone) await window.close();
    await this.#settle(others);
    for (const other of rest) await other.close();
    return heir;
  }

  #start({ death }: Pick<Plan, 'death'> = {}): WindowProcess {
    const { whenFull, wakeAgent } = this.#plan;
    const { program, url, sabotage } = this.#ports;
    const window = new WindowProcess(program, {
      folder: this.#folder,
      url,
      name: `${this.name}.${this.#windows.length}`,
      whenFull,
      wakeAgent,
      ...(death && { death }),
      ...(sabotage === undefined ? {} : { sabotage }),
    });
    this.#windows.push(window);
    return window;
  }

  #count(of: 'request' | 'step', model: string): void {
    const strike = this.#strike;
    if (strike?.of !== of || strike.window.name !== model) return;
    if ((of === 'request' ? this.#requests : this.#steps) < strike.at) return;
    this.#strike = undefined;
    strike.window.kill();
  }

  /** Waits until every window that lives is at rest, and the store as well. */
  async #settle(windows: readonly WindowProcess[]): Promise<void> {
    await this.#untilAtRest(windows, () => {
      const books = readBooks(this.#store);
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
      const subscriptions = windows.map((window) =>
        window.onDidChange(() => {
          if (isOver()) end();
        }),
      );
      if (isOver()) end();
    });
  }

  get #store(): string {
    return join(this.#folder, 'store', 'fanout.db');
  }

  #audit(): Audit {
    const books = readBooks(this.#store);
    if (books === undefined) return { delegations: 0, delivered: 0, unknown: 0, lost: [], doubled: [] };
    return audit(
      books,
      this.#windows.flatMap(({ accepted }) => accepted),
    );
  }

  #allFaults(): string[] {
    return [
      ...this.#faults,
      ...this.#windows.flatMap(({ name, faults }) => faults.map((fault) => `${name}: ${fault}`)),
    ];
  }
}
