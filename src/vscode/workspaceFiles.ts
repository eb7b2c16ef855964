import * as vscode from 'vscode';

/** Files among which a mention is looked for. */
const LOOKED_AT = 5000;
/** Suggestions for one mention. */
const SUGGESTED = 20;

/** Paths of files whose path holds the query, those whose name begins with it first. Ignored files are left out. */
export async function findFiles(query: string): Promise<string[]> {
  const wanted = query.toLowerCase();
  const uris = await vscode.workspace.findFiles('**/*', '**/{node_modules,.git,dist,out}/**', LOOKED_AT);
  const paths = uris
    .map((uri) => vscode.workspace.asRelativePath(uri))
    .filter((path) => path.toLowerCase().includes(wanted));
  const rank = (path: string) =>
    path
      .toLowerCase()
      .slice(path.lastIndexOf('/') + 1)
      .startsWith(wanted)
      ? 0
      : 1;
  return paths.toSorted((a, b) => rank(a) - rank(b) || a.length - b.length || (a < b ? -1 : 1)).slice(0, SUGGESTED);
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
