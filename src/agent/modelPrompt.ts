import type { LanguageModelV4CallOptions, LanguageModelV4Message, LanguageModelV4Prompt } from '@ai-sdk/provider';
import { CallIds, isBlank, isPlainObject, legalName, legalValue } from './legalText';
import type { AssistantMessage, AssistantPart, Message, ProviderData, ToolMessage, UserMessage } from './messages';
import type { AgentModel } from './model';
import type { Tool } from './tool';
import { cutMiddle } from '../util/cutText';

/**
 * The messages that the model is to see: all of them, or, after a compaction, the summary, the messages that it
 * kept, and what came since (SPEC 7.2).
 */
export function visibleMessages(messages: readonly Message[]): readonly Message[] {
  const at = messages.findLastIndex(isSummary);
  const summary = messages[at];
  if (summary?.role !== 'user') return messages;
  const { keeps = 0, shown = Infinity } = summary;
  const kept = messages.slice(at - keeps, at).filter((message) => !isSummary(message));
  const shortened = kept.map((message, index) =>
    index === kept.length - 1 && isRequest(message) ? message : shorten(message, shown),
  );
  return [summary, ...shortened, ...messages.slice(at + 1)];
}

export function isSummary(message: Message): boolean {
  return message.role === 'user' && message.origin === 'summary';
}

/** What somebody wants done: where it is the newest message it is taken as it is, or not at all. */
export function isRequest(message: Message): message is UserMessage {
  return message.role === 'user' && (message.origin === 'user' || message.origin === 'task');
}

/** A message of whose texts the middle is left out where they are long; the same where none is. */
export function shorten(message: Message, chars: number): Message {
  const cut = (text: string) =>
    cutMiddle(text, chars, (missing) => `[… ${missing} characters left out to make room …]`);
  const isLong = (text: string) => text.length > chars;
  switch (message.role) {
    case 'user':
      return isLong(message.text) ? { ...message, text: cut(message.text) } : message;
    case 'tool':
      return message.results.some(({ text }) => isLong(text))
        ? { ...message, results: message.results.map((result) => ({ ...result, text: cut(result.text) })) }
        : message;
    case 'assistant': {
      const parts = message.parts.map((part): AssistantPart => {
        if (part.type === 'text') return isLong(part.text) ? { ...part, text: cut(part.text) } : part;
        if (part.type !== 'tool-call') return part;
        const json = JSON.stringify(part.call.input);
        return isLong(json) ? { ...part, call: { ...part.call, input: { shortened: cut(json) } } } : part;
      });
      return parts.every((part, index) => part === message.parts[index]) ? message : { ...message, parts };
    }
  }
}

/** What of a model a prompt depends on. */
export type PromptModel = Pick<AgentModel, 'name' | 'cacheControl'>;

/** A transcript as a prompt, made anew; a run keeps a {@link PromptBuilder}. */
export function toPrompt(system: string, messages: readonly Message[], model: PromptModel): LanguageModelV4Prompt {
  return new PromptBuilder(system, model).build(visibleMessages(messages));
}

/**
 * Makes the prompts of a run, and makes them legal whatever the transcript holds: this is the one place that all of them
 * pass through. A message's part of the prompt depends on it and those before it only, so every later request repeats the
 * earlier one byte for byte (SPEC C26) and the provider's prefix cache stays valid; nor is it made a second time.
 */
export class PromptBuilder {
  readonly #system: LanguageModelV4Message;
  readonly #model: PromptModel;
  #made: readonly Message[] = [];
  #prompt: LanguageModelV4Message[] = [];
  #ids = new CallIds();
  /** The calls of the newest message that have no results yet. */
  #open: readonly OpenCall[] = [];
  #last: 'user' | 'steer' | 'assistant' | 'tool' | undefined;

  constructor(system: string, model: PromptModel) {
    this.#system = { role: 'system', content: system.toWellFormed(), ...cacheOption(model) };
    this.#model = model;
  }

