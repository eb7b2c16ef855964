import * as vscode from 'vscode';
import type { Choice, Prompts } from './prompts';

/** VS Code's own notifications, input boxes and pick lists. */
export const vscodePrompts: Prompts = {
  inform: (message, ...buttons) => answerOf(vscode.window.showInformationMessage(message, ...buttons), buttons),
  warn: (message, ...buttons) => answerOf(vscode.window.showWarningMessage(message, ...buttons), buttons),
  fail: (message, ...buttons) => answerOf(vscode.window.showErrorMessage(message, ...buttons), buttons),
  async confirm(message, detail, button) {
    return (await vscode.window.showWarningMessage(message, { modal: true, detail }, button)) === button;
  },
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
    const items = choices.map(itemOf);
    const picked = await vscode.window.showQuickPick(items, { title, matchOnDescription: true, matchOnDetail: true });
    return picked?.value;
  },
  async search<T>(title: string, placeholder: string, find: (text: string) => readonly Choice<T>[]) {
    const list = vscode.window.createQuickPick<vscode.QuickPickItem & { readonly value: T }>();
    list.title = title;
    list.placeholder = placeholder;
    // VS Code must not look for the words in the labels again.
    list.onDidChangeValue(
      (text) => (list.items = find(text).map((choice) => ({ ...itemOf(choice), alwaysShow: true }))),
    );
    const picked = new Promise<(typeof list.items)[number] | undefined>((resolve) => {
      list.onDidAccept(() => resolve(list.selectedItems[0]));
      list.onDidHide(() => resolve(undefined));
    });
    list.show();
    const item = await picked;
    list.dispose();
    return item?.value;
  },
};

function itemOf<T>({ label, description, detail, value }: Choice<T>) {
  return {
    label,
    ...(description === undefined ? {} : { description }),
    ...(detail === undefined ? {} : { detail }),
    value,
  };
}

/** A message without buttons has no answer: nobody waits until it is closed. */
async function answerOf(shown: Thenable<string | undefined>, buttons: readonly string[]): Promise<string | undefined> {
  return buttons.length === 0 ? undefined : shown;
}
