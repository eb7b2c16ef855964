/** A vendor on loopback whose agents the test directs: every model request waits for its word. */
import { ModelServer } from '../../fakes/modelServer';
import type { ModelRequest, Reply, Step } from '../../fakes/modelServerWords';

/** The session's own agent; all others are called by their goal. */
export const MAIN = 'the main agent';

/** A net for a broken build, no measure of speed. */
const patience = 30_000;

/** A request of an agent, which gets no answer before the test gives it. */
export class AskedRequest {
  readonly request: ModelRequest;
  readonly answer: (reply: Reply) => void;

  constructor(request: ModelRequest, answer: (reply: Reply) => void) {
    this.request = request;
    this.answer = answer;
  }

  /** Streams this, and holds the rest back. Returns what streams the rest and ends the answer. */
  begin(text: string): (rest: string) => void {
    const gate = Promise.withResolvers<string>();
    async function* steps(): AsyncGenerator<Step> {
      yield { text };
      yield { text: await gate.promise };
    }
    this.answer(steps());
    return gate.resolve;
  }

  /** Calls one tool. */
  call(name: string, input: unknown): void {
    this.answer({ calls: [{ name, input }] });
  }

  /** What the tools answered to the calls of the reply before. */
  get results(): string[] {
    const { messages } = this.request;
    const asked = messages.findLastIndex(({ role }) => role === 'assistant');
    return messages.slice(asked + 1).flatMap(({ toolResults }) => toolResults.map(({ text }) => text));
  }
}

export class DirectedModel {
  readonly #server: ModelServer;
  readonly #asked = new Map<string, AskedRequest[]>();
  readonly #waiters = new Map<string, ((asked: AskedRequest) => void)[]>();

  private constructor(server: ModelServer) {
    this.#server = server;
    server.script = (request) => this.#ask(request);
  }

  static async start(): Promise<DirectedModel> {
    return new DirectedModel(await ModelServer.start(() => '', { models: ['large'] }));
  }

  /** User settings that make this the model of every agent. */
  get settings(): Readonly<Record<string, unknown>> {
    const price = { input: 3, output: 15 };
    const models = [{ id: 'large', contextWindow: 100_000, price }];
    return {
      'fanout.model': 'acme/large',
      'fanout.providers': [{ id: 'acme', kind: 'openai-compatible', baseUrl: `${this.#server.url}/v1`, models }],
      'fanout.requests.maxConcurrent': 10,
    };
  }

  /** The next request of this agent that the test has not seen yet. */
  async next(agent: string): Promise<AskedRequest> {
    const here = this.#asked.get(agent)?.shift();
    if (here !== undefined) return here;
    const { promise, resolve, reject } = Promise.withResolvers<AskedRequest>();
    this.#waiters.set(agent, [...(this.#waiters.get(agent) ?? []), resolve]);
    const waiting = [...this.#asked].flatMap(([name, requests]) => requests.map(() => name)).join(', ');
    const net = setTimeout(() => reject(new Error(`No request of ${agent}; others: ${waiting || 'none'}.`)), patience);
    return promise.finally(() => clearTimeout(net));
  }

  /** Leaves earlier tests' requests behind. */
  forget(): void {
    this.#asked.clear();
    this.#waiters.clear();
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  #ask(request: ModelRequest): Promise<Reply> {
    const { promise, resolve } = Promise.withResolvers<Reply>();
    const asked = new AskedRequest(request, resolve);
    const agent = agentOf(request);
    const waiter = this.#waiters.get(agent)?.shift();
    if (waiter === undefined) this.#asked.set(agent, [...(this.#asked.get(agent) ?? []), asked]);
    else waiter(asked);
    return promise;
  }
}

function agentOf({ system, messages }: ModelRequest): string {
  if (!system.startsWith('You are a background agent')) return MAIN;
  return messages[0]?.text.split('\n', 1)[0] ?? '';
}

let shared: Promise<DirectedModel> | undefined;

/** The one model of all suites, so that they share a server of VS Code as well; nothing of earlier tests is left in it. */
export async function directedModel(): Promise<DirectedModel> {
  shared ??= DirectedModel.start();
  const model = await shared;
  model.forget();
  return model;
}

export async function closeDirectedModel(): Promise<void> {
  await (await shared)?.close();
  shared = undefined;
}
