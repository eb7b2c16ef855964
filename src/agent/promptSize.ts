import { estimateTokenCount } from 'tokenx';
import type { AssistantPart, Message } from './messages';
import type { AgentModel } from './model';
import { visibleMessages } from './modelPrompt';

/** Part of the room for input at which the older messages are compacted. */
const FULL = 0.85;

/** What is known of the size of a prompt. */
export interface PromptSize {
  /** Tokens of its beginning, as the provider counted them; 0 where it has not yet. */
  readonly counted: number;
  /** The system prompt and the tools where they are not counted; else empty. */
  readonly system: string;
  /** The messages that are not counted. */
  readonly messages: readonly Message[];
  /** Tokens of the provider's for one of our estimate; 1 where absent. */
  readonly ratio?: number;
}

type CountTokens = (text: string) => number;

/** Tokens that a prompt may have: the window, less the room for the reply (at most half of the window). */
export function inputRoom(model: Pick<AgentModel, 'contextWindow' | 'maxOutputTokens'>): number {
  return model.contextWindow - Math.min(model.maxOutputTokens, model.contextWindow / 2);
}

export function isNearlyFull(size: PromptSize, model: AgentModel): boolean {
  const limit = inputRoom(model) * FULL;
  // Mostly there is so much room that the number of characters settles it.
  return tokensOf(size, atMost) > limit && tokensOf(size) > limit;
}

/** What the provider has not counted is estimated: 5 % off on code, more for other tokenizers than the common ones. */
export function tokensOf(
  { counted, system, messages, ratio = 1 }: PromptSize,
  count: CountTokens = estimateTokenCount,
): number {
  const estimate = messages.reduce((sum, message) => sum + messageTokens(message, count), count(system));
  return counted + estimate * ratio;
}

/** The same where the provider has counted nothing yet. */
export function estimateTokens(system: string, messages: readonly Message[]): number {
  return tokensOf({ counted: 0, system, messages: visibleMessages(messages) });
}

/** No message changes, so that each is estimated once. */
const estimates = new WeakMap<Message, number>();

export function messageTokens(message: Message, count: CountTokens = estimateTokenCount): number {
  if (count !== estimateTokenCount) return count(textIn(message)) + 8;
  const known = estimates.get(message) ?? count(textIn(message)) + 8;
  estimates.set(message, known);
  return known;
}

/** Tokens of what a model said. */
export function partTokens(parts: readonly AssistantPart[]): number {
  return estimateTokenCount(parts.map(partText).join('\n'));
}

/** No text is estimated at more: the dearest characters, pictographs, count as two. */
function atMost(text: string): number {
  return text.length * 2;
}

function textIn(message: Message): string {
  switch (message.role) {
    case 'user':
      return message.text;
    case 'assistant':
      return message.parts.map(partText).join('\n');
    case 'tool':
      return message.results.map(({ text }) => text).join('\n');
  }
}

function partText(part: AssistantPart): string {
  return part.type === 'tool-call' ? `${part.call.name} ${JSON.stringify(part.call.input)}` : part.text;
}
