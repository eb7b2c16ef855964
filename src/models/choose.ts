import { ModelError, type AgentModel } from '../agent/model';
import { baseUrlOf, hostOf, isLoopback } from './baseUrl';
import { createEndpointModel, noKey, peculiaritiesOf } from './endpoints';
import { cautionOf, shortCautions } from './localModels';
import type { LocalModel } from './localProbes';
import type { LocalServer, LocalServers } from './localServers';
import { OFFLINE, offlineModel } from './offline';
import type { Peculiarities } from './peculiarities';
import type { ProviderSettings } from './providerSettings';
import { RequestGate } from './requestGate';

/** One line of a model picker. */
export interface ModelOption {
  /** As in the settings. */
  readonly name: string;
  readonly label: string;
  readonly detail: string;
}

/** The models that VS Code offers, named `vscode/<vendor>/<id>`. */
export interface VsCodeModels {
  /** Those that the user has allowed, or may allow by picking one. */
  list(): Promise<readonly ModelOption[]>;
  /** Those that need no further consent; the first is what `auto` takes. */
  allowed(): Promise<readonly string[]>;
  get(name: string): Promise<AgentModel | undefined>;
}

/** The settings that decide on models, as they are now. */
export interface ModelChoiceSettings {
  /** `auto` or a model's name. */
  readonly model: string;
  readonly providers: readonly ProviderSettings[];
  /** Undefined where the user set none: then 10 for each provider, 1 for a local server. */
  readonly maxConcurrentRequests: number | undefined;
}

export interface ModelPorts {
  readonly settings: () => ModelChoiceSettings;
  readonly keyOf: (providerId: string) => Promise<string | undefined>;
  readonly vscode: VsCodeModels;
  /** The name of the model that the user picked last. */
  readonly lastPicked: () => string | undefined;
  /** The servers that answer on this machine. */
  readonly localServers: Pick<LocalServers, 'find' | 'soon' | 'known'>;
}

const AUTO = 'auto';
const DEFAULT_CAP = 10;
const LOCAL_CAP = 1;

/** From a model's name to a model (SPEC 8). Keeps one gate per provider, for as long as it lives itself. */
export class ModelChooser {
  readonly #ports: ModelPorts;
  readonly #gates = new Map<string, RequestGate>();
  /** What was found when it was asked for last: providers by whether they have a key. */
  readonly #hasKey = new Map<string, boolean>();
  /** By the model's name and its provider's address: what was learned of it. */
  readonly #peculiarities = new Map<string, Peculiarities>();

  constructor(ports: ModelPorts) {
    this.#ports = ports;
  }

  /** Empty or `auto`: by the settings. Rejects with a {@link ModelError} where there is no such model. */
  async resolve(name: string): Promise<AgentModel> {
    const wanted = isAuto(name) ? this.#ports.settings().model : name;
    if (isAuto(wanted)) return this.#automatic();
    const model = await this.#named(wanted);
    if (model !== undefined) return model;
    const known = (await this.list()).map((option) => option.name);
    throw new ModelError('no-model', noSuchModel(wanted, known));
  }

