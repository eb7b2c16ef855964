import { join } from 'node:path';
import * as vscode from 'vscode';
import { Engine } from './engine';
import { ModelChooser } from './models/choose';
import { RequestGate } from './models/requestGate';
import { handleOf } from './tools/delegateTask';
import { systemClock } from './util/clock';
import { setListenerErrorReporter } from './util/emitter';
import { Activity } from './vscode/activity';
import type { FanoutApi } from './vscode/api';
import { createApi } from './vscode/api';
import { promptForApprovals } from './vscode/approvalPrompts';
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
import { LanguageModels } from './vscode/languageModels';
import { createLog } from './vscode/log';
import { lastPicked, ModelSelection } from './vscode/modelSelection';
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

let engine: Engine | undefined;

/** Makes every object and hands it to the next. Nothing but this and the engine wires anything. */
export function activate(context: vscode.ExtensionContext): FanoutApi {
  const clock = systemClock;
  const keep = <T extends vscode.Disposable>(disposable: T): T => {
    context.subscriptions.push(disposable);
    return disposable;
  };

  const keys = keep(new ApiKeys(context.secrets));
  const log = createLog(keep(vscode.window.createOutputChannel('Fanout', { log: true })), () => keys.seen());
  const onError = (message: string, error: unknown) => log.error(message, error);
  setListenerErrorReporter((error) => onError('A listener failed', error));
  const settings = keep(new CurrentSettings(onError));

  const models = createModels(context, settings, keys, onError);
  keep(settings.onDidChange(() => models.refresh()));
  keep(keys.onDidChange(() => models.refresh()));
  keep(vscode.lm.onDidChangeChatModels(() => models.refresh()));

  const storage = (context.storageUri ?? context.globalStorageUri).fsPath;
  engine = new Engine({
    storeFile: join(storage, 'fanout.sqlite'),
    resultsFolder: join(storage, 'results'),
    settings: () => settings.current,
    models,
    host: vscodeWorkspaceHost(),
    clock,
    reportStoreProblem(sentence, error) {
      onError(sentence, error);
      vscodePrompts
        .warn(`Fanout: ${sentence}`)
        .catch((failure: unknown) => onError('Could not show a warning', failure));
    },
    onError,
  });
  const { pool, approvals, sessions, transcripts: stored } = engine;
  keep(settings.onDidChange(() => pool.refreshSettings()));

  const activity = keep(new Activity({ pool, approvals }));
  const tree = keep(new DelegationTree({ pool, approvals, activity, clock, onError }));
  keep(createStatusBar(activity));
  keep(
    keepContextKeys({ activity, isOffline: () => models.isOffline, onDidChangeModels: models.onDidChange, onError }),
  );

  const bridge = new ChatBridge(chatPorts(engine, models, clock));
  const panel = keep(
    new ChatPanel({ extensionUri: context.extensionUri, connect: (view) => bridge.connect(view), onError }),
  );
  const messages = (childId: string) => stored.load(childId);
  const transcripts = keep(new Transcripts({ pool, messages, clock }));

  const chat = chatPort(panel, bridge);
  const commands = commandTable({
    pool,
    approvals,
    sessions: sessionPort(engine, bridge),
    chat,
    tree: treePort(tree),
    models: {
      list: () => models.list(),
      current: () => models.nameOf(sessions.front().record.model),
      pick: (name) => models.pick(sessions.front(), name),
    },
    providers: settingsProviders(settings),
    keys,
    prompts: vscodePrompts,
    host: vscodeHost((childId) => transcripts.open(childId)),
    log,
  });
  keep(registerCommands(commands, log));

  const reveal = (id: string) => tree.reveal(id);
  const openChat = () => chat.open();
  keep(notifyOfEnds({ pool, chatVisible: () => panel.visible, prompts: vscodePrompts, openChat, reveal, onError }));
  keep(
    promptForApprovals({
      approvals,
      chatShows: (sessionId) => bridge.shows(sessionId),
      prompts: vscodePrompts,
      show: ({ agent }) => (agent.childId === undefined ? panel.open() : tree.reveal(agent.childId)),
      onError,
    }),
  );

  const refusal = () => (vscode.workspace.isTrusted ? undefined : UNTRUSTED);
  keep(registerDelegateTool(delegateFor(engine, refusal)));
  models.refresh();
  startWhenTrusted(engine, keep);
  log.info('Fanout is ready.');
  return createApi(engine, () => clock.now(), refusal);
}

/** Interrupts what runs and stores what there is of it, within the time that VS Code gives. */
export async function deactivate(): Promise<void> {
  if (engine === undefined) return;
  const timeUp = Promise.withResolvers<void>();
  const timer = systemClock.after(CLOSING_MS, () => timeUp.resolve());
  await Promise.race([engine.close(), timeUp.promise]);
  timer.dispose();
  engine.closeStore();
}

function createModels(
  context: vscode.ExtensionContext,
  settings: CurrentSettings,
  keys: ApiKeys,
  onError: (message: string, error: unknown) => void,
): ModelSelection {
  const gates = new Map<string, RequestGate>();
  const offered = new LanguageModels({
    access: context.languageModelAccessInformation,
    gateOf(vendor) {
      const gate = gates.get(vendor) ?? new RequestGate({ provider: vendor, cap: 10 });
      gate.cap = settings.current.maxConcurrentRequests ?? 10;
      gates.set(vendor, gate);
      return gate;
    },
    now: () => systemClock.now(),
  });
  const memory = context.globalState;
  const chooser = new ModelChooser({
    settings: () => settings.current,
    keyOf: (providerId) => keys.get(providerId),
    vscode: {
      list: () => offered.list(),
      allowed: async () => (await offered.list()).flatMap(({ name, allowed }) => (allowed ? [name] : [])),
      get: (name) => offered.get(name),
    },
    lastPicked: () => lastPicked(memory),
  });
  return new ModelSelection({ chooser, setting: () => settings.current.model, memory, onError });
}

/** What waited from an earlier run goes on only where agents may work. */
function startWhenTrusted(started: Engine, keep: (disposable: vscode.Disposable) => void): void {
  if (vscode.workspace.isTrusted) started.start();
  else keep(vscode.workspace.onDidGrantWorkspaceTrust(() => started.start()));
}

/** VS Code's own agent gets a handle; the results come into Fanout's conversation. */
function delegateFor(target: Engine, refusal: () => string | undefined) {
  return (input: unknown): Promise<string> => {
    const untrusted = refusal();
    if (untrusted !== undefined) return Promise.resolve(JSON.stringify({ error: untrusted }));
    const sessionId = target.sessions.front().id;
    const dispatched = target.delegate(input, { sessionId, origin: 'api', wait: 'background' }, NEVER);
    const answer = dispatched.kind === 'refused' ? { error: dispatched.error } : handleOf(dispatched.delegation);
    return Promise.resolve(JSON.stringify(answer));
  };
}

const NEVER = new AbortController().signal;
