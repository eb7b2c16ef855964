/** One window of Fanout without VS Code: the engine as it is built for production, on a folder of its own or beside another. */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isOver } from '../../src/delegation/delegation';
import { DEFAULT_DELEGATION_SETTINGS } from '../../src/delegation/settings';
import { Engine } from '../../src/engine';
import { createEndpointModel } from '../../src/models/endpoints';
import { RequestGate } from '../../src/models/requestGate';
import { DeathWatch } from './death';
import { hastyClock } from './hastyClock';
import { cancelWhatStays, Life, resumeAll, SLOTS } from './life';
import { SABOTAGES } from './sabotages';
import type { Order, Report, WindowOrder } from './words';

const order = JSON.parse(process.argv[2] ?? '') as WindowOrder;

/** Comes to the harness whatever happens next: the pipe outlives this process. */
function tell(report: Report): void {
  writeSync(3, `${JSON.stringify(report)}\n`);
}

const fault = (text: string, error: unknown) =>
  tell({ type: 'fault', text: `${text}: ${error instanceof Error ? error.message : String(error)}` });

async function endpoint() {
  const provider = { id: 'torture', kind: 'openai-compatible', baseUrl: `${order.url}/v1` } as const;
  const gate = new RequestGate({ provider: provider.id, cap: 10, clock: hastyClock });
  const { contextWindow } = order.settings;
  const models = contextWindow === 0 ? [] : [{ id: order.name, contextWindow }];
  return createEndpointModel({ ...provider, models }, order.name, { apiKey: undefined, gate });
}

function openEngine(watch: DeathWatch): Engine {
  const model = endpoint();
  const project = join(order.folder, 'project');
  const { whenFull, isolation, resume, wakeAgent } = order.settings;
  return new Engine({
    storeFile: join(order.folder, 'store', 'fanout.db'),
    resultsFolder: join(order.folder, 'results'),
    worktreesFolder: join(order.folder, 'worktrees'),
    settings: () => ({
      delegation: {
        ...DEFAULT_DELEGATION_SETTINGS,
        maxAsyncDelegations: SLOTS,
        maxConcurrentChildren: 2,
        maxSpawnDepth: 3,
        whenFull,
        isolation,
        resume,
      },
      wakeAgent,
      approvals: { edits: 'allow', commands: 'allow', allowedCommands: [] },
    }),
    models: {
      resolve: () => model,
      names: () => [`torture/${order.name}`],
      problemOf: () => undefined,
      nameOf: () => `torture/${order.name}`,
    },
    host: {
      access: () => ({ folders: [{ name: 'project', path: project }] }),
      unsavedText: () => undefined,
      saveInEditor: () => Promise.reject(new Error('There is no editor.')),
      problems: () => [],
      ripgrepCandidates: [],
    },
    clock: hastyClock,
    reportStoreProblem: fault,
    onError: fault,
    onInfo: () => {},
    witnessWrite: watch.write,
  });
}

/** Nothing of its own runs or waits. What another window has is looked for in the store. */
function isAtRest({ pool, sessions }: Engine): boolean {
  const settled = pool
    .list()
    .every(
      ({ id, status, mode, delivery }) =>
        pool.isElsewhere(id) || (isOver(status) && (mode !== 'background' || delivery === 'delivered')),
    );
  // The user opens every session: one that was cut off is mended then.
  const idle = sessions.list().every(({ id }) => {
    const session = sessions.get(id);
    return session !== undefined && session.state !== 'running' && session.queued.length === 0;
  });
  return settled && idle;
}

/** What cannot be delivered is sent to another session by hand. The harness knows whether that had to be. */
function sendOn({ pool, completions, sessions }: Engine): void {
  for (const { id, sessionId, delivery } of pool.list()) {
    if (delivery !== 'undelivered' || pool.isElsewhere(id)) continue;
    tell({ type: 'sent-on', id, from: sessionId });
    completions.readdress(id, sessions.own().id);
  }
}

function run(): void {
  SABOTAGES[order.sabotage ?? '']?.();
  const watch = new DeathWatch(order.death, () => close());
  const engine = openEngine(watch);
  const { pool, sessions } = engine;
  let life: Life | undefined;
  let lives = 0;
  let looking = false;
  let told = '';

  const close = () => {
    engine.close().then(
      () => {
        tell({ type: 'closed', ...watch.counts });
        process.exit(0);
      },
      (error: unknown) => {
        fault('It did not close', error);
        process.exit(1);
      },
    );
  };
  const look = () => {
    looking = false;
    cancelWhatStays(engine);
    sendOn(engine);
    const type = isAtRest(engine) ? 'rest' : 'busy';
    if (type === 'busy' && told === 'busy') return;
    told = type;
    tell({ type, lives });
  };
  const onChange = () => {
    // Counted within a life: how much there is to recover differs from death to death.
    if (life !== undefined) life.onChange(watch.change());
    if (!looking) setImmediate(look);
    looking = true;
  };
  pool.onDidDispatch(({ id, sessionId, mode, parentChildId }) =>
    tell({ type: 'accepted', id, sessionId, mode, ...(parentChildId === undefined ? {} : { parentChildId }) }),
  );
  pool.onDidChange(onChange);
  sessions.onDidChange(onChange);
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      const given = JSON.parse(line) as Order;
      if (given.type === 'close') return close();
      lives++;
      watch.restart(given.death);
      life = new Life(engine, given, tell);
      onChange();
    })
    // The harness is gone.
    .on('close', () => process.exit(0));
  engine.start();
  if (order.resumes === true) resumeAll(engine, tell);
  onChange();
}

run();
