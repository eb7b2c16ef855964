import type * as vscode from 'vscode';
import { ModelChooser } from '../models/choose';
import { LocalServers } from '../models/localServers';
import { RequestGate } from '../models/requestGate';
import type { Clock } from '../util/clock';
import type { CurrentSettings } from './currentSettings';
import { LanguageModels } from './languageModels';
import { lastPicked, ModelSelection } from './modelSelection';
import type { ApiKeys } from './secrets';

/** Requests at once to the models of one vendor of VS Code's, where the user set no other number. */
const CAP = 10;

/** Where models come from: the settings, the keys, VS Code. Follows what changes of these. */
export function createModels(
  context: vscode.ExtensionContext,
  settings: CurrentSettings,
  keys: ApiKeys,
  clock: Clock,
  onError: (message: string, error: unknown) => void,
): ModelSelection {
  const offered = offeredModels(context, settings, clock);
  const memory = context.globalState;
  const localServers = new LocalServers({ clock });
  const chooser = new ModelChooser({
    settings: () => settings.current,
    keyOf: (providerId) => keys.get(providerId),
    vscode: {
      list: () => offered.list(),
      allowed: async () => (await offered.list()).flatMap(({ name, allowed }) => (allowed ? [name] : [])),
      get: (name) => offered.get(name),
    },
    lastPicked: () => lastPicked(memory),
    localServers,
  });
  const models = new ModelSelection({ chooser, setting: () => settings.current.model, memory, onError });
  const refresh = () => models.refresh();
  context.subscriptions.push(settings.onDidChange(refresh), keys.onDidChange(refresh), offered.onDidChange(refresh));
  context.subscriptions.push(localServers.onDidChange(refresh));
  return models;
}

function offeredModels(context: vscode.ExtensionContext, settings: CurrentSettings, clock: Clock): LanguageModels {
  const gates = new Map<string, RequestGate>();
  return new LanguageModels({
    access: context.languageModelAccessInformation,
    gateOf(vendor) {
      const gate = gates.get(vendor) ?? new RequestGate({ provider: vendor, cap: CAP });
      gate.cap = settings.current.maxConcurrentRequests ?? CAP;
      gates.set(vendor, gate);
      return gate;
    },
    now: () => clock.now(),
  });
}
