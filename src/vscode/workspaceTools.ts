import { relative } from 'node:path';
import * as vscode from 'vscode';
import { ToolFault } from '../agent/tool';
import { workspaceAccess } from '../tools/confinement';
import { ripgrepInVsCode } from '../tools/ripgrep';
import type { Problem, Severity, WorkspaceFile, WorkspaceHost } from '../tools/workspace';

/** The workspace as VS Code has it open: its folders and trust, what is typed but not saved, its problems. */
export function vscodeWorkspaceHost(): WorkspaceHost {
  return {
    access() {
      const open = vscode.workspace.workspaceFolders ?? [];
      const onDisk = open.filter((folder) => folder.uri.scheme === 'file');
      const facts = { trusted: vscode.workspace.isTrusted, virtualFolders: open.length - onDisk.length };
      return workspaceAccess(
        onDisk.map((folder) => ({ name: folder.name, path: folder.uri.fsPath })),
        facts,
      );
    },
    unsavedText(file) {
      const notebook = vscode.workspace.notebookDocuments.find((open) => open.isDirty && holds(open.uri, file));
      if (notebook !== undefined) {
        throw new ToolFault(`${file.shown} is open as a notebook with unsaved changes. It has to be saved first.`);
      }
      return unsavedDocument(file)?.getText();
    },
    saveInEditor,
    problems: () => vscode.languages.getDiagnostics().flatMap(([uri, diagnostics]) => problemsOf(uri, diagnostics)),
    ripgrepCandidates: ripgrepInVsCode(vscode.env.appRoot),
  };
}

async function saveInEditor(file: WorkspaceFile, text: string): Promise<string> {
  const document = unsavedDocument(file);
  if (document === undefined) {
    throw new ToolFault(`${file.shown} was saved or closed in the meantime, so nothing was written. Read it again.`);
  }
  await replaceLines(document, text);
  if (!(await document.save())) {
    throw new ToolFault(`${file.shown} was changed in the editor, but could not be saved. The user has to save it.`);
  }
  return document.getText();
}

async function replaceLines(document: vscode.TextDocument, text: string): Promise<void> {
  const { range, lines } = differingLines(document, text);
  await applyEdit(document, (edit) => edit.replace(document.uri, range, lines));
  if (document.getText() === text) return;
  // VS Code shortens a replacement to the UTF-16 units that differ, which tears emoji apart. It can't shorten these two.
  const torn = differingLines(document, text);
  await applyEdit(document, (edit) => edit.delete(document.uri, torn.range));
  await applyEdit(document, (edit) => edit.insert(document.uri, torn.range.start, torn.lines));
}

async function applyEdit(document: vscode.TextDocument, make: (edit: vscode.WorkspaceEdit) => void): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  make(edit);
  if (await vscode.workspace.applyEdit(edit)) return;
  throw new ToolFault(`The editor did not take the change of ${document.fileName}; read it again.`);
}

function unsavedDocument(file: WorkspaceFile): vscode.TextDocument | undefined {
  return vscode.workspace.textDocuments.find((document) => document.isDirty && holds(document.uri, file));
}

/** Whether a document's file is this one, under either of its names; letter case counts where the system says so. */
function holds(uri: vscode.Uri, file: WorkspaceFile): boolean {
  return uri.scheme === 'file' && [file.path, file.real].some((path) => relative(path, uri.fsPath) === '');
}

/** Where a document differs from a text, in whole lines: cursors and folds outside them stay where they are. */
function differingLines(document: vscode.TextDocument, text: string) {
  const before = document.getText();
  const shorter = Math.min(before.length, text.length);
  let start = 0;
  while (start < shorter && before[start] === text[start]) start += 1;
  start = before.slice(0, start).lastIndexOf('\n') + 1;
  let same = 0;
  while (same < shorter - start && before.at(-1 - same) === text.at(-1 - same)) same += 1;
  const startsLine = [before, text].every((whole) => same === whole.length || whole.at(-1 - same) === '\n');
  if (!startsLine) {
    const lineEnd = before.slice(before.length - same).indexOf('\n');
    same = lineEnd === -1 ? 0 : same - lineEnd - 1;
  }
  const range = new vscode.Range(document.positionAt(start), document.positionAt(before.length - same));
  return { range, lines: text.slice(start, text.length - same) };
}

const SEVERITIES: Record<vscode.DiagnosticSeverity, Severity> = {
  [vscode.DiagnosticSeverity.Error]: 'error',
  [vscode.DiagnosticSeverity.Warning]: 'warning',
  [vscode.DiagnosticSeverity.Information]: 'information',
  [vscode.DiagnosticSeverity.Hint]: 'hint',
};

function problemsOf(uri: vscode.Uri, diagnostics: readonly vscode.Diagnostic[]): Problem[] {
  if (uri.scheme !== 'file') return [];
  return diagnostics.map(({ range, severity, message, source }) => ({
    path: uri.fsPath,
    line: range.start.line + 1,
    column: range.start.character + 1,
    severity: SEVERITIES[severity],
    message,
    ...(source === undefined ? {} : { source }),
  }));
}