  /** The names that a delegation may ask for: what the settings name, what a local server was found to have, `offline`. */
  names(): readonly string[] {
    const { providers } = this.#ports.settings();
    return [...[...providers, ...unconfigured(this.#ports.localServers.known, providers)].flatMap(namesOf), OFFLINE];
  }

  /** Finds out anew which providers have a key and which local servers answer, for {@link problemOf} and {@link names}. */
  async lookAround(): Promise<void> {
    const { providers } = this.#ports.settings();
    await Promise.all([this.#ports.localServers.find(), ...providers.map(({ id }) => this.#keyOf(id))]);
  }

  /**
   * Why a model of this name cannot answer: there is none, or its provider's key is missing. Waits for nothing and goes
   * by what was found last, so it may pass what fails later. What VS Code offers is taken by its name.
   */
  problemOf(name: string): string | undefined {
    const { model, providers } = this.#ports.settings();
    const wanted = isAuto(name) ? model : name;
    if (isAuto(wanted) || wanted === OFFLINE || wanted.startsWith('vscode/')) return undefined;
    const slash = wanted.indexOf('/');
    const provider = providers.find(({ id }) => id === wanted.slice(0, slash));
    // A provider whose models the settings do not list has any, and what they choose themselves is as good as listed.
    const isMeant = provider?.models.length === 0 || (provider !== undefined && wanted === model);
    if (!isMeant && !this.names().includes(wanted)) return noSuchModel(wanted, this.names());
    if (provider === undefined || isLoopback(baseUrlOf(provider)) || this.#hasKey.get(provider.id) !== false)
      return undefined;
    return noKey(provider.id);
  }

  /** Everything that can be picked. */
  async list(): Promise<readonly ModelOption[]> {
    const { providers } = this.#ports.settings();
    const [configured, vscode, local] = await Promise.all([
      Promise.all(providers.map((provider) => this.#optionsOf(provider))),
      this.#ports.vscode.list(),
      this.#ports.localServers.soon(),
    ]);
    const found = unconfigured(local, providers).flatMap(({ id, label, baseUrl, models }) =>
      models.map((model) => ({
        name: `${id}/${model.id}`,
        label: model.id,
        detail: [`${label} at ${hostOf(baseUrl)}`, ...shortCautions(model)].join(', '),
      })),
    );
    const offline = { name: OFFLINE, label: 'Offline', detail: 'built in, no AI: tries Fanout out without a key' };
    return [...configured.flat(), ...vscode, ...found, offline];
  }

  async #optionsOf(provider: ProviderSettings): Promise<ModelOption[]> {
    const baseUrl = baseUrlOf(provider);
    const ready = isLoopback(baseUrl) || (await this.#keyOf(provider.id)) !== undefined;
    const detail = `${provider.id}, ${hostOf(baseUrl)}${ready ? '' : ': needs an API key'}`;
    return provider.models.map(({ id }) => ({ name: `${provider.id}/${id}`, label: id, detail }));
  }

  /** Undefined where nothing of this name is known. */
  async #named(name: string): Promise<AgentModel | undefined> {
    if (name === OFFLINE) return offlineModel();
    if (name.startsWith('vscode/')) return this.#ports.vscode.get(name);
    const slash = name.indexOf('/');
    const [providerId, modelId] = [name.slice(0, slash), name.slice(slash + 1)];
    if (slash <= 0 || modelId === '') return undefined;
    const { providers } = this.#ports.settings();
    const configured = providers.find(({ id }) => id === providerId);
    if (configured !== undefined) return this.#endpoint(configured, modelId);
    const server = (await this.#ports.localServers.find(providerId)).find(({ id }) => id === providerId);
    const isThere = server?.models.some(({ id }) => id === modelId) ?? false;
    return server !== undefined && isThere ? this.#endpoint(asProvider(server), modelId) : undefined;
  }

  /** The first that is there, in the order of SPEC 8. */
  async #automatic(): Promise<AgentModel> {
    const { lastPicked, settings, vscode } = this.#ports;
    const picked = lastPicked();
    const last = picked === undefined || picked === AUTO ? undefined : await this.#ifUsable(picked);
    if (last !== undefined) return last;
    for (const provider of settings().providers) {
      const [first] = provider.models;
      if (first === undefined) continue;
      const ready = isLoopback(baseUrlOf(provider)) || (await this.#keyOf(provider.id)) !== undefined;
      if (ready) return this.#endpoint(provider, first.id);
    }
    for (const name of await vscode.allowed()) {
      const model = await vscode.get(name);
      if (model !== undefined) return model;
    }
    const [server] = unconfigured(await this.#ports.localServers.find(), settings().providers);
    const [model] = server?.models ?? [];
    if (server !== undefined && model !== undefined) return this.#endpoint(asProvider(server), model.id);
    return offlineModel();
  }

  /** What was picked once may be gone, or have lost its key: then `auto` goes on. */
  async #ifUsable(name: string): Promise<AgentModel | undefined> {
    try {
      return await this.#named(name);
    } catch (error) {
      if (error instanceof ModelError) return undefined;
      throw error;
    }
  }

  async #endpoint(provider: ProviderSettings, modelId: string): Promise<AgentModel> {
    const apiKey = await this.#keyOf(provider.id);
    const peculiarities = this.#peculiaritiesOf(provider, modelId);
    const local = this.#localModel(provider, modelId);
    const informed = local === undefined ? provider : withFound(provider, local);
    const model = await createEndpointModel(informed, modelId, { apiKey, gate: this.#gateOf(provider), peculiarities });
    const caution = local === undefined ? undefined : cautionOf(model, local);
    return caution === undefined ? model : { ...model, caution };
  }

  /** What the server on this machine says of its model, also where the settings name it. */
  #localModel(provider: ProviderSettings, modelId: string): LocalModel | undefined {
    if (!isLoopback(baseUrlOf(provider))) return undefined;
    const server = this.#ports.localServers.known.find(({ baseUrl }) => baseUrl === loopbackUrl(provider));
    return server?.models.find(({ id }) => id === modelId);
  }

  #peculiaritiesOf(provider: ProviderSettings, modelId: string): Peculiarities {
    const key = JSON.stringify([provider.kind, baseUrlOf(provider), modelId]);
    const known = this.#peculiarities.get(key) ?? peculiaritiesOf(provider, modelId);
    this.#peculiarities.set(key, known);
    return known;
  }

  async #keyOf(providerId: string): Promise<string | undefined> {
    const key = await this.#ports.keyOf(providerId);
    this.#hasKey.set(providerId, key !== undefined);
    return key;
  }

  /** The cap follows the settings whenever a model is asked for. */
  #gateOf(provider: ProviderSettings): RequestGate {
    const standard = isLoopback(baseUrlOf(provider)) ? LOCAL_CAP : DEFAULT_CAP;
    const cap = this.#ports.settings().maxConcurrentRequests ?? standard;
    const gate = this.#gates.get(provider.id) ?? new RequestGate({ provider: provider.id, cap });
    if (gate.cap !== cap) gate.cap = cap;
    this.#gates.set(provider.id, gate);
    return gate;
  }
}

function isAuto(name: string): boolean {
  return name === '' || name === AUTO;
}

function noSuchModel(name: string, known: readonly string[]): string {
  return `There is no model ${name}. There are: ${known.join(', ')}. Choose one with “Fanout: Select Model…”.`;
}

function namesOf({ id, models }: ProviderSettings | LocalServer): string[] {
  return models.map((model) => `${id}/${model.id}`);
}

/** Those that the settings do not name already, under the same id or with the same address. */
function unconfigured(servers: readonly LocalServer[], providers: readonly ProviderSettings[]): LocalServer[] {
  const ids = new Set(providers.map(({ id }) => id));
  const urls = new Set(providers.map(loopbackUrl));
  return servers.filter(({ id, baseUrl }) => !ids.has(id) && !urls.has(baseUrl));
}

function loopbackUrl(provider: ProviderSettings): string {
  return baseUrlOf(provider).replace('//localhost', '//127.0.0.1');
}

function asProvider({ id, baseUrl, models }: LocalServer): ProviderSettings {
  return { id, kind: 'openai-compatible', baseUrl, models: models.map((model) => ({ id: model.id })) };
}

/** With the window that the server has, where the settings name none. */
function withFound(provider: ProviderSettings, { id, contextWindow }: LocalModel): ProviderSettings {
  if (contextWindow === undefined) return provider;
  const settings = provider.models.find((model) => model.id === id) ?? { id };
  return { ...provider, models: [{ contextWindow, ...settings }] };
}
