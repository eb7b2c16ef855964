import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { ModelError, type AgentModel } from '../agent/model';
import { baseUrlOf, hostOf, isLoopback } from './baseUrl';
import { Peculiarities } from './peculiarities';
import type { ModelSettings, ProviderKind, ProviderSettings } from './providerSettings';
import type { RequestGate } from './requestGate';

/** In tokens, where the settings name none. Too small costs a compaction, too large a refused request. */
const DEFAULTS: Record<ProviderKind, { readonly contextWindow: number; readonly maxOutputTokens: number }> = {
  'openai-compatible': { contextWindow: 128_000, maxOutputTokens: 8_192 },
  openai: { contextWindow: 128_000, maxOutputTokens: 16_384 },
  anthropic: { contextWindow: 200_000, maxOutputTokens: 32_000 },
  google: { contextWindow: 1_000_000, maxOutputTokens: 32_768 },
};
/** Local servers are started with small contexts, and cut what is longer without a word. */
const LOCAL_CONTEXT_WINDOW = 32_768;
/** The vendors' packages insist on a key, and would look for one in the environment. */
const NO_KEY = 'no-key-needed';

export interface EndpointAccess {
  /** Needed unless the provider is on loopback. */
  readonly apiKey: string | undefined;
  /** The provider's one gate. */
  readonly gate: RequestGate;
  /** What is known of this model at this provider; by itself only what the table knows. */
  readonly peculiarities?: Peculiarities;
}

/**
 * A model of a configured provider. `modelId` need not be listed in its settings. The vendor's package is loaded on
 * first use. Rejects with a {@link ModelError} where a key is needed and missing.
 */
export async function createEndpointModel(
  provider: ProviderSettings,
  modelId: string,
  { apiKey, gate, peculiarities = peculiaritiesOf(provider, modelId) }: EndpointAccess,
): Promise<AgentModel> {
  const baseUrl = baseUrlOf(provider);
  const local = isLoopback(baseUrl);
  if (apiKey === undefined && !local) throw new ModelError('auth', noKey(provider.id));
  const name = `${provider.id}/${modelId}`;
  const settings: ModelSettings = provider.models.find(({ id }) => id === modelId) ?? { id: modelId };
  return {
    name,
    languageModel: await loadModel(provider, settings, baseUrl, { apiKey, peculiarities }),
    ...limitsOf(settings, provider.kind, local),
    ...(settings.price === undefined ? {} : { price: priceOf(settings.price) }),
    ...(provider.kind === 'anthropic' ? { cacheControl: 'anthropic' as const } : {}),
    runRequest: gate.runnerFor({ model: name, host: hostOf(baseUrl), secrets: secretsOf(provider, apiKey) }),
  };
}

export function noKey(providerId: string): string {
  return `${providerId} has no API key. Set it with “Fanout: Set API Key…”.`;
}

export function peculiaritiesOf(provider: ProviderSettings, modelId: string): Peculiarities {
  return new Peculiarities({ kind: provider.kind, host: hostOf(baseUrlOf(provider)), modelId });
}

function limitsOf(settings: ModelSettings, kind: ProviderKind, local: boolean) {
  const defaults = DEFAULTS[kind];
  const contextWindow = settings.contextWindow ?? (local ? LOCAL_CONTEXT_WINDOW : defaults.contextWindow);
  // At least half of the window stays for the prompt.
  const maxOutputTokens = settings.maxOutputTokens ?? Math.min(defaults.maxOutputTokens, Math.floor(contextWindow / 2));
  return { contextWindow, maxOutputTokens };
}

function priceOf({ input, output, cachedInput }: NonNullable<ModelSettings['price']>) {
  return { input, output, ...(cachedInput === undefined ? {} : { cachedInput }) };
}

