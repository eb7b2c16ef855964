/** One thing to pick from a list. */
export interface Choice<T> {
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  readonly value: T;
}

export interface Question {
  readonly title: string;
  readonly prompt: string;
  readonly placeholder?: string;
  readonly value?: string;
  /** Not shown while it is typed. */
  readonly password?: true;
  /** What is wrong with the answer so far; undefined = nothing. */
  readonly validate?: (answer: string) => string | undefined;
}

/** How a command talks to the user. Each resolves to undefined where they dismiss it; a message without buttons, at once. */
export interface Prompts {
  inform(message: string, ...buttons: readonly string[]): Promise<string | undefined>;
  warn(message: string, ...buttons: readonly string[]): Promise<string | undefined>;
  fail(message: string, ...buttons: readonly string[]): Promise<string | undefined>;
  /** Asks in a dialog that nothing goes past; true where they press the button. */
  confirm(message: string, detail: string, button: string): Promise<boolean>;
  ask(question: Question): Promise<string | undefined>;
  choose<T>(title: string, choices: readonly Choice<T>[]): Promise<T | undefined>;
  /** A list that is made anew for whatever is typed. */
  search<T>(title: string, placeholder: string, find: (text: string) => readonly Choice<T>[]): Promise<T | undefined>;
}

/** The answer without space around it; undefined where it was dismissed or left empty. */
export async function askFor(prompts: Prompts, question: Question): Promise<string | undefined> {
  const answer = (await prompts.ask(question))?.trim();
  return answer === '' ? undefined : answer;
}
