import * as vscode from 'vscode';
import type { CommandHandler } from './commandTable';
import type { CommandName } from './contributions';
import { COMMANDS, ROW_COMMANDS } from './contributions';
import type { Log } from './log';

/** Registers every command. One that fails says so, and the log holds the rest. */
export function registerCommands(table: Readonly<Record<CommandName, CommandHandler>>, log: Log): vscode.Disposable {
  const ids: Readonly<Record<CommandName, string>> = { ...COMMANDS, ...ROW_COMMANDS };
  const names = Object.keys(ids) as CommandName[];
  const registrations = names.map((name) =>
    vscode.commands.registerCommand(ids[name], (argument: unknown) => run(name, table[name], argument, log)),
  );
  return vscode.Disposable.from(...registrations);
}

/** Not awaited to the end by who ran the command from a menu, so that its failure is told here. */
async function run(name: CommandName, handler: CommandHandler, argument: unknown, log: Log): Promise<void> {
  try {
    await handler(argument);
  } catch (error) {
    log.error(`The command ${name} failed`, error);
    const message = error instanceof Error ? error.message : String(error);
    const chosen = await vscode.window.showErrorMessage(`Fanout: ${message}`, 'Open Log');
    if (chosen !== undefined) log.show();
  }
}
