import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { NodeWorkspace } from '../../src/tools/nodeWorkspace';
import { findRipgrep } from '../../src/tools/ripgrep';
import { vscodeWorkspaceHost } from '../../src/vscode/workspaceTools';

describe('the workspace of the tools', () => {
  const host = vscodeWorkspaceHost();
  const workspace = new NodeWorkspace(host);
  const top = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  const folder = path.join(top, 'workspace-tools-test');
  const diagnostics = vscode.languages.createDiagnosticCollection('workspace-tools-test');

  before(() => mkdir(folder));
  after(async () => {
    diagnostics.dispose();
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await rm(folder, { recursive: true, force: true });
  });

  async function typeInto(name: string, saved: string, typed: string): Promise<vscode.TextDocument> {
    const file = path.join(folder, name);
    await writeFile(file, saved);
    const document = await vscode.workspace.openTextDocument(file);
    const editor = await vscode.window.showTextDocument(document);
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), typed));
    return document;
  }

  const find = (name: string) => workspace.resolve(path.join(folder, name), 'write');

  it('has the folders that are open, in a trusted window', () => {
    assert.deepEqual(
      workspace.folders().map(({ path }) => path),
      [top],
    );
  });

  it('finds the ripgrep that VS Code brings', async () => {
    assert.notEqual(await findRipgrep(host.ripgrepCandidates, ''), undefined);
  });

  it('reads what is typed and not saved', async () => {
    await typeInto('typed.txt', 'saved', 'typed, ');
    const read = await workspace.readText(await find('typed.txt'));
    assert.deepEqual([read?.text, read?.unsaved], ['typed, saved', true]);
  });

  it('writes into the editor where there are unsaved changes, and saves', async () => {
    const document = await typeInto('both.txt', 'one\r\ntwo 😀\r\nthree\r\n', 'typed ');
    const file = await find('both.txt');
    const before = await workspace.readText(file);
    const after = await workspace.writeText(file, before, 'typed one\r\ntwo 😁\r\nthree\r\nfour\r\n');
    assert.equal(document.getText(), 'typed one\r\ntwo 😁\r\nthree\r\nfour\r\n');
    assert.equal(document.isDirty, false);
    assert.equal(await readFile(file.real, 'utf8'), document.getText());
    assert.equal(after.hash, (await workspace.readText(file))?.hash);
  });

  it('writes to the disk where nothing is unsaved, and the open editor shows it', async () => {
    const file = await find('clean.txt');
    await writeFile(file.real, 'one');
    const document = await vscode.workspace.openTextDocument(file.path);
    await vscode.window.showTextDocument(document);
    const shown = new Promise<void>((resolve) => {
      const subscription = vscode.workspace.onDidChangeTextDocument((event) => {
        if (event.document !== document || document.getText() !== 'two') return;
        subscription.dispose();
        resolve();
      });
    });
    await workspace.writeText(file, await workspace.readText(file), 'two');
    await shown;
    assert.equal(document.isDirty, false);
  });

  it('shows the problems that VS Code shows', async () => {
    const file = await find('wrong.txt');
    const range = new vscode.Range(1, 2, 1, 3);
    const diagnostic = new vscode.Diagnostic(range, 'Wrong', vscode.DiagnosticSeverity.Warning);
    diagnostics.set(vscode.Uri.file(file.path), [diagnostic]);
    const [problem, ...others] = workspace.problems(file);
    assert.deepEqual(others, []);
    const { shown, line, column, severity, message } = problem ?? {};
    assert.deepEqual(
      [shown, line, column, severity, message],
      ['workspace-tools-test/wrong.txt', 2, 3, 'warning', 'Wrong'],
    );
  });
});
