import type { LanguageModelV4Prompt, LanguageModelV4ToolResultOutput } from '@ai-sdk/provider';

/** One part of a message as VS Code's models take it. */
export type ChatPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'call'; readonly id: string; readonly name: string; readonly input: object }
  | { readonly type: 'result'; readonly callId: string; readonly text: string };

export interface ChatMessage {
  readonly role: 'user' | 'assistant';
  readonly parts: readonly ChatPart[];
}

/**
 * A prompt as VS Code's models take it: there is no system role, so that the system text goes first in the first user
 * message, and tool results are the user's. Messages of one role in a row become one: some models insist on turns.
 */
export function toChatMessages(prompt: LanguageModelV4Prompt): ChatMessage[] {
  const messages: { role: ChatMessage['role']; parts: ChatPart[] }[] = [];
  for (const message of prompt) {
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const parts = partsOf(message);
    const last = messages.at(-1);
    if (parts.length === 0) continue;
    if (last?.role === role) last.parts.push(...parts);
    else messages.push({ role, parts });
  }
  return messages;
}

function partsOf(message: LanguageModelV4Prompt[number]): ChatPart[] {
  if (message.role === 'system') return textParts(message.content);
  if (message.role === 'user')
    return message.content.flatMap((part) => (part.type === 'text' ? textParts(part.text) : []));
  return message.content.flatMap((part): ChatPart[] => {
    switch (part.type) {
      case 'text':
        return textParts(part.text);
      case 'tool-call':
        return [{ type: 'call', id: part.toolCallId, name: part.toolName, input: toObject(part.input) }];
      case 'tool-result':
        return [{ type: 'result', callId: part.toolCallId, text: outputText(part.output) }];
      default:
        // Reasoning is the provider's own, and VS Code has no place for it.
        return [];
    }
  });
}

/** Blank texts are refused by some models. */
function textParts(text: string): ChatPart[] {
  return text.trim() === '' ? [] : [{ type: 'text', text }];
}

function toObject(input: unknown): object {
  return typeof input === 'object' && input !== null ? input : {};
}

function outputText(output: LanguageModelV4ToolResultOutput): string {
  const { type } = output;
  return type === 'text' || type === 'error-text'
    ? output.value
    : JSON.stringify('value' in output ? output.value : output);
}
