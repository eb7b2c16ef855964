import * as vscode from 'vscode';
import type { Event } from '../util/emitter';
import { Emitter } from '../util/emitter';
import { COMMANDS } from './contributions';
import type { Settings } from './settings';
import { readSettings } from './settings';

/** The settings as they are now. Each problem with them is shown once, until it is mended and comes back. */
export class CurrentSettings implements vscode.Disposable {
  #current: Settings;
  #problems: ReadonlySet<string> = new Set();
  readonly #onError: (message: string, error: unknown) => void;
  readonly #changed = new Emitter<Settings>();
  readonly #subscription: vscode.Disposable;

  constructor(onError: (message: string, error: unknown) => void) {
    this.#onError = onError;
    this.#current = this.#read();
    this.#subscription = vscode.workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration('fanout')) return;
      this.#current = this.#read();
      this.#changed.fire(this.#current);
    });
  }

  readonly onDidChange: Event<Settings> = this.#changed.event;

  get current(): Settings {
    return this.#current;
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }

  #read(): Settings {
    const configuration = vscode.workspace.getConfiguration('fanout');
    const problems = new Set<string>();
    const settings = readSettings(
      (key) => configuration.inspect(key),
      (problem) => problems.add(problem),
    );
    const fresh = [...problems].filter((problem) => !this.#problems.has(problem));
    this.#problems = problems;
    for (const problem of fresh) {
      this.#show(problem).catch((error: unknown) => this.#onError('Could not show a problem with the settings', error));
    }
    return settings;
  }

  async #show(problem: string): Promise<void> {
    const chosen = await vscode.window.showWarningMessage(`Fanout: ${problem}`, 'Open Settings');
    if (chosen !== undefined) await vscode.commands.executeCommand(COMMANDS.openSettings);
  }
}
