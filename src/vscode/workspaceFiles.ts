import * as vscode from 'vscode';
import { startingPoints } from '../tools/startingPoints';
import type { Workspace } from '../tools/workspace';

/** Where tools may not look (a workspace that is not trusted, or not on a disk) VS Code is asked, for so many. */
const ASKED_OF_VSCODE = 20_000;

/** Paths of all files of the workspace but ignored ones, in no order; with the folder's name in front where several are open. */
export async function workspacePaths(workspace: Workspace): Promise<readonly string[]> {
  if ('folders' in workspace.access()) {
    const folders = await startingPoints(workspace, undefined);
    return (await workspace.findFiles(folders, undefined, new AbortController().signal)).files;
  }
  const uris = await vscode.workspace.findFiles('**/*', '**/{node_modules,.git}/**', ASKED_OF_VSCODE);
  return uris.map((uri) => vscode.workspace.asRelativePath(uri));
}

/** Opens a file of the workspace, at a line where one is given (from 1). Rejects where there is no such file in it. */
export async function openWorkspaceFile(path: string, line: number | undefined): Promise<void> {
  const uri = await findInWorkspace(path);
  if (uri === undefined) throw new Error(`There is no file ${path} in the workspace.`);
  const position = new vscode.Position(Math.max(0, (line ?? 1) - 1), 0);
  const selection = line === undefined ? {} : { selection: new vscode.Range(position, position) };
  await vscode.window.showTextDocument(uri, { preview: true, ...selection });
}

/** In a workspace of several folders a path begins with the folder's name. */
export async function findInWorkspace(path: string): Promise<vscode.Uri | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const [first, ...rest] = path.replace(/^\.\//, '').split('/');
  const named = folders.find(({ name }) => folders.length > 1 && name === first);
  const candidates = [
    ...(named === undefined ? [] : [vscode.Uri.joinPath(named.uri, ...rest)]),
    ...folders.map(({ uri }) => vscode.Uri.joinPath(uri, path)),
    ...(path.startsWith('/') ? [vscode.Uri.file(path)] : []),
  ];
  for (const candidate of candidates) {
    if (vscode.workspace.getWorkspaceFolder(candidate) !== undefined && (await exists(candidate))) return candidate;
  }
  return undefined;
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}
