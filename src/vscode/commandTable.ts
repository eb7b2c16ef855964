import type { CommandPorts } from './commandPorts';
import type { CommandName } from './contributions';
import { attachSelection, delegateSelection, delegateTask, delegateTasks } from './delegateCommands';
import { exportSession } from './exportCommand';
import {
  clearFinished,
  moveTurnToBackground,
  newSession,
  pause,
  resume,
  selectModel,
  stop,
  stopAll,
} from './generalCommands';
import { removeApiKey, setApiKey } from './keyCommands';
import { onOwnRow, onRow, onTrustedRow } from './rowCommand';
import * as row from './rowCommands';
import { searchSessions } from './searchCommand';
import * as worktree from './worktreeCommands';

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
    moveToBackground: (argument) =>
      argument === undefined ? moveTurnToBackground(ports) : onOwnRow(ports, argument, row.moveToBackground),
    openSettings: () => host.openSettings(),
    openLog: () => log.show(),
    cancel: (argument) => onOwnRow(ports, argument, row.cancel),
    steer: (argument) => onOwnRow(ports, argument, row.steer),
    approve: (argument) => onRow(ports, argument, row.approve),
    approveAlways: (argument) => onRow(ports, argument, row.approveAlways),
    deny: (argument) => onRow(ports, argument, row.deny),
    openTranscript: (argument) => onRow(ports, argument, row.openTranscript),
    openChanges: (argument) => onRow(ports, argument, row.openChanges),
    applyChanges: (argument) => onOwnRow(ports, argument, worktree.applyChanges),
    discardChanges: (argument) => onOwnRow(ports, argument, worktree.discardChanges),
    openWorktree: (argument) => onRow(ports, argument, worktree.openWorktree),
    copyResult: (argument) => onRow(ports, argument, row.copyResult),
    continue: (argument) => onTrustedRow(ports, argument, row.goOn),
    retryFailed: (argument) => onTrustedRow(ports, argument, row.retryFailed),
    resumeDelegation: (argument) => onTrustedRow(ports, argument, row.resumeWork),
    retry: (argument) => onTrustedRow(ports, argument, row.retry),
    deliverHere: (argument) => onTrustedRow(ports, argument, row.deliverHere),
    remove: (argument) => onOwnRow(ports, argument, row.remove),
    reveal: (argument) => onRow(ports, argument, row.reveal),
    showInChat: (argument) => onRow(ports, argument, row.showInChat),
  };
}
