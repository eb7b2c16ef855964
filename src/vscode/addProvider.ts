import { ProviderSettings } from '../models/providerSettings';
import type { ProviderKind } from '../models/providerSettings';
import type { CommandPorts } from './commandPorts';
import type { Choice } from './prompts';
import { askFor } from './prompts';

type Ports = Pick<CommandPorts, 'providers' | 'prompts'>;

interface Kind {
  readonly kind: ProviderKind;
  readonly id: string;
  readonly modelPlaceholder: string;
  /** Set where the address has to be asked for: what stands there at first. */
  readonly baseUrl?: string;
}

const KINDS: readonly Choice<Kind>[] = [
  { label: 'Anthropic', value: { kind: 'anthropic', id: 'anthropic', modelPlaceholder: 'claude-sonnet-4-5' } },
  { label: 'OpenAI', value: { kind: 'openai', id: 'openai', modelPlaceholder: 'gpt-5' } },
  { label: 'Google', value: { kind: 'google', id: 'google', modelPlaceholder: 'gemini-2.5-pro' } },
  {
    label: 'Local server',
    detail: 'Ollama, LM Studio, llama.cpp and others on this machine. No key needed.',
    value: {
      kind: 'openai-compatible',
      id: 'local-server',
      modelPlaceholder: 'qwen3-coder',
      baseUrl: 'http://127.0.0.1:11434/v1',
    },
  },
  {
    label: 'OpenAI-compatible endpoint',
    detail: 'Any other provider that speaks this protocol.',
    value: { kind: 'openai-compatible', id: 'my-provider', modelPlaceholder: 'model-name', baseUrl: '' },
  },
];

/** Asks for a provider, step by step, and adds it to the user's settings. Undefined where the user breaks off. */
export async function addProvider({ providers, prompts }: Ports): Promise<ProviderSettings | undefined> {
  const kind = await prompts.choose('Add a provider', KINDS);
  if (kind === undefined) return undefined;
  const baseUrl = kind.baseUrl === undefined ? undefined : await askForUrl(prompts, kind.baseUrl);
  if (kind.baseUrl !== undefined && baseUrl === undefined) return undefined;
  const model = await askFor(prompts, {
    title: 'Add a provider: model',
    prompt: 'The model’s id as the provider names it. More can be added in the settings.',
    placeholder: kind.modelPlaceholder,
  });
  if (model === undefined) return undefined;
  const provider: ProviderSettings = {
    id: freeId(baseUrl === undefined ? kind.id : idFor(baseUrl, kind.id), providers.list()),
    kind: kind.kind,
    ...(baseUrl === undefined ? {} : { baseUrl }),
    models: [{ id: model }],
  };
  await providers.add(provider);
  return provider;
}

function askForUrl(prompts: Ports['prompts'], value: string): Promise<string | undefined> {
  return askFor(prompts, {
    title: 'Add a provider: address',
    prompt: 'The base URL, up to and with the version.',
    placeholder: 'https://api.example.com/v1',
    value,
    validate: (answer) =>
      answer.trim() === '' || isUrl(answer.trim()) ? undefined : 'An address begins with http:// or https://.',
  });
}

function isUrl(text: string): boolean {
  return isValid({ id: 'probe', kind: 'openai-compatible', baseUrl: text, models: [] });
}

/** `acme` for https://api.acme.com/v1; the given one for addresses that name nobody. */
function idFor(baseUrl: string, fallback: string): string {
  const { hostname } = new URL(baseUrl);
  if (/^[\d.]+$|^\[|^localhost$/.test(hostname)) return fallback;
  const name = hostname.split('.').at(-2) ?? fallback;
  // Some names mean something else in a model's name.
  return isValid({ id: name, kind: 'openai-compatible', baseUrl, models: [] }) ? name : fallback;
}

function isValid(provider: ProviderSettings): boolean {
  return ProviderSettings.safeParse(provider).success;
}

function freeId(wanted: string, taken: readonly ProviderSettings[]): string {
  const ids = new Set(taken.map(({ id }) => id));
  let id = wanted;
  for (let n = 2; ids.has(id); n++) id = `${wanted}-${n}`;
  return id;
}
