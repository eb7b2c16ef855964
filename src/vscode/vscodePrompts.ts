import * as vscode from 'vscode';
import type { Prompts } from './prompts';

/** VS Code's own notifications, input boxes and pick lists. */
export const vscodePrompts: Prompts = {
  inform: async (message, ...buttons) => vscode.window.showInformationMessage(message, ...buttons),
  warn: async (message, ...buttons) => vscode.window.showWarningMessage(message, ...buttons),
  fail: async (message, ...buttons) => vscode.window.showErrorMessage(message, ...buttons),
  async ask({ title, prompt, placeholder, value, password, validate }) {
    return vscode.window.showInputBox({
      title,
      prompt,
      ignoreFocusOut: true,
      ...(placeholder === undefined ? {} : { placeHolder: placeholder }),
      ...(value === undefined ? {} : { value }),
      ...(password === undefined ? {} : { password }),
      ...(validate === undefined ? {} : { validateInput: validate }),
    });
  },
  async choose(title, choices) {
    const items = choices.map(({ label, description, detail, value }) => ({
      label,
      ...(description === undefined ? {} : { description }),
      ...(detail === undefined ? {} : { detail }),
      value,
    }));
    const picked = await vscode.window.showQuickPick(items, { title, matchOnDescription: true, matchOnDetail: true });
    return picked?.value;
  },
};
