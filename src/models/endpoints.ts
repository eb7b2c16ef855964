import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { ModelError, type AgentModel } from '../agent/model';
import { baseUrlOf, hostOf, isLoopback } from './baseUrl';
import { loopbackFetch } from './loopbackFetch';
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
}

/**
 * A model of a configured provider. `modelId` need not be listed in its settings. The vendor's package is loaded on
 * first use. Rejects with a {@link ModelError} where a key is needed and missing.
 */
export async function createEndpointModel(
  provider: ProviderSettings,
  modelId: string,
  { apiKey, gate }: EndpointAccess,
): Promise<AgentModel> {
  const baseUrl = baseUrlOf(provider);
  const local = isLoopback(baseUrl);
  if (apiKey === undefined && !local) throw new ModelError('auth', noKey(provider.id));
  const name = `${provider.id}/${modelId}`;
  const settings: ModelSettings = provider.models.find(({ id }) => id === modelId) ?? { id: modelId };
  const secrets = apiKey === undefined ? [] : [apiKey];
  return {
    name,
    languageModel: await loadModel(provider, modelId, {
      baseURL: baseUrl,
      apiKey: apiKey ?? NO_KEY,
      ...(local ? { fetch: loopbackFetch } : {}),
    }),
    ...limitsOf(settings, provider.kind, local),
    ...(settings.price === undefined ? {} : { price: priceOf(settings.price) }),
    ...(provider.kind === 'anthropic' ? { cacheControl: 'anthropic' as const } : {}),
    runRequest: gate.runnerFor({ model: name, host: hostOf(baseUrl), secrets }),
  };
}

export function noKey(providerId: string): string {
  return `${providerId} has no API key. Set it with “Fanout: Set API Key…”.`;
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

interface Connection {
  readonly baseURL: string;
  readonly apiKey: string;
  readonly fetch?: typeof fetch;
}

/** Each package is some 100 KB: only the one that is used is loaded. */
async function loadModel(
  { kind, id }: ProviderSettings,
  modelId: string,
  connection: Connection,
): Promise<LanguageModelV4> {
  switch (kind) {
    case 'openai-compatible': {
      const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
      return createOpenAICompatible({ name: id, includeUsage: true, ...connection })(modelId);
    }
    case 'openai': {
      const { createOpenAI } = await import('@ai-sdk/openai');
      return withoutStorage(createOpenAI(connection)(modelId));
    }
    case 'anthropic': {
      const { createAnthropic } = await import('@ai-sdk/anthropic');
      return createAnthropic(connection)(modelId);
    }
    case 'google': {
      const { createGoogle } = await import('@ai-sdk/google');
      return createGoogle(connection)(modelId);
    }
  }
}

/** OpenAI keeps no copy of the conversation: reasoning comes back encrypted, and later requests stand on their own. */
function withoutStorage(model: LanguageModelV4): LanguageModelV4 {
  const amend = (options: LanguageModelV4CallOptions): LanguageModelV4CallOptions => ({
    ...options,
    providerOptions: { ...options.providerOptions, openai: { store: false, ...options.providerOptions?.['openai'] } },
  });
  return {
    specificationVersion: 'v4',
    provider: model.provider,
    modelId: model.modelId,
    supportedUrls: model.supportedUrls,
    doGenerate: (options) => model.doGenerate(amend(options)),
    doStream: (options) => model.doStream(amend(options)),
  };
}
