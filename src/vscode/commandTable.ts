import type { CommandPorts } from './commandPorts';
import type { CommandName } from './contributions';
import { attachSelection, delegateSelection, delegateTask, delegateTasks } from './delegateCommands';
import { exportSession } from './exportCommand';
import { clearFinished, newSession, pause, resume, selectModel, stop, stopAll } from './generalCommands';
import { removeApiKey, setApiKey } from './keyCommands';
import * as row from './rowCommands';
import { searchSessions } from './searchCommand';

/** What a command does; `argument` is what VS Code or the caller gave it. */
export type CommandHandler = (argument: unknown) => void | Promise<void>;

/** Every command of Fanout's, in one table. */
export function commandTable(ports: CommandPorts): Readonly<Record<CommandName, CommandHandler>> {
  const { chat, tree, host, log } = ports;
  return {
    delegateTask: () => delegateTask(ports),
    delegateTasks: () => delegateTasks(ports),
    delegateSelection: () => delegateSelection(ports),
    attachSelection: () => attachSelection(ports),
    openChat: () => chat.open(),
    openChatInEditor: () => chat.openInEditor(),
    newSession: () => newSession(ports),
    searchSessions: () => searchSessions(ports),
    exportSession: () => exportSession(ports),
    showAgents: () => tree.focus(),
    stop: () => stop(ports),
    stopAll: () => stopAll(ports),
    pause: () => pause(ports),
    resume: () => resume(ports),
    selectModel: () => selectModel(ports),
    setApiKey: () => setApiKey(ports),
    removeApiKey: () => removeApiKey(ports),
    clearFinished: () => clearFinished(ports),
    openSettings: () => host.openSettings(),
    openLog: () => log.show(),
    cancel: (argument) => row.onOwnRow(ports, argument, row.cancel),
    steer: (argument) => row.onOwnRow(ports, argument, row.steer),
    approve: (argument) => row.onRow(ports, argument, row.approve),
    approveAlways: (argument) => row.onRow(ports, argument, row.approveAlways),
    deny: (argument) => row.onRow(ports, argument, row.deny),
    openTranscript: (argument) => row.onRow(ports, argument, row.openTranscript),
    openChanges: (argument) => row.onRow(ports, argument, row.openChanges),
    copyResult: (argument) => row.onRow(ports, argument, row.copyResult),
    continue: (argument) => row.onOwnRow(ports, argument, row.goOn),
    retry: (argument) => row.onOwnRow(ports, argument, row.retry),
    deliverHere: (argument) => row.onRow(ports, argument, row.deliverHere),
    remove: (argument) => row.onOwnRow(ports, argument, row.remove),
    reveal: (argument) => row.onRow(ports, argument, row.reveal),
    showInChat: (argument) => row.onRow(ports, argument, row.showInChat),
  };
}
