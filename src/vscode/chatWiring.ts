import * as vscode from 'vscode';
import type { Engine } from '../engine';
import { summaryOf } from '../delegation/result';
import type { NoticeCommand, RowAction } from '../protocol';
import type { Clock } from '../util/clock';
import type { ChatPorts } from './chatPorts';
import { COMMANDS, ROW_COMMANDS } from './contributions';
import { MentionedFiles } from './mentionedFiles';
import type { ModelSelection } from './modelSelection';
import { openWorkspaceFile, workspacePaths } from './workspaceFiles';

/** What the chat asks of VS Code and of the engine, filled in. */
export function chatPorts(engine: Engine, models: ModelSelection, clock: Clock): ChatPorts {
  const files = new MentionedFiles(() => workspacePaths(engine.workspace), clock);
  return {
    sessions: engine.sessions,
    pool: engine.pool,
    approvals: engine.approvals,
    clock,
    written: () => engine.written(),
    isTrusted: () => vscode.workspace.isTrusted,
    onDidChangeTrust: vscode.workspace.onDidGrantWorkspaceTrust,
    models: () => models.list(),
    onDidChangeModels: models.onDidChange,
    modelOf: (choice) => ({ model: models.nameOf(choice), label: models.labelOf(choice) }),
    pickModel: (session, name) => models.pick(session, name),
    async chooseModel(session, name) {
      if (name === '') {
        await vscode.commands.executeCommand(COMMANDS.selectModel);
        return undefined;
      }
      await models.pick(session, name);
      return name;
    },
    targetOf: (call) => engine.targetOf(call),
    summaryOf: (childId) => {
      const found = engine.pool.child(childId);
      return found === undefined ? 'This agent is not listed any more.' : summaryOf(found.child);
    },
    findFiles: (query) => files.find(query),
    async act(action, id, session) {
      // "Deliver here" means the session that the view shows.
      engine.sessions.bringToFront(session.id);
      await vscode.commands.executeCommand(ROW_COMMAND_OF[action], id);
    },
    openFile: openWorkspaceFile,
    async openLink(href) {
      const uri = vscode.Uri.parse(href, true);
      if (!['http', 'https'].includes(uri.scheme)) throw new Error(`Only web links can be opened, not ${href}.`);
      await vscode.env.openExternal(uri);
    },
    runNoticeCommand: async (command) => {
      await vscode.commands.executeCommand(NOTICE_COMMANDS[command]);
    },
  };
}

const ROW_COMMAND_OF: Readonly<Record<RowAction, string>> = {
  cancel: ROW_COMMANDS.cancel,
  moveToBackground: COMMANDS.moveToBackground,
  retry: ROW_COMMANDS.retry,
  retryFailed: ROW_COMMANDS.retryFailed,
  continue: ROW_COMMANDS.continue,
  resume: ROW_COMMANDS.resumeDelegation,
  remove: ROW_COMMANDS.remove,
  copyResult: ROW_COMMANDS.copyResult,
  openTranscript: ROW_COMMANDS.openTranscript,
  reveal: ROW_COMMANDS.reveal,
  openChanges: ROW_COMMANDS.openChanges,
  applyChanges: ROW_COMMANDS.applyChanges,
  discardChanges: ROW_COMMANDS.discardChanges,
  deliver: ROW_COMMANDS.deliverHere,
};

const NOTICE_COMMANDS: Readonly<Record<Exclude<NoticeCommand, 'retryTurn'>, string>> = {
  setApiKey: COMMANDS.setApiKey,
  selectModel: COMMANDS.selectModel,
  openSettings: COMMANDS.openSettings,
  openLog: COMMANDS.openLog,
  manageTrust: 'workbench.trust.manage',
};
