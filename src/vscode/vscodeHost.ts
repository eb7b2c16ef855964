import { homedir } from 'node:os';
import * as vscode from 'vscode';
import type { ProviderSettings } from '../models/providerSettings';
import type { HostPort, ProviderPort, Selection, WorktreeChange } from './commandPorts';
import { BASE_SCHEME } from './contributions';
import type { CurrentSettings } from './currentSettings';
import { findInWorkspace } from './workspaceFiles';

/** What VS Code itself does for commands. `openTranscript` is that of the transcripts. */
export function vscodeHost(openTranscript: (childId: string) => Promise<void>): HostPort {
  return {
    isTrusted: () => vscode.workspace.isTrusted,
    manageTrust: async () => vscode.commands.executeCommand('workbench.trust.manage'),
    openSettings: async (query) =>
      vscode.commands.executeCommand('workbench.action.openSettings', query ?? '@ext:fanout.fanout'),
    selection,
    copy: async (text) => vscode.env.clipboard.writeText(text),
    openTranscript,
    async saveAs(suggestedName) {
      const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file(homedir());
      const uri = await vscode.window.showSaveDialog({ defaultUri: vscode.Uri.joinPath(folder, suggestedName) });
      return uri?.fsPath;
    },
    openFile: async (path) => vscode.commands.executeCommand('vscode.open', vscode.Uri.file(path)),
    openChange,
    openWorktreeChanges,
    openFolder: async (path) =>
      vscode.commands.executeCommand('vscode.openFolder', vscode.Uri.file(path), { forceNewWindow: true }),
  };
}

/** `fanout.providers`, read as checked, and written to the user's settings. */
export function settingsProviders(settings: CurrentSettings): ProviderPort {
  return {
    list: () => settings.current.providers,
    async add(provider) {
      const configuration = vscode.workspace.getConfiguration('fanout');
      // As it stands there: what we could not read is not ours to delete.
      const before = configuration.inspect<unknown>('providers')?.globalValue;
      const providers: unknown[] = Array.isArray(before) ? before : [];
      await configuration.update(
        'providers',
        [...providers, provider satisfies ProviderSettings],
        vscode.ConfigurationTarget.Global,
      );
    },
  };
}

function selection(): Selection | undefined {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined || editor.selection.isEmpty) return undefined;
  const { document, selection: selected } = editor;
  // A selection that ends before the first character of a line holds nothing of that line.
  const endsBefore = selected.end.character === 0 && selected.end.line > selected.start.line;
  return {
    path: vscode.workspace.asRelativePath(document.uri),
    text: document.getText(selected),
    firstLine: selected.start.line + 1,
    lastLine: selected.end.line + (endsBefore ? 0 : 1),
    language: document.languageId,
  };
}

/** The file's changes as git knows them, or the file where it knows none. */
async function openChange(path: string): Promise<void> {
  const uri = await findInWorkspace(path);
  if (uri === undefined) {
    await vscode.window.showInformationMessage(`${path} is not there any more.`);
    return;
  }
  await vscode.commands.executeCommand('vscode.open', uri, { preview: true });
  const commands = await vscode.commands.getCommands(true);
  if (commands.includes('git.openChange')) await vscode.commands.executeCommand('git.openChange', uri);
}

async function openWorktreeChanges(title: string, changes: readonly WorktreeChange[]): Promise<void> {
  const resources = changes.map(({ childId, path, file, change }) => {
    const now = vscode.Uri.file(file);
    const before = vscode.Uri.from({ scheme: BASE_SCHEME, path: `/${childId}/${path}` });
    return [now, change === 'added' ? undefined : before, change === 'deleted' ? undefined : now];
  });
  await vscode.commands.executeCommand('vscode.changes', title, resources);
}
