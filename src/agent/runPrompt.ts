import type { LanguageModelV4Prompt } from '@ai-sdk/provider';
import type { Message, Tokens } from './messages';
import type { AgentModel } from './model';
import { isSummary, PromptBuilder, toFunctionTools, visibleMessages } from './modelPrompt';
import { inputRoom, isNearlyFull, tokensOf, type PromptSize } from './promptSize';
import type { Tool } from './tool';

interface RunPromptSource {
  readonly model: AgentModel;
  readonly system: string;
  readonly tools: readonly Tool[];
  readonly history: readonly Message[];
}

/** From so many tokens on, a count of the provider's tells how it counts. */
const TELLING = 1_000;
/** Bounds of what one count can teach: providers count pictures, templates and what we do not see. */
const RATIOS = { least: 0.8, most: 6 } as const;

/** The prompt of a run while it grows: what the model sees of the transcript, and how many tokens that takes. */
export class RunPrompt {
  readonly #model: AgentModel;
  readonly #builder: PromptBuilder;
  /** The system prompt and the tools, as text. */
  readonly #fixed: string;
  readonly #messages: Message[];
  #visible: Message[];
  /** The provider's count of a prompt and its reply, and how many of the visible messages are in it; 0 = not known yet. */
  #counted = { tokens: 0, messages: 0 };
  #ratio = 1;

  constructor({ model, system, tools, history }: RunPromptSource) {
    this.#model = model;
    this.#builder = new PromptBuilder(system, model);
    this.#fixed = tools.length === 0 ? system : `${system}\n${JSON.stringify(toFunctionTools(tools))}`;
    this.#messages = [...history];
    this.#visible = [...visibleMessages(history)];
    this.#counted = countedIn(history, this.#visible.length, model.name);
  }

  /** The whole transcript. */
  get messages(): readonly Message[] {
    return this.#messages;
  }

  /** Tokens of the provider's for one of our estimate. */
  get ratio(): number {
    return this.#ratio;
  }

  /** Of the next request. */
  get tokens(): number {
    return tokensOf(this.#size());
  }

  get isNearlyFull(): boolean {
    return isNearlyFull(this.#size(), this.#model);
  }

  add(message: Message): void {
    this.#messages.push(message);
    if (!isSummary(message)) return void this.#visible.push(message);
    this.#visible = [...visibleMessages(this.#messages)];
    this.#counted = { tokens: 0, messages: 0 };
  }

  build(): LanguageModelV4Prompt {
    return this.#builder.build(this.#visible);
  }

  /** The provider has counted the last request and its reply, which is the newest message. */
  learn(tokens: Tokens): void {
    if (tokens.estimated === true) return;
    const estimate = this.#estimate(this.#visible.slice(0, -1));
    if (estimate >= TELLING) this.#ratio = Math.min(RATIOS.most, Math.max(RATIOS.least, tokens.input / estimate));
    this.#counted = { tokens: tokens.input + tokens.output, messages: this.#visible.length };
  }

  /** The provider found the prompt too long: it counts more than was thought, and the next one is to be half as long. */
  overflowed(): void {
    this.#ratio = 2 * Math.max(this.#ratio, inputRoom(this.#model) / Math.max(1, this.#estimate(this.#visible)));
    this.#counted = { tokens: 0, messages: 0 };
  }

  #estimate(messages: readonly Message[]): number {
    return tokensOf({ counted: 0, system: this.#fixed, messages });
  }

  #size(): PromptSize {
    const { tokens, messages } = this.#counted;
    return tokens > 0
      ? { counted: tokens, system: '', messages: this.#visible.slice(messages), ratio: this.#ratio }
      : { counted: 0, system: this.#fixed, messages: this.#visible, ratio: this.#ratio };
  }
}

/** What an earlier run of the same model knew of the same prompt. */
function countedIn(history: readonly Message[], visible: number, model: string): { tokens: number; messages: number } {
  const at = history.findLastIndex((message) => isSummary(message) || (message.role === 'assistant' && message.usage));
  const last = history[at];
  if (last?.role !== 'assistant' || last.model !== model || last.usage === undefined) return { tokens: 0, messages: 0 };
  const { input, output, estimated } = last.usage.tokens;
  return estimated
    ? { tokens: 0, messages: 0 }
    : { tokens: input + output, messages: visible - (history.length - at - 1) };
}
