import * as vscode from 'vscode';
import type { Message } from '../agent/messages';
import type { DelegationPool } from '../delegation/pool';
import { everyRun, transcriptUri } from '../delegation/result';
import type { Clock } from '../util/clock';
import type { Disposable } from '../util/emitter';
import { TRANSCRIPT_SCHEME } from './contributions';
import { renderTranscript } from './renderTranscript';

const REFRESH_MS = 500;

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
  readonly #stale = new Set<string>();
  #timer: Disposable | undefined;
  readonly #subscriptions: readonly Disposable[];

  constructor(ports: TranscriptPorts) {
    this.#ports = ports;
    this.#subscriptions = [
      vscode.workspace.registerTextDocumentContentProvider(TRANSCRIPT_SCHEME, this),
      // Whatever a transcript gets, its agent reports as progress.
      ports.pool.onDidChange((delegation) => everyRun(delegation).forEach(({ id }) => this.#touch(id))),
      this.#changed,
    ];
  }

  get onDidChange(): vscode.Event<vscode.Uri> {
    return this.#changed.event;
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    const childId = uri.path.replace(/^\/|\.md$/g, '');
    const found = this.#ports.pool.child(childId);
    if (found === undefined) return `# ${childId}\n\nThis agent is not listed any more.\n`;
    return renderTranscript(found.delegation, found.child, this.#ports.messages(childId), this.#ports.clock.now());
  }

  async open(childId: string): Promise<void> {
    const document = await vscode.workspace.openTextDocument(uriOf(childId));
    await vscode.window.showTextDocument(document, { preview: true, preserveFocus: true });
  }

  dispose(): void {
    this.#timer?.dispose();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  /** Only what is open is rendered again, and not for every streamed token. */
  #touch(childId: string): void {
    if (!isOpen(childId)) return;
    this.#stale.add(childId);
    this.#timer ??= this.#ports.clock.after(REFRESH_MS, () => {
      this.#timer = undefined;
      for (const id of this.#stale) this.#changed.fire(uriOf(id));
      this.#stale.clear();
    });
  }
}

function uriOf(childId: string): vscode.Uri {
  return vscode.Uri.parse(transcriptUri(childId));
}

function isOpen(childId: string): boolean {
  const uri = uriOf(childId).toString();
  return vscode.workspace.textDocuments.some((document) => document.uri.toString() === uri);
}
