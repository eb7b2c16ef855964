import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Emitter } from '../../src/util/emitter';
import type { Accepted } from './audit';
import type { Deed, LifeOrder, Order, Report, WindowOrder } from './words';

/** The harness's end of a window. */
export class WindowProcess {
  readonly name: string;
  /** Every delegation that the window told of as accepted. */
  readonly accepted: Accepted[] = [];
  readonly faults: string[] = [];
  readonly deeds: Deed[] = [];
  /** Sessions that its user deleted. */
  readonly deleted: string[] = [];
  /** Delegations that its user sent to another session than the one that they belonged to. */
  readonly sentOn: { readonly id: string; readonly from: string }[] = [];
  /** Resolves when the process is gone and all that it told has arrived. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #changed = new Emitter<void>();
  #counts: Extract<Report, { type: 'closed' }> | undefined;
  #lives = 0;
  #atRest = false;
  #isGone = false;
  #wasKilled = false;

  constructor(program: string, order: WindowOrder) {
    this.name = order.name;
    this.#child = spawn(process.execPath, [program, JSON.stringify(order)], {
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
      // Most of a start is compiling.
      env: { ...process.env, NODE_COMPILE_CACHE: join(dirname(program), 'compiled') },
    });
    const [, , errors, reports] = this.#child.stdio as readonly (Readable | null)[];
    const said: string[] = [];
    errors?.on('data', (data: Buffer) => said.push(data.toString()));
    if (reports) createInterface({ input: reports }).on('line', (line) => this.#hear(JSON.parse(line) as Report));
    // It may be gone before it was told all.
    this.#child.stdin?.on('error', () => undefined);
    this.ended = once(this.#child, 'close').then(([code, signal]) => {
      this.#isGone = true;
      this.#wasKilled = signal === 'SIGKILL';
      if (!this.#wasKilled && code !== 0) this.faults.push(`It ended with ${code ?? signal}: ${said.join('')}`);
      this.#changed.fire();
    });
  }

  /** It told something, or is gone. */
  readonly onDidChange = this.#changed.event;

  get isGone(): boolean {
    return this.#isGone;
  }

  get wasKilled(): boolean {
    return this.#wasKilled;
  }

  /** Nothing runs or waits in it; all that it was told to begin has begun. */
  get isAtRest(): boolean {
    return this.#atRest;
  }

  /** What it passed since its newest life began; known once it closed in order. */
  get counts(): { readonly writes: number; readonly changes: number } | undefined {
    return this.#counts;
  }

  live(order: LifeOrder): void {
    this.#lives++;
    this.#atRest = false;
    this.#say({ type: 'live', ...order });
  }

  /** Ends it in order. */
  async close(): Promise<void> {
    this.#say({ type: 'close' });
    await this.ended;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #say(order: Order): void {
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  #hear(report: Report): void {
    switch (report.type) {
      case 'accepted':
        this.accepted.push(report);
        return;
      case 'deleted':
        this.deleted.push(report.sessionId);
        return;
      case 'sent-on':
        this.sentOn.push(report);
        return;
      case 'did':
        this.deeds.push(report.deed);
        return;
      case 'fault':
        this.faults.push(report.text);
        return;
      case 'closed':
        this.#counts = report;
        return;
      case 'rest':
      case 'busy':
        this.#atRest = report.type === 'rest' && report.lives === this.#lives;
        this.#changed.fire();
    }
  }
}
