import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { AgentModel } from '../../src/agent/model';
import { DEFAULT_DELEGATION_SETTINGS } from '../../src/delegation/settings';
import { Engine } from '../../src/engine';
import { createEndpointModel } from '../../src/models/endpoints';
import { RequestGate } from '../../src/models/requestGate';
import type { Session } from '../../src/session/session';
import { DELEGATE_TASK } from '../../src/tools/delegateTask';
import { systemClock } from '../../src/util/clock';
import { until } from '../fakes/until';
import type { Load, Rewind, Usage } from './exchanges';
import { fileOf } from './script';

/** Fanout without VS Code against the server: one message, N children in the background, their results. */
export async function runEngine(url: string, load: Load, rewind: Rewind): Promise<Usage> {
  if (load.warm) {
    await runOnce(url, load);
    await rewind();
  }
  return runOnce(url, load);
}

async function runOnce(url: string, load: Load): Promise<Usage> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'fanout-bench-')));
  try {
    await writeParts(join(folder, 'project'), load.children);
    const engine = createEngine(folder, await endpointModel(url, load), load);
    const usage = await measure(engine.sessions.front(), () => engine.pool.list()[0]?.delivery === 'delivered');
    const { status, children } = engine.pool.list()[0] ?? {};
    await engine.close();
    if (status !== 'completed' || children?.some(({ state }) => state.status !== 'completed') !== false)
      throw new Error(`The delegation ended as ${status}.`);
    return usage;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeParts(project: string, count: number): Promise<void> {
  for (let part = 1; part <= count; part++) {
    const file = join(project, fileOf(part));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `export const part${part} = () => ${part};\n`.repeat(40));
  }
}

/** A model as production makes it, its provider's cap raised so that parent and children are never held up. */
function endpointModel(url: string, { children }: Load): Promise<AgentModel> {
  const limits = { contextWindow: 200_000, maxOutputTokens: 8_000 };
  const provider = {
    id: 'bench',
    kind: 'openai-compatible',
    baseUrl: `${url}/v1`,
    models: [{ id: 'model', ...limits }],
  } as const;
  const gate = new RequestGate({ provider: 'bench', cap: children + 1 });
  return createEndpointModel({ ...provider, models: [...provider.models] }, 'model', { apiKey: undefined, gate });
}

/** The engine as the extension makes it, on a folder of its own. */
export function createEngine(folder: string, model: AgentModel, { children }: Load): Engine {
  return new Engine({
    storeFile: join(folder, 'store', 'fanout.db'),
    resultsFolder: join(folder, 'results'),
    worktreesFolder: join(folder, 'worktrees'),
    settings: () => ({
      delegation: { ...DEFAULT_DELEGATION_SETTINGS, maxTasks: children, maxConcurrentChildren: children },
      wakeAgent: 'always',
      approvals: { edits: 'deny', commands: 'deny', allowedCommands: [] },
    }),
    models: {
      resolve: () => Promise.resolve(model),
      names: () => [model.name],
      problemOf: () => undefined,
      nameOf: () => model.name,
    },
    host: {
      access: () => ({ folders: [{ name: 'project', path: join(folder, 'project') }] }),
      unsavedText: () => undefined,
      saveInEditor: () => Promise.reject(new Error('There is no editor.')),
      problems: () => [],
      ripgrepCandidates: [],
    },
    clock: systemClock,
    reportStoreProblem: reject,
    onError: reject,
    onInfo: () => {},
  });
}

function reject(message: string, error: unknown): never {
  throw new Error(message, { cause: error });
}

/** Sends the message and waits for the end of the turn that got the results. */
async function measure(session: Session, isDelivered: () => boolean): Promise<Usage> {
  let calledAt = 0;
  let dispatchOwnMs = 0;
  session.onDidChange((change) => {
    if (change.type !== 'live') return;
    const { event } = change;
    if (event?.type === 'tool-started' && event.call.name === DELEGATE_TASK) calledAt = performance.now();
    if (event?.type === 'tool-finished' && event.call.name === DELEGATE_TASK)
      dispatchOwnMs = performance.now() - calledAt;
  });
  const before = process.cpuUsage();
  const began = performance.now();
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  session.send('Look at all parts.');
  await until(() => isDelivered() && session.state === 'idle', session.onDidChange);
  delay.disable();
  const { user, system } = process.cpuUsage(before);
  const cpuMs = (user + system) / 1000;
  return {
    peakMemoryMb: process.resourceUsage().maxRSS / 1024,
    cpuMs,
    dispatchOwnMs,
    coreShare: cpuMs / (performance.now() - began),
    // What the timer itself waits is no lateness.
    loopP99Ms: Math.max(0, delay.percentile(99) / 1e6 - 5),
  };
}