/** Keys, values of headers, and what the URL carries: what may come back in an answer's words and shall not be shown. */
function secretsOf({ headers = {}, baseUrl }: ProviderSettings, apiKey: string | undefined): string[] {
  const url = baseUrl === undefined ? undefined : new URL(baseUrl);
  const inUrl = url === undefined ? [] : [url.password, url.username, ...url.searchParams.values()];
  // Of `Basic abc` a server may quote the second word only, and of what was encoded either form.
  const values = [...Object.values(headers).flatMap((value) => [value, ...value.split(/[\s=;,]+/)]), ...inUrl];
  const forms = values.flatMap((value) => [value, encodeURIComponent(value)]);
  // Short ones are switches and names of regions.
  const secrets = forms.filter((value) => value.length >= MIN_SECRET);
  // The whole before its parts.
  return [...(apiKey === undefined ? [] : [apiKey]), ...secrets].sort((a, b) => b.length - a.length);
}

const MIN_SECRET = 8;

/** Each package is some 100 KB: only the one that is used is loaded. */
async function loadModel(
  { kind, id, headers = {}, extraBody }: ProviderSettings,
  settings: ModelSettings,
  baseUrl: string,
  { apiKey, peculiarities }: Required<Pick<EndpointAccess, 'peculiarities'>> & Pick<EndpointAccess, 'apiKey'>,
): Promise<LanguageModelV4> {
  const extra = { ...extraBody, ...settings.extraBody };
  if (kind === 'openai-compatible') {
    const { createChatModel } = await import('./chat/chatModel');
    const authorization = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
    const effort = settings.reasoningEffort === undefined ? {} : { reasoning_effort: settings.reasoningEffort };
    return createChatModel(settings.id, {
      providerId: id,
      baseUrl,
      headers: { ...authorization, ...lowerCased(headers) },
      extraBody: { ...effort, ...extra },
      peculiarities,
    });
  }
  const { createSdkFetch } = await import('./sdkFetch');
  const fetch = createSdkFetch({ kind, extraBody: extra, peculiarities });
  const connection = { baseURL: baseUrl, apiKey: apiKey ?? NO_KEY, headers, fetch };
  switch (kind) {
    case 'openai': {
      const { createOpenAI } = await import('@ai-sdk/openai');
      return amended(createOpenAI(connection)(settings.id), settings, openaiOptions(settings));
    }
    case 'anthropic': {
      const { createAnthropic } = await import('@ai-sdk/anthropic');
      return amended(createAnthropic(connection)(settings.id), settings);
    }
    case 'google': {
      const { createGoogle } = await import('@ai-sdk/google');
      return amended(createGoogle(connection)(settings.id), settings);
    }
  }
}

/** Header names have no case: ours give way to the user's. */
function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

type ProviderOptions = NonNullable<LanguageModelV4CallOptions['providerOptions']>;

/**
 * OpenAI keeps no copy of the conversation: reasoning comes back encrypted, and later requests stand on their own. A model
 * with an effort of reasoning reasons, whatever its name.
 */
function openaiOptions({ reasoningEffort }: ModelSettings): ProviderOptions {
  return { openai: { store: false, ...(reasoningEffort === undefined ? {} : { forceReasoning: true }) } };
}

/** With what the settings add to each request. */
function amended(
  model: LanguageModelV4,
  { reasoningEffort }: ModelSettings,
  providerOptions: ProviderOptions = {},
): LanguageModelV4 {
  const amend = (options: LanguageModelV4CallOptions): LanguageModelV4CallOptions => {
    const merged: ProviderOptions = { ...options.providerOptions };
    for (const [name, values] of Object.entries(providerOptions)) merged[name] = { ...values, ...merged[name] };
    return {
      ...options,
      ...(reasoningEffort === undefined ? {} : { reasoning: reasoningEffort }),
      providerOptions: merged,
    };
  };
  return {
    specificationVersion: 'v4',
    provider: model.provider,
    modelId: model.modelId,
    supportedUrls: model.supportedUrls,
    doGenerate: (options) => model.doGenerate(amend(options)),
    doStream: (options) => model.doStream(amend(options)),
  };
}
