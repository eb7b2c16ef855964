import type { CommandPorts } from './commandPorts';
import { countActive } from './activity';
import { plural } from './figures';

export async function newSession({ sessions, chat }: CommandPorts): Promise<void> {
  await sessions.newSession();
  await chat.open();
}

export async function stop({ sessions, prompts }: CommandPorts): Promise<void> {
  if (!sessions.stopTurn()) await prompts.inform('No turn is running in this session.');
}

/** Lets the turn in front go on without what it waits for. */
export async function moveTurnToBackground({ sessions, prompts }: CommandPorts): Promise<void> {
  if (sessions.moveToBackground() === 0) await prompts.inform('The turn of this session waits for no delegation.');
}

/** Interrupts every turn and every delegation of every session. */
export async function stopAll({ sessions, pool, prompts }: CommandPorts): Promise<void> {
  // Asked first: the end of a delegation starts a turn, which was not running.
  const turns = sessions.runningTurns();
  // Delegations first: those that run inline end with the turn, and would not be counted.
  const count = pool.cancelAll();
  sessions.halt();
  const what = [...(turns > 0 ? [plural(turns, 'turn')] : []), ...(count > 0 ? [plural(count, 'delegation')] : [])];
  await prompts.inform(what.length === 0 ? 'Nothing is running.' : `Stopped ${what.join(' and ')}.`);
}

export async function pause({ pool, prompts }: CommandPorts): Promise<void> {
  pool.pause();
  const { running } = countActive(pool.list());
  const goesOn = running === 0 ? '' : ` ${plural(running, 'delegation')} still running.`;
  await prompts.inform(`Paused: nothing new starts until you resume.${goesOn}`);
}

export function resume({ pool }: CommandPorts): void {
  pool.resume();
}

export async function clearFinished({ pool, prompts }: CommandPorts): Promise<void> {
  if (pool.clearFinished() === 0) await prompts.inform('There is nothing finished to clear.');
}

export async function selectModel({ models, prompts }: CommandPorts): Promise<void> {
  const current = models.current();
  const choices = (await models.list()).map(({ name, label, detail }) => ({
    label: name === current ? `$(check) ${label}` : label,
    description: name,
    detail,
    value: name,
  }));
  const name = await prompts.choose('Select Model', choices);
  if (name !== undefined) await models.pick(name);
}
