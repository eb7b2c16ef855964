/**
 * `npm run bench [-- --json] [--children 1,3] [--latency MS] [--repeat N] [--streams 100]`: what it costs to fan out, against a
 * model server with a fixed latency, beside a bare client that sends the same requests, in a fresh process (cold) and in one
 * that has done it once (warm); and what agents cost that stream. This file is also what its processes run.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Problem, runScript } from '../vscode/problem';
import { figuresOf, type Figures, type Load, type Template, type Timeline, type Usage } from './exchanges';
import type { ServerOrder } from './serverProcess';
import { measureActivation, type Contents } from './activation';
import { activationTable, streamTable, tableOf, type Row, type StreamRow } from './table';

const STEPS = 3;
/** No process of the benchmark is ever silent for so long, but for a bug. */
const PATIENCE_MS = 60_000;

function readOptions() {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      children: { type: 'string', default: '1,3,8,16,32,100' },
      latency: { type: 'string', default: '200' },
      repeat: { type: 'string', default: '5' },
      streams: { type: 'string', default: '100' },
    },
  });
  const children = values.children.split(',').map(Number);
  return {
    json: values.json,
    children,
    latencyMs: Number(values.latency),
    repeat: Number(values.repeat),
    streams: Number(values.streams),
  };
}

/** The model server in its process. */
class ServerProcess {
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, url: string) {
    this.#process = process;
    this.url = url;
  }

  static async start(): Promise<ServerProcess> {
    const child = begin('server');
    return new ServerProcess(child, await answerOf<string>(child, 'server'));
  }

  begin(load: Load): void {
    this.#process.send({ type: 'begin', load } satisfies ServerOrder);
  }

  async tell(): Promise<Timeline> {
    this.#process.send({ type: 'tell' } satisfies ServerOrder);
    return answerOf<Timeline>(this.#process, 'server');
  }

  stop(): void {
    this.#process.disconnect();
  }
}

/** Starts this file as another process. */
function begin(role: string, ...args: unknown[]): ChildProcess {
  return fork(fileURLToPath(import.meta.url), [role, ...args.map((arg) => JSON.stringify(arg))]);
}

/** What a client says when its warm run is over and what is measured may begin. */
const REWIND = 'rewind';

/** Runs a client in a fresh process, so that its memory and its work are its own. */
async function runClient<T>(role: string, ...args: unknown[]): Promise<T> {
  return runMeasured(() => undefined, role, ...args);
}

/** The same, for a client that has a warm run first: `rewind` forgets what the server saw of that. */
async function runMeasured<T>(rewind: () => void, role: string, ...args: unknown[]): Promise<T> {
  const child = begin(role, ...args);
  const ended = once(child, 'exit');
  let answer = await answerOf<T | typeof REWIND>(child, role);
  if (answer === REWIND) {
    rewind();
    child.send(REWIND);
    answer = await answerOf<T>(child, role);
  }
  await ended;
  return answer;
}

/** The client's end of it. */
async function askToRewind(): Promise<void> {
  const begun = once(process, 'message');
  process.send?.(REWIND);
  await begun;
}

/** The next message of a process. Rejects where it ends without one, or is silent for too long. */
function answerOf<T>(child: ChildProcess, role: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      clearTimeout(timer);
      child.off('message', answer).off('exit', fail);
    };
    const answer = (message: unknown) => {
      settle();
      resolve(message as T);
    };
    const fail = () => {
      settle();
      child.kill();
      reject(new Problem(`The ${role} of the benchmark failed (see above).`));
    };
    const timer = setTimeout(fail, PATIENCE_MS);
    child.once('message', answer).once('exit', fail);
  });
}

interface Run {
  readonly engine: Figures & Usage;
  readonly floor: Figures;
}

async function runOnce(server: ServerProcess, load: Load): Promise<Run> {
  server.begin(load);
  const rewind = () => server.begin(load);
  const usage = await runMeasured<Usage>(rewind, 'engine', server.url, load);
  const { exchanges, template } = await server.tell();
  server.begin(load);
  await runMeasured(rewind, 'floor', server.url, load, template);
  return {
    engine: { ...figuresOf(exchanges, load), ...usage },
    floor: figuresOf((await server.tell()).exchanges, load),
  };
}

