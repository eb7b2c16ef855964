import type { LanguageModelV4CallOptions, LanguageModelV4Message, LanguageModelV4Prompt } from '@ai-sdk/provider';
import type { AssistantMessage, AssistantPart, Message, ToolMessage, UserMessage } from './messages';
import type { AgentModel } from './model';
import type { Tool } from './tool';

/**
 * The messages that the model is to see: all of them, or, after a compaction, the summary, the messages that it
 * kept, and what came since (SPEC 7.2).
 */
export function visibleMessages(messages: readonly Message[]): readonly Message[] {
  const at = messages.findLastIndex(isSummary);
  const summary = messages[at];
  if (summary?.role !== 'user') return messages;
  const kept = messages.slice(at - (summary.keeps ?? 0), at).filter((message) => !isSummary(message));
  return [summary, ...kept, ...messages.slice(at + 1)];
}

function isSummary(message: Message): boolean {
  return message.role === 'user' && message.origin === 'summary';
}

/**
 * A transcript as a prompt. A message's part of it depends on that message and the one before only, so every later
 * request repeats the earlier one byte for byte (SPEC C26): the provider's prefix cache stays valid.
 */
export function toPrompt(system: string, messages: readonly Message[], model: AgentModel): LanguageModelV4Prompt {
  const prompt: LanguageModelV4Message[] = [{ role: 'system', content: system, ...cacheOption(model) }];
  let previous: Message | undefined;
  for (const message of visibleMessages(messages)) {
    if (needsReplyBefore(message, previous)) prompt.push(NO_REPLY);
    prompt.push(toModelMessage(message));
    previous = message;
  }
  return prompt;
}

export function toFunctionTools(tools: readonly Tool[]): NonNullable<LanguageModelV4CallOptions['tools']> {
  return tools.map(({ name, description, inputSchema }) => ({ type: 'function', name, description, inputSchema }));
}

/** Anthropic caches a prompt's prefix only on request; asked for the whole request, no message changes for it. */
export function cacheOption(model: AgentModel): Pick<LanguageModelV4CallOptions, 'providerOptions'> {
  return model.cacheControl === 'anthropic'
    ? { providerOptions: { anthropic: { cacheControl: { type: 'ephemeral' } } } }
    : {};
}

/** A turn that failed or was interrupted may have left no reply; the roles must alternate all the same (SPEC 4.1). */
const NO_REPLY: LanguageModelV4Message = {
  role: 'assistant',
  content: [{ type: 'text', text: '(No reply: the turn was cut off.)' }],
};

function needsReplyBefore(message: Message, previous: Message | undefined): boolean {
  if (message.role !== 'user' || previous === undefined || previous.role === 'assistant') return false;
  // Steering comes in the middle of a run, right after tool results.
  return !(message.origin === 'steer' && (previous.role === 'tool' || previous.origin === 'steer'));
}

function toModelMessage(message: Message): LanguageModelV4Message {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: [{ type: 'text', text: userText(message) }] };
    case 'assistant':
      return { role: 'assistant', content: assistantContent(message) };
    case 'tool':
      return { role: 'tool', content: toolContent(message) };
  }
}

function userText(message: UserMessage): string {
  return message.origin === 'steer' ? `[The user adds while you work]\n${message.text}` : message.text;
}

type AssistantContent = Extract<LanguageModelV4Message, { role: 'assistant' }>['content'];

function assistantContent(message: AssistantMessage): AssistantContent {
  const content: AssistantContent = message.parts.map((part) => toContentPart(part));
  // Providers refuse a message without content.
  if (message.parts.every((part) => part.type === 'reasoning')) content.push({ type: 'text', text: '(No text.)' });
  return content;
}

function toContentPart(part: AssistantPart): AssistantContent[number] {
  const options = part.providerData === undefined ? {} : { providerOptions: part.providerData };
  if (part.type !== 'tool-call') return { type: part.type, text: part.text, ...options };
  const { call } = part;
  // Providers take objects only as arguments.
  const input = call.malformed === undefined ? call.input : { malformed_arguments: call.input };
  return { type: 'tool-call', toolCallId: call.id, toolName: call.name, input, ...options };
}

type ToolContent = Extract<LanguageModelV4Message, { role: 'tool' }>['content'];

function toolContent(message: ToolMessage): ToolContent {
  return message.results.map((result) => ({
    type: 'tool-result',
    toolCallId: result.callId,
    toolName: result.toolName,
    output: { type: result.status === 'ok' ? 'text' : 'error-text', value: result.text },
  }));
}
