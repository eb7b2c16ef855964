import type { CommandPorts } from './commandPorts';
import type { RowTarget } from './rowTarget';
import { targetOf } from './rowTarget';
import { isTrustedOrTold } from './trust';

/** A command on one row; the target was found. */
export type RowCommand = (target: RowTarget, ports: CommandPorts) => void | Promise<void>;

/** Runs `command` on what `argument` means, unless that is gone. */
export async function onRow(ports: CommandPorts, argument: unknown, command: RowCommand): Promise<void> {
  const target = await targetOf(ports, argument);
  if (target !== undefined) await command(target, ports);
}

/** The same for a command that changes something: what another window runs is changed there. */
export async function onOwnRow(ports: CommandPorts, argument: unknown, command: RowCommand): Promise<void> {
  await onRow(ports, argument, async (target) => {
    if (!ports.pool.isElsewhere(target.delegation.id)) return command(target, ports);
    await ports.prompts.inform(`“${target.name}” runs in another window. Go there to change it.`);
  });
}

/** The same for a command that lets agents work. */
export async function onTrustedRow(ports: CommandPorts, argument: unknown, command: RowCommand): Promise<void> {
  if (await isTrustedOrTold(ports, 'Nothing was started')) await onOwnRow(ports, argument, command);
}
