import { join } from 'node:path';
import * as vscode from 'vscode';
import { Engine } from './engine';
import { maskSecrets } from './models/mask';
import { handleOf } from './tools/delegateTask';
import { systemClock } from './util/clock';
import { setListenerErrorReporter } from './util/emitter';
import { Activity } from './vscode/activity';
import type { FanoutApi } from './vscode/api';
import { createApi } from './vscode/api';
import { promptForApprovals } from './vscode/approvalPrompts';
import { provideBaseFiles } from './vscode/baseFiles';
import { ChatBridge } from './vscode/chatBridge';
import { ChatPanel } from './vscode/chatPanel';
import { chatPorts } from './vscode/chatWiring';
import { commandTable } from './vscode/commandTable';
import { chatPort, sessionPort, treePort } from './vscode/commandWiring';
import { registerCommands } from './vscode/commands';
import { keepContextKeys } from './vscode/contextKeys';
import { CurrentSettings } from './vscode/currentSettings';
import { registerDelegateTool } from './vscode/delegateTool';
import { DelegationTree } from './vscode/delegationTree';
import { notifyOfLeftBehind } from './vscode/leftBehind';
import type { Log } from './vscode/log';
import { createLog } from './vscode/log';
import type { ModelSelection } from './vscode/modelSelection';
import { createModels } from './vscode/modelWiring';
import { notifyOfEnds } from './vscode/notifications';
import { ApiKeys } from './vscode/secrets';
import { createStatusBar } from './vscode/statusBar';
import { Transcripts } from './vscode/transcripts';
import { settingsProviders, vscodeHost } from './vscode/vscodeHost';
import { vscodePrompts } from './vscode/vscodePrompts';
import { vscodeWorkspaceHost } from './vscode/workspaceTools';

const UNTRUSTED = 'This workspace is not trusted, so nothing is delegated in it. Trust it first.';

/** VS Code gives an extension about five seconds to end. */
const CLOSING_MS = 4000;

const clock = systemClock;
let running: Engine | undefined;

/** What the surfaces are made of. */
interface Core {
  readonly engine: Engine;
  readonly models: ModelSelection;
  readonly settings: CurrentSettings;
  readonly keys: ApiKeys;
  readonly log: Log;
  readonly onError: (message: string, error: unknown) => void;
}

/** Makes every object and hands it to the next. Nothing but this and the engine wires anything. */
export function activate(context: vscode.ExtensionContext): FanoutApi {
  const core = createCore(context);
  const { engine, models, log } = core;
  running = engine;
  showSurfaces(core, context);
  const refusal = () => (vscode.workspace.isTrusted ? undefined : UNTRUSTED);
  context.subscriptions.push(registerDelegateTool(delegateFor(engine, refusal)));
  models.refresh();
  startWhenTrusted(engine, context);
  log.info('Fanout is ready.');
  return createApi(engine, () => clock.now(), refusal);
}

/** Interrupts what runs and stores what there is of it, within the time that VS Code gives. */
export async function deactivate(): Promise<void> {
  if (running === undefined) return;
  const timeUp = Promise.withResolvers<void>();
  const timer = clock.after(CLOSING_MS, () => timeUp.resolve());
  try {
    await Promise.race([running.close(), timeUp.promise]);
  } finally {
    timer.dispose();
    running.closeStore();
  }
}

function createCore(context: vscode.ExtensionContext): Core {
  const keys = new ApiKeys(context.secrets);
  const channel = vscode.window.createOutputChannel('Fanout', { log: true });
  const log = createLog(channel, () => keys.seen());
  const onError = (message: string, error: unknown) => log.error(message, error);
  setListenerErrorReporter((error) => onError('A listener failed', error));
  const settings = new CurrentSettings(onError);
  const models = createModels(context, settings, keys, clock, onError);
  const storage = (context.storageUri ?? context.globalStorageUri).fsPath;
  const engine = new Engine({
    storeFile: join(storage, 'fanout.sqlite'),
    resultsFolder: join(storage, 'results'),
    worktreesFolder: join(storage, 'worktrees'),
    settings: () => settings.current,
    models,
    host: vscodeWorkspaceHost(),
    clock,
    reportStoreProblem(sentence, error) {
      onError(sentence, error);
      const shown = vscodePrompts.warn(`Fanout: ${sentence}`);
      shown.catch((failure: unknown) => onError('Could not show a warning', failure));
    },
    onError,
    onInfo: (message) => log.info(message),
  });
  const caps = settings.onDidChange(() => engine.pool.refreshSettings());
  context.subscriptions.push(keys, channel, settings, caps);
  return { engine, models, settings, keys, log, onError };
}

