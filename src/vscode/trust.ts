import type { CommandPorts } from './commandPorts';

/** Whether agents may work here; where not, the user is told what was not done (`Nothing was delegated`) and how to change that. */
export async function isTrustedOrTold(
  { host, prompts }: Pick<CommandPorts, 'host' | 'prompts'>,
  what: string,
): Promise<boolean> {
  if (host.isTrusted()) return true;
  const manage = 'Manage Workspace Trust';
  const why = 'this workspace is not trusted, and agents read and change files and run commands in it.';
  const chosen = await prompts.warn(`${what}: ${why}`, manage);
  if (chosen === manage) await host.manageTrust();
  return false;
}
