import * as vscode from 'vscode';
import type { Message } from '../agent/messages';
import type { DelegationPool } from '../delegation/pool';
import { transcriptUri } from '../delegation/result';
import type { Clock } from '../util/clock';
import type { Disposable } from '../util/emitter';
import { TRANSCRIPT_SCHEME } from './contributions';
import { OpenTranscripts } from './openTranscripts';
import { renderTranscript } from './renderTranscript';

export interface TranscriptPorts {
  readonly pool: Pick<DelegationPool, 'child' | 'onDidChange'>;
  /** The child's messages so far; empty where there are none. */
  readonly messages: (childId: string) => readonly Message[];
  readonly clock: Clock;
}

/** Agents' transcripts as read-only documents that grow while the agent runs. */
export class Transcripts implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #ports: TranscriptPorts;
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #subscriptions: readonly Disposable[];

  constructor(ports: TranscriptPorts) {
    this.#ports = ports;
    const open = new OpenTranscripts(ports.pool, ports.clock, (childId) => this.#changed.fire(uriOf(childId)));
    const opened = ({ uri }: vscode.TextDocument) => {
      if (uri.scheme === TRANSCRIPT_SCHEME) open.opened(childIdOf(uri));
    };
    vscode.workspace.textDocuments.forEach(opened);
    this.#subscriptions = [
      vscode.workspace.registerTextDocumentContentProvider(TRANSCRIPT_SCHEME, this),
      vscode.workspace.onDidOpenTextDocument(opened),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        if (uri.scheme === TRANSCRIPT_SCHEME) open.closed(childIdOf(uri));
      }),
      open,
      this.#changed,
    ];
  }

  get onDidChange(): vscode.Event<vscode.Uri> {
    return this.#changed.event;
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    const childId = childIdOf(uri);
    const found = this.#ports.pool.child(childId);
    if (found === undefined) return `# ${childId}\n\nThis agent is not listed any more.\n`;
    return renderTranscript(found.delegation, found.child, this.#ports.messages(childId), this.#ports.clock.now());
  }

  async open(childId: string): Promise<void> {
    const document = await vscode.workspace.openTextDocument(uriOf(childId));
    await vscode.window.showTextDocument(document, { preview: true, preserveFocus: true });
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}

function uriOf(childId: string): vscode.Uri {
  return vscode.Uri.parse(transcriptUri(childId));
}

function childIdOf(uri: vscode.Uri): string {
  return uri.path.replace(/^\/|\.md$/g, '');
}
