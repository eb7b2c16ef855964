import * as vscode from 'vscode';
import { BASE_SCHEME } from './contributions';

/**
 * Files as they were when an agent with a worktree of its own began, as read-only documents `<scheme>:/<child id>/<path>`.
 * `before` gives such a file's text.
 */
export function provideBaseFiles(before: (childId: string, path: string) => Promise<string>): vscode.Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(BASE_SCHEME, {
    provideTextDocumentContent(uri) {
      const [, childId = '', ...path] = uri.path.split('/');
      return before(childId, path.join('/'));
    },
  });
}