/** The medians of several runs: one that was disturbed changes nothing. */
async function runLoad(server: ServerProcess, load: Load, repeat: number): Promise<Row> {
  const runs: Run[] = [];
  for (let i = 0; i < repeat; i++) runs.push(await runOnce(server, load));
  const engine = (figure: keyof Run['engine']) => median(runs.map((run) => run.engine[figure]));
  return {
    ...load,
    dispatchMs: rounded(engine('dispatchMs'), 1),
    overhead: rounded(engine('overhead'), 3),
    endToEnd: rounded(engine('endToEnd'), 3),
    returnMs: rounded(engine('returnMs'), 1),
    floorOverhead: rounded(median(runs.map(({ floor }) => floor.overhead)), 3),
    floorEndToEnd: rounded(median(runs.map(({ floor }) => floor.endToEnd)), 3),
    requests: engine('requests'),
    bytesSent: engine('bytesSent'),
    peakMemoryMb: rounded(engine('peakMemoryMb'), 1),
    cpuMs: rounded(engine('cpuMs'), 0),
    dispatchOwnMs: rounded(engine('dispatchOwnMs'), 2),
    coreShare: rounded(engine('coreShare'), 3),
    loopP99Ms: rounded(engine('loopP99Ms'), 1),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? NaN) + (sorted[Math.floor(half)] ?? NaN)) / 2;
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** So many agents that each stream at the pace of a fast model. */
async function runStreams(server: ServerProcess, children: number): Promise<StreamRow> {
  const stream = { chunksPerSecond: 60, durationMs: 5000 };
  const load: Load = { children, steps: STEPS, latencyMs: 200, warm: true, stream };
  server.begin(load);
  const usage = await runMeasured<Usage>(() => server.begin(load), 'engine', server.url, load);
  return {
    children,
    ...stream,
    coreShare: rounded(usage.coreShare, 3),
    loopP99Ms: rounded(usage.loopP99Ms, 1),
  };
}

async function bench(): Promise<void> {
  const { json, children, latencyMs, repeat, streams } = readOptions();
  const server = await ServerProcess.start();
  try {
    // The server's first requests are slower than all later ones: nobody's fault, and nobody's figure.
    await runOnce(server, { children: 3, steps: STEPS, latencyMs: 1, warm: false });
    const rows: Row[] = [];
    for (const warm of [false, true])
      for (const count of children)
        rows.push(await runLoad(server, { children: count, steps: STEPS, latencyMs, warm }, repeat));
    const streaming = streams > 0 ? [await runStreams(server, streams)] : [];
    const activation = await measureActivation(runClient, median);
    console.log(
      json
        ? JSON.stringify({ fanout: rows, streaming, activation })
        : [tableOf(rows), streamTable(streaming), activationTable(activation)].join('\n\n'),
    );
  } finally {
    server.stop();
  }
}

/** What this file does in each of its processes. */
const roles: Readonly<Record<string, (args: readonly string[]) => Promise<unknown>>> = {
  server: async () => (await import('./serverProcess')).runServer(),
  engine: async ([url = '', load = '']) =>
    (await import('./engineProcess')).runEngine(JSON.parse(url) as string, JSON.parse(load) as Load, askToRewind),
  fill: async ([folder = '', contents = '']) =>
    (await import('./storeProcess')).fillStore(JSON.parse(folder) as string, JSON.parse(contents) as Contents),
  activate: async ([folder = '']) => (await import('./storeProcess')).activate(JSON.parse(folder) as string),
  floor: async ([url = '', load = '', template = '']) => {
    const { runFloor } = await import('./floorProcess');
    return runFloor(JSON.parse(url) as string, JSON.parse(load) as Load, JSON.parse(template) as Template, askToRewind);
  },
};

async function main(): Promise<void> {
  const [name = '', ...args] = process.argv.slice(2);
  const role = roles[name];
  if (role === undefined) return bench();
  process.send?.(await role(args));
  if (name !== 'server') process.disconnect();
}

await runScript(main);
