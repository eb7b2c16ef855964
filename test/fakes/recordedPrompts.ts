import { Emitter } from '../../src/util/emitter';
import type { Choice, Prompts, Question } from '../../src/vscode/prompts';

/** A notification that stands until the test clicks one of its buttons, or dismisses it. */
export interface Shown {
  readonly level: 'info' | 'warning' | 'error';
  readonly message: string;
  readonly buttons: readonly string[];
  click(button: string | undefined): void;
}

/** Prompts that a test answers: input and lists from answers written beforehand, notifications by a click. */
export class RecordedPrompts implements Prompts {
  readonly shown: Shown[] = [];
  readonly asked: Question[] = [];
  /** What a dialog asked to confirm. */
  readonly confirmed: string[] = [];
  readonly offered: { readonly title: string; readonly labels: readonly string[] }[] = [];
  readonly #answers: (string | undefined)[];
  readonly #waits: boolean;
  readonly #showed = new Emitter<void>();
  readonly onDidShow = this.#showed.event;

  /**
   * `answers` go to input boxes, and to lists as the label that is picked; undefined dismisses. Notifications are dismissed
   * at once unless they `wait` for a click.
   */
  constructor(answers: readonly (string | undefined)[] = [], options: { readonly wait?: boolean } = {}) {
    this.#answers = [...answers];
    this.#waits = options.wait ?? false;
  }

  get messages(): string[] {
    return this.shown.map(({ message }) => message);
  }

  inform(message: string, ...buttons: readonly string[]): Promise<string | undefined> {
    return this.#show('info', message, buttons);
  }

  warn(message: string, ...buttons: readonly string[]): Promise<string | undefined> {
    return this.#show('warning', message, buttons);
  }

  fail(message: string, ...buttons: readonly string[]): Promise<string | undefined> {
    return this.#show('error', message, buttons);
  }

  /** Yes where the next answer is the button. */
  confirm(message: string, _detail: string, button: string): Promise<boolean> {
    this.confirmed.push(message);
    return Promise.resolve(this.#answers.shift() === button);
  }

  ask(question: Question): Promise<string | undefined> {
    this.asked.push(question);
    return Promise.resolve(this.#answers.shift());
  }

  choose<T>(title: string, choices: readonly Choice<T>[]): Promise<T | undefined> {
    this.offered.push({ title, labels: choices.map(({ label }) => label) });
    const picked = this.#answers.shift();
    return Promise.resolve(choices.find(({ label }) => label === picked)?.value);
  }

  /** The next two answers are what is typed, and the label that is picked of what is found. */
  search<T>(title: string, _placeholder: string, find: (text: string) => readonly Choice<T>[]): Promise<T | undefined> {
    return this.choose(title, find(this.#answers.shift() ?? ''));
  }

  #show(level: Shown['level'], message: string, buttons: readonly string[]): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    this.shown.push({ level, message, buttons, click: resolve });
    this.#showed.fire();
    if (!this.#waits) resolve(undefined);
    return promise;
  }
}