function showSurfaces(core: Core, context: vscode.ExtensionContext): void {
  const { engine, models, settings, keys, log, onError } = core;
  const { pool, approvals, sessions, transcripts: stored } = engine;
  const keep = <T extends vscode.Disposable>(disposable: T): T => {
    context.subscriptions.push(disposable);
    return disposable;
  };
  const activity = keep(new Activity({ pool, approvals }));
  const tree = keep(new DelegationTree({ pool, approvals, activity, clock, onError }));
  const bridge = new ChatBridge(chatPorts(engine, models, clock));
  const connect: ChatBridge['connect'] = (view) => bridge.connect(view);
  const panel = keep(new ChatPanel({ extensionUri: context.extensionUri, connect, onError }));
  const chat = chatPort(panel, bridge);
  const transcripts = keep(new Transcripts({ pool, messages: (childId) => stored.load(childId), clock }));
  keep(provideBaseFiles((childId, path) => engine.worktrees.before(childId, path)));
  const commands = commandTable({
    pool,
    approvals,
    worktrees: engine.worktrees,
    sessions: sessionPort(engine, bridge, (text) => maskSecrets(text, keys.seen())),
    chat,
    tree: treePort(tree),
    models: {
      list: () => models.list(),
      current: () => models.nameOf(sessions.last?.record.model ?? ''),
      pick: (name) => models.pick(sessions.front(), name),
    },
    providers: settingsProviders(settings),
    keys,
    prompts: vscodePrompts,
    host: vscodeHost((childId) => transcripts.open(childId)),
    log,
  });
  keep(registerCommands(commands, log));
  keep(createStatusBar(activity));
  keep(
    keepContextKeys({ activity, isOffline: () => models.isOffline, onDidChangeModels: models.onDidChange, onError }),
  );
  const prompts = vscodePrompts;
  const reveal = (id: string) => tree.reveal(id);
  const chatShows = (sessionId: string) => bridge.shows(sessionId);
  const openChat = async (sessionId: string) => {
    bridge.show(sessions.bringToFront(sessionId));
    await chat.open();
  };
  const seen = { pool, chatShows, prompts, openChat, onError };
  keep(notifyOfEnds({ ...seen, reveal }));
  const resumeWork = (id: string) => engine.resumeWork(id);
  keep(notifyOfLeftBehind({ ...seen, resumeWork, isTrusted: () => vscode.workspace.isTrusted, clock }));
  keep(
    promptForApprovals({
      approvals,
      chatShows,
      prompts,
      show: ({ agent }) => (agent.childId === undefined ? panel.open() : reveal(agent.childId)),
      onError,
    }),
  );
}

/** What waited from an earlier run goes on only where agents may work. */
function startWhenTrusted(engine: Engine, context: vscode.ExtensionContext): void {
  if (vscode.workspace.isTrusted) engine.start();
  else context.subscriptions.push(vscode.workspace.onDidGrantWorkspaceTrust(() => engine.start()));
}

/** VS Code's own agent gets a handle; the results come into Fanout's conversation. */
function delegateFor(engine: Engine, refusal: () => string | undefined) {
  return async (input: unknown): Promise<string> => {
    const untrusted = refusal();
    if (untrusted !== undefined) return JSON.stringify({ error: untrusted });
    const to = { sessionId: engine.sessions.own().id, origin: 'api', wait: 'background' } as const;
    const dispatched = await engine.delegateForOthers(input, to, NEVER);
    if (dispatched.kind === 'attached') throw new Error('A delegation in the background waits for nobody.');
    const answer = dispatched.kind === 'refused' ? { error: dispatched.error } : handleOf(dispatched);
    return JSON.stringify(answer);
  };
}

const NEVER = new AbortController().signal;
