import { baseUrlOf, hostOf, isLoopback } from '../models/baseUrl';
import type { ProviderSettings } from '../models/providerSettings';
import { addProvider } from './addProvider';
import type { CommandPorts } from './commandPorts';
import { askFor } from './prompts';

type Ports = Pick<CommandPorts, 'providers' | 'keys' | 'models' | 'prompts' | 'host'>;

const ADD = 'add';

/** Asks for the provider, adding one where it is new, and for its key. */
export async function setApiKey(ports: Ports): Promise<void> {
  const configured = ports.providers.list();
  const chosen =
    configured.length === 0
      ? ADD
      : await ports.prompts.choose<ProviderSettings | typeof ADD>('Set API Key: which provider?', [
          ...configured.map((provider) => ({ label: provider.id, description: where(provider), value: provider })),
          { label: '$(add) Add a provider…', value: ADD },
        ]);
  if (chosen === undefined) return;
  const provider = chosen === ADD ? await addProvider(ports) : chosen;
  if (provider === undefined) return;
  const local = isLoopback(baseUrlOf(provider));
  // A server on this machine may want a key all the same, but then its user comes here to say so.
  const keyNeeded = chosen !== ADD || !local;
  if (keyNeeded && !(await askForKey(ports, provider))) return;
  if (chosen === ADD) await offerModel(ports, provider);
}

async function askForKey({ keys, prompts }: Ports, provider: ProviderSettings): Promise<boolean> {
  const key = await askFor(prompts, {
    title: `API key of ${provider.id}`,
    prompt: `Sent to ${where(provider)} only. Kept in VS Code’s secret storage, never in the settings.`,
    password: true,
  });
  if (key === undefined) return false;
  await keys.set(provider.id, key);
  return true;
}

async function offerModel({ models, prompts }: Ports, provider: ProviderSettings): Promise<void> {
  const [model] = provider.models;
  if (model === undefined) return;
  const name = `${provider.id}/${model.id}`;
  const use = `Use ${name}`;
  const chosen = await prompts.inform(`${provider.id} was added to your settings.`, use);
  if (chosen === use) await models.pick(name);
}

export async function removeApiKey({ providers, keys, prompts }: Ports): Promise<void> {
  const all = await Promise.all(providers.list().map(async ({ id }) => ({ id, key: await keys.get(id) })));
  const choices = all.flatMap(({ id, key }) => (key === undefined ? [] : [{ label: id, value: id }]));
  if (choices.length === 0) {
    await prompts.inform('No API key is stored for the providers in your settings.');
    return;
  }
  const id = await prompts.choose('Remove API Key: of which provider?', choices);
  if (id !== undefined) await keys.remove(id);
}

function where(provider: ProviderSettings): string {
  return hostOf(baseUrlOf(provider));
}