  /** `messages` are those that the model is to see. */
  build(messages: readonly Message[]): LanguageModelV4Prompt {
    if (!this.#made.every((message, index) => messages[index] === message)) this.#begin();
    for (const message of messages.slice(this.#made.length)) this.#add(message);
    this.#made = [...messages];
    return [this.#system, ...this.#prompt, ...this.#closing()];
  }

  #begin(): void {
    this.#made = [];
    this.#prompt = [];
    this.#ids = new CallIds();
    this.#open = [];
    this.#last = undefined;
  }

  #add(message: Message): void {
    // A result whose call is not there, or has one, would be refused.
    if (message.role === 'tool' && this.#open.length === 0) return;
    if (message.role === 'tool') return this.#answer(message);
    if (this.#open.length > 0) this.#answer(NO_RESULTS);
    if (message.role === 'user') {
      if (this.#needsReplyBefore(message)) this.#prompt.push(NO_REPLY);
      this.#prompt.push({ role: 'user', content: [{ type: 'text', text: userText(message) }] });
      this.#last = message.origin === 'steer' ? 'steer' : 'user';
      return;
    }
    if (this.#last === undefined || this.#last === 'assistant') this.#prompt.push(GO_ON);
    const { content, calls } = assistantContent(message, this.#model, this.#ids);
    this.#prompt.push({ role: 'assistant', content });
    this.#open = calls;
    this.#last = 'assistant';
  }

  #answer(message: ToolMessage): void {
    this.#prompt.push({ role: 'tool', content: toolContent(message, this.#open) });
    this.#open = [];
    this.#last = 'tool';
  }

  #needsReplyBefore({ origin }: UserMessage): boolean {
    if (this.#last === undefined || this.#last === 'assistant') return false;
    // Steering comes in the middle of a run, right after tool results.
    return origin !== 'steer' || this.#last === 'user';
  }

  /** What a prompt needs at its end: it is the agent's turn, and no call of its own is open. */
  #closing(): LanguageModelV4Message[] {
    if (this.#open.length > 0) return [{ role: 'tool', content: toolContent(NO_RESULTS, this.#open) }];
    return this.#last === undefined || this.#last === 'assistant' ? [GO_ON] : [];
  }
}

export function toFunctionTools(tools: readonly Tool[]): NonNullable<LanguageModelV4CallOptions['tools']> {
  return tools.map(({ name, description, inputSchema }) => ({
    type: 'function',
    name,
    description: description.toWellFormed(),
    inputSchema,
  }));
}

/** Anthropic caches a prompt's prefix only on request; asked for the whole request, no message changes for it. */
export function cacheOption(model: PromptModel): Pick<LanguageModelV4CallOptions, 'providerOptions'> {
  return model.cacheControl === 'anthropic'
    ? { providerOptions: { anthropic: { cacheControl: { type: 'ephemeral' } } } }
    : {};
}

/** A turn that failed or was interrupted may have left no reply; the roles must alternate all the same (SPEC 4.1). */
const NO_REPLY: LanguageModelV4Message = {
  role: 'assistant',
  content: [{ type: 'text', text: '(No reply: the turn was cut off.)' }],
};

/** Between two replies, before the first and after the last one: many models take none without a message to answer. */
const GO_ON: LanguageModelV4Message = { role: 'user', content: [{ type: 'text', text: '(Go on.)' }] };

const NO_RESULTS: ToolMessage = { role: 'tool', results: [] };

function userText(message: UserMessage): string {
  const text = isBlank(message.text) ? '(An empty message.)' : message.text.toWellFormed();
  return message.origin === 'steer' ? `[The user adds while you work]\n${text}` : text;
}

type AssistantContent = Extract<LanguageModelV4Message, { role: 'assistant' }>['content'];
type CallPart = Extract<AssistantPart, { type: 'tool-call' }>;

/** A call that waits for its result. */
interface OpenCall {
  /** In the transcript. */
  readonly id: string;
  /** In the prompt. */
  readonly promptId: string;
  readonly name: string;
}

function assistantContent(message: AssistantMessage, model: PromptModel, ids: CallIds) {
  const content: AssistantContent = [];
  const calls: OpenCall[] = [];
  // Reasoning, signatures and ids are for the model that gave them: others refuse them, or take them for their own.
  // So is what belongs to a call that the provider ran itself: it is told apart from the others in no common way, so that
  // the call and all that hangs on it stay out, and what the model said of it stays.
  const isOwn = message.model === model.name && !message.parts.some(isExecuted);
  for (const part of message.parts) {
    const data = isOwn ? part.providerData : undefined;
    if (part.type === 'text') {
      if (!isBlank(part.text)) content.push({ type: 'text', text: part.text.toWellFormed(), ...optionsOf(data) });
    } else if (part.type === 'reasoning') {
      if (isOwn && (data !== undefined || !isBlank(part.text)))
        content.push({ type: 'reasoning', text: part.text.toWellFormed(), ...optionsOf(data) });
    } else if (part.executed === undefined) {
      const call = { id: part.call.id, promptId: ids.next(part.call.id), name: legalName(part.call.name) };
      calls.push(call);
      content.push(callContent(part, call.promptId, data));
    }
  }
  // Providers refuse a message without content.
  if (!content.some(({ type }) => type === 'text' || type === 'tool-call'))
    content.push({ type: 'text', text: '(No text.)' });
  return { content, calls };
}

function isExecuted(part: AssistantPart): boolean {
  return part.type === 'tool-call' && part.executed !== undefined;
}

function callContent({ call }: CallPart, toolCallId: string, data: ProviderData | undefined) {
  // Providers take objects only as arguments.
  const isLegal = call.malformed === undefined && isPlainObject(call.input);
  const input = legalValue(isLegal ? call.input : { malformed_arguments: call.input });
  return { type: 'tool-call', toolCallId, toolName: legalName(call.name), input, ...optionsOf(data) } as const;
}

function optionsOf(data: ProviderData | undefined): { readonly providerOptions?: ProviderData } {
  return data === undefined ? {} : { providerOptions: legalValue(data) as ProviderData };
}

type ToolContent = Extract<LanguageModelV4Message, { role: 'tool' }>['content'];

/** One result for each call, in the order of the calls; what else the message holds answers nothing. */
function toolContent(message: ToolMessage, calls: readonly OpenCall[]): ToolContent {
  const results = [...message.results];
  return calls.map(({ id, promptId, name }) => {
    const at = results.findIndex(({ callId }) => callId === id);
    const [result] = at < 0 ? [] : results.splice(at, 1);
    const text = result?.text.toWellFormed() ?? 'No result is known: the run was cut off.';
    return {
      type: 'tool-result',
      toolCallId: promptId,
      toolName: name,
      output: { type: result?.status === 'ok' ? 'text' : 'error-text', value: isBlank(text) ? '(No output.)' : text },
    };
  });
}
