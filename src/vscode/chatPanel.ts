import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { ChatConnection, ChatView } from './chatConnection';
import { chatHtml } from './chatHtml';
import { VIEWS } from './contributions';

export interface ChatPanelPorts {
  readonly extensionUri: vscode.Uri;
  /** Makes the other end of a view; it posts nothing before the view said `ready`. */
  readonly connect: (view: ChatView) => Pick<ChatConnection, 'receive' | 'setVisible' | 'dispose'>;
  readonly onError: (message: string, error: unknown) => void;
}

/** The chat: a view in Fanout's container, and tabs in the editor area for who wants more room. */
export class ChatPanel implements vscode.Disposable {
  readonly #ports: ChatPanelPorts;
  /** Those that exist, whether they can be seen or not. */
  readonly #registrations: vscode.Disposable;
  #panel: vscode.WebviewPanel | undefined;

  constructor(ports: ChatPanelPorts) {
    this.#ports = ports;
    this.#registrations = vscode.Disposable.from(
      vscode.window.registerWebviewViewProvider(VIEWS.chat, {
        resolveWebviewView: (view) => this.#fill(view, view.onDidChangeVisibility),
      }),
      // A tab that was open comes back after a reload.
      vscode.window.registerWebviewPanelSerializer(VIEWS.chatPanel, {
        deserializeWebviewPanel: (panel) => {
          this.#adopt(panel);
          return Promise.resolve();
        },
      }),
    );
  }

  /** Shows the chat: the one in the editor area where it is the one that is open, else the view. */
  async open(): Promise<void> {
    if (this.#panel?.visible === true) this.#panel.reveal();
    else await vscode.commands.executeCommand(`${VIEWS.chat}.focus`);
  }

  openInEditor(): void {
    if (this.#panel === undefined) {
      const show = { viewColumn: vscode.ViewColumn.Active, preserveFocus: false };
      this.#adopt(vscode.window.createWebviewPanel(VIEWS.chatPanel, 'Fanout', show));
    } else {
      this.#panel.reveal();
    }
  }

  dispose(): void {
    this.#registrations.dispose();
    this.#panel?.dispose();
  }

  #adopt(panel: vscode.WebviewPanel): void {
    this.#panel = panel;
    panel.iconPath = vscode.Uri.joinPath(this.#ports.extensionUri, 'media', 'fanout.svg');
    panel.onDidDispose(() => {
      if (this.#panel === panel) this.#panel = undefined;
    });
    this.#fill(panel, panel.onDidChangeViewState);
  }

  #fill(view: vscode.WebviewView | vscode.WebviewPanel, onDidChange: vscode.Event<unknown>): void {
    const { extensionUri, connect, onError } = this.#ports;
    const { webview } = view;
    const watch = (done: Thenable<unknown>) =>
      done.then(undefined, (error: unknown) => onError('A message between the chat and Fanout was lost', error));
    const dist = vscode.Uri.joinPath(extensionUri, 'dist', 'webview');
    webview.options = { enableScripts: true, localResourceRoots: [dist] };
    const connection = connect({
      post(message) {
        watch(webview.postMessage(message));
      },
      reload: () => load(),
      report: (fault) => onError('The chat view had a problem', fault),
    });
    const subscriptions = [
      webview.onDidReceiveMessage((message: unknown) => watch(connection.receive(message))),
      onDidChange(() => connection.setVisible(view.visible)),
      view.onDidDispose(() => {
        connection.dispose();
        for (const subscription of subscriptions) subscription.dispose();
      }),
    ];
    const uriOf = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(dist, name)).toString();
    const load = () => {
      webview.html = chatHtml({
        cspSource: webview.cspSource,
        script: uriOf('main.js'),
        style: uriOf('main.css'),
        nonce: randomBytes(16).toString('base64'),
      });
    };
    // Last: the view answers as soon as it is loaded.
    load();
  }
}
