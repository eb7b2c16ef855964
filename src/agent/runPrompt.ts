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
  /** What the provider counted last, and of which messages: what it teaches is worked out when somebody asks. */
  #lesson: { readonly input: number; readonly visible: readonly Message[]; readonly count: number } | undefined;

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

  /** Tokens of the provider's for one of our estimate, with what its last count teaches taken in. */
  learnedRatio(): number {
    const lesson = this.#lesson;
    this.#lesson = undefined;
    const estimate = lesson === undefined ? 0 : this.#estimate(lesson.visible.slice(0, lesson.count));
    if (lesson !== undefined && estimate >= TELLING)
      this.#ratio = Math.min(RATIOS.most, Math.max(RATIOS.least, lesson.input / estimate));
    return this.#ratio;
  }

  /** Of the next request. */
  get tokens(): number {
    const { tokens, messages } = this.#counted;
    // Nothing is to be estimated right after a reply.
    return tokens > 0 && messages === this.#visible.length ? tokens : tokensOf(this.#size(this.learnedRatio()));
  }

  get isNearlyFull(): boolean {
    // Mostly there is so much room that no lesson could change the answer.
    const atMost = this.#lesson === undefined ? this.#ratio : Math.max(this.#ratio, RATIOS.most);
    return isNearlyFull(this.#size(atMost), this.#model) && isNearlyFull(this.#size(this.learnedRatio()), this.#model);
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
    this.#lesson = { input: tokens.input, visible: this.#visible, count: this.#visible.length - 1 };
    this.#counted = { tokens: tokens.input + tokens.output, messages: this.#visible.length };
  }

  /** The provider found the prompt too long: it counts more than was thought, and the next one is to be half as long. */
  overflowed(): void {
    this.#ratio =
      2 * Math.max(this.learnedRatio(), inputRoom(this.#model) / Math.max(1, this.#estimate(this.#visible)));
    this.#counted = { tokens: 0, messages: 0 };
  }

  #estimate(messages: readonly Message[]): number {
    return tokensOf({ counted: 0, system: this.#fixed, messages });
  }

  #size(ratio: number): PromptSize {
    const { tokens, messages } = this.#counted;
    return tokens > 0
      ? { counted: tokens, system: '', messages: this.#visible.slice(messages), ratio }
      : { counted: 0, system: this.#fixed, messages: this.#visible, ratio };
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
