import type { Memento } from 'vscode';
import type { AgentModel } from '../agent/model';
import type { ModelSource } from '../enginePorts';
import type { ModelChooser, ModelOption } from '../models/choose';
import { OFFLINE } from '../models/offline';
import type { Session } from '../session/session';
import type { Event } from '../util/emitter';
import { Emitter } from '../util/emitter';

const LAST_PICKED = 'fanout.lastPickedModel';
const AUTO = 'auto';

export interface ModelSelectionPorts {
  readonly chooser: ModelChooser;
  /** The setting `fanout.model`. */
  readonly setting: () => string;
  readonly memory: Memento;
  readonly onError: (message: string, error: unknown) => void;
}

/** The name of the model that the user picked last, in any workspace. */
export function lastPicked(memory: Memento): string | undefined {
  return memory.get<string>(LAST_PICKED);
}

/** Which model is chosen, for people: knows what `auto` stands for, and remembers what the user picks. */
export class ModelSelection implements ModelSource {
  readonly #ports: ModelSelectionPorts;
  readonly #changed = new Emitter<void>();
  /** What `auto` came to when it was asked last; empty as long as it was not. */
  #automatic = '';
  /** Refreshes begun. */
  #asked = 0;

  constructor(ports: ModelSelectionPorts) {
    this.#ports = ports;
  }

  /** Models came, went, or `auto` stands for another one. */
  readonly onDidChange: Event<void> = this.#changed.event;

  async resolve(name: string): Promise<AgentModel> {
    const model = await this.#ports.chooser.resolve(name);
    if (this.#isAutomatic(name)) this.#remember(model.name);
    return model;
  }

  names(): readonly string[] {
    return this.#ports.chooser.names();
  }

  problemOf(name: string): string | undefined {
    const problem = this.#ports.chooser.problemOf(name);
    // What it goes by may be old: a local server was started since, say. The next try finds it.
    if (problem !== undefined) this.refresh();
    return problem;
  }

  nameOf(choice: string): string {
    if (!this.#isAutomatic(choice)) return isAuto(choice) ? this.#ports.setting() : choice;
    return this.#automatic === '' ? AUTO : this.#automatic;
  }

  labelOf(choice: string): string {
    const name = this.nameOf(choice);
    if (name === OFFLINE) return 'Offline';
    return name.slice(name.lastIndexOf('/') + 1);
  }

  /** Nothing but the built-in model answers where the user made no choice. */
  get isOffline(): boolean {
    return this.#automatic === OFFLINE;
  }

  list(): Promise<readonly ModelOption[]> {
    return this.#ports.chooser.list();
  }

  /** The session uses it from its next turn on, and new sessions do under `auto`. Rejects where there is no such model. */
  async pick(session: Session, name: string): Promise<void> {
    await this.#ports.chooser.resolve(name);
    session.chooseModel(name);
    await this.#ports.memory.update(LAST_PICKED, name);
    this.refresh();
  }

  /** Settings, keys or VS Code's models changed: finds out anew what `auto` stands for. */
  refresh(): void {
    const { chooser } = this.#ports;
    const asked = ++this.#asked;
    Promise.all([chooser.resolve(''), chooser.lookAround()]).then(
      ([model]) => {
        // One that was asked for later knows more, however much sooner it was answered.
        if (asked !== this.#asked) return;
        if (this.#isAutomatic('')) this.#automatic = model.name;
        this.#changed.fire();
      },
      (error: unknown) => {
        if (asked !== this.#asked) return;
        // A setting that names no model: the turn that needs it will say so.
        this.#ports.onError('No model could be chosen', error);
        this.#changed.fire();
      },
    );
  }

  #isAutomatic(choice: string): boolean {
    return isAuto(choice) && isAuto(this.#ports.setting());
  }

  #remember(name: string): void {
    if (this.#automatic === name) return;
    this.#automatic = name;
    this.#changed.fire();
  }
}

function isAuto(choice: string): boolean {
  return choice === '' || choice === AUTO;
}
