import type {
  LanguageModelV4CallOptions,
  LanguageModelV4Message,
  LanguageModelV4ToolResultPart,
} from '@ai-sdk/provider';
import type { Body } from '../peculiarities';
import { field } from '../vendorAnswer';
import { reasoningDataOf } from './reasoning';

/** Whose prompt it is: decides on what goes back with the messages. */
export interface Addressee {
  readonly providerId: string;
  readonly modelId: string;
}

/** The messages of a request of chat completions. A message's part depends on that message only (SPEC C26). */
export function toChatMessages(prompt: LanguageModelV4CallOptions['prompt'], addressee: Addressee): Body[] {
  return prompt.flatMap((message) => toChat(message, addressee));
}

export function toChatTools(tools: LanguageModelV4CallOptions['tools']): { readonly tools?: readonly Body[] } {
  const functions = (tools ?? []).flatMap((tool) => (tool.type === 'function' ? [tool] : []));
  // An empty list is refused by some.
  if (functions.length === 0) return {};
  return {
    tools: functions.map(({ name, description, inputSchema }) => ({
      type: 'function',
      function: { name, description, parameters: inputSchema },
    })),
  };
}

function toChat(message: LanguageModelV4Message, addressee: Addressee): Body[] {
  switch (message.role) {
    case 'system':
      return [{ role: 'system', content: message.content }];
    case 'user':
      return [{ role: 'user', content: userContent(message.content) }];
    case 'assistant':
      return [assistantMessage(message.content, addressee)];
    case 'tool':
      return message.content.flatMap((part) => (part.type === 'tool-result' ? [toolMessage(part)] : []));
  }
}

type UserContent = Extract<LanguageModelV4Message, { role: 'user' }>['content'];

/** A text where it is nothing but text: many local servers take no parts. */
function userContent(parts: UserContent): unknown {
  if (parts.every((part) => part.type === 'text')) return parts.map((part) => part.text).join('\n\n');
  return parts.map((part) => (part.type === 'text' ? { type: 'text', text: part.text } : filePart(part)));
}

function filePart({ data, mediaType }: Extract<UserContent[number], { type: 'file' }>): unknown {
  switch (data.type) {
    case 'url':
      return { type: 'image_url', image_url: { url: data.url.toString() } };
    case 'data': {
      const base64 = typeof data.data === 'string' ? data.data : Buffer.from(data.data).toString('base64');
      return { type: 'image_url', image_url: { url: `data:${mediaType};base64,${base64}` } };
    }
    case 'text':
      return { type: 'text', text: data.text };
    case 'reference':
      throw new Error('Chat completions know no references to files.');
  }
}

type AssistantContent = Extract<LanguageModelV4Message, { role: 'assistant' }>['content'];

function assistantMessage(parts: AssistantContent, addressee: Addressee): Body {
  const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  const calls = parts.flatMap((part) => (part.type === 'tool-call' ? [toolCall(part, addressee)] : []));
  const { thoughts, ...reasoning } = reasoningFields(parts, addressee);
  const content = thoughts.length === 0 ? text : [...thoughts, ...(text === '' ? [] : [{ type: 'text', text }])];
  return {
    role: 'assistant',
    content: content === '' && calls.length > 0 ? null : content,
    ...reasoning,
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}

/** Reasoning under the names under which it came, and only where this model's family wrote it. */
function reasoningFields(
  parts: AssistantContent,
  { providerId, modelId }: Addressee,
): Body & { readonly thoughts: readonly unknown[] } {
  const texts: Record<string, string> = {};
  const details: unknown[] = [];
  const thoughts: unknown[] = [];
  for (const part of parts) {
    if (part.type !== 'reasoning') continue;
    const kept = reasoningDataOf(part.providerOptions, providerId, modelId);
    details.push(...(kept?.details ?? []));
    // The blocks hold the text already.
    if (kept?.field === undefined || part.text === '' || (kept.details?.length ?? 0) > 0) continue;
    if (kept.field === 'content') thoughts.push({ type: 'thinking', thinking: [{ type: 'text', text: part.text }] });
    else texts[kept.field] = (texts[kept.field] ?? '') + part.text;
  }
  return { ...texts, ...(details.length === 0 ? {} : { reasoning_details: details }), thoughts };
}

function toolCall(
  { toolCallId, toolName, input, providerOptions }: Extract<AssistantContent[number], { type: 'tool-call' }>,
  { providerId }: Addressee,
): Body {
  const kept = field(providerOptions, providerId);
  return {
    id: toolCallId,
    type: 'function',
    function: { name: toolName, arguments: JSON.stringify(input) },
    ...(typeof kept === 'object' ? kept : {}),
  };
}

function toolMessage({ toolCallId, output }: LanguageModelV4ToolResultPart): Body {
  return { role: 'tool', tool_call_id: toolCallId, content: outputText(output) };
}

function outputText(output: LanguageModelV4ToolResultPart['output']): string {
  switch (output.type) {
    case 'text':
    case 'error-text':
      return output.value;
    case 'json':
    case 'error-json':
      return JSON.stringify(output.value);
    case 'execution-denied':
      return output.reason ?? 'The user did not allow this.';
    case 'content':
      return output.value.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
  }
}
