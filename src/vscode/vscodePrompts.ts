import * as vscode from 'vscode';
import type { Prompts } from './prompts';

/** VS Code's own notifications, input boxes and pick lists. */
export const vscodePrompts: Prompts = {
  inform: (message, ...buttons) => answerOf(vscode.window.showInformationMessage(message, ...buttons), buttons),
  warn: (message, ...buttons) => answerOf(vscode.window.showWarningMessage(message, ...buttons), buttons),
  fail: (message, ...buttons) => answerOf(vscode.window.showErrorMessage(message, ...buttons), buttons),
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

/** A message without buttons has no answer: nobody waits until it is closed. */
async function answerOf(shown: Thenable<string | undefined>, buttons: readonly string[]): Promise<string | undefined> {
  return buttons.length === 0 ? undefined : shown;
}
