import type { LanguageModelV4StreamPart, LanguageModelV4Usage } from '@ai-sdk/provider';
import { estimateTokenCount } from 'tokenx';
import { StreamCutError } from '../agent/model';
import type { ChatMessage, ChatPart } from './languageModelPrompt';

/** What a model of VS Code's streams: text in pieces, tool calls whole. */
export type ReplyPart = Exclude<ChatPart, { type: 'result' }>;

/**
 * The reply as the agent loop reads it. VS Code tells no usage, so that tokens are estimated. Rejects with a StreamCutError
 * where the model said nothing at all.
 */
export async function* toStreamParts(
  reply: AsyncIterable<ReplyPart>,
  prompt: readonly ChatMessage[],
): AsyncGenerator<LanguageModelV4StreamPart> {
  yield { type: 'stream-start', warnings: [] };
  let texts = 0;
  let calls = 0;
  let open: string | undefined;
  let output = '';
  for await (const part of reply) {
    if (part.type === 'text') {
      if (part.text === '') continue;
      if (open === undefined) {
        open = `text-${++texts}`;
        yield { type: 'text-start', id: open };
      }
      output += part.text;
      yield { type: 'text-delta', id: open, delta: part.text };
      continue;
    }
    if (open !== undefined) yield { type: 'text-end', id: open };
    open = undefined;
    calls++;
    const input = JSON.stringify(part.input);
    output += input;
    yield { type: 'tool-call', toolCallId: part.id, toolName: part.name, input };
  }
  if (open !== undefined) yield { type: 'text-end', id: open };
  if (texts + calls === 0) throw new StreamCutError('The model gave no answer.');
  const reason = calls > 0 ? 'tool-calls' : 'stop';
  yield { type: 'finish', finishReason: { unified: reason, raw: undefined }, usage: estimateUsage(prompt, output) };
}

function estimateUsage(prompt: readonly ChatMessage[], output: string): LanguageModelV4Usage {
  const input = prompt.flatMap(({ parts }) => parts.map(partText)).join('\n');
  return {
    inputTokens: { total: estimateTokenCount(input), noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: estimateTokenCount(output), text: undefined, reasoning: undefined },
  };
}

function partText(part: ChatPart): string {
  return part.type === 'call' ? JSON.stringify(part.input) : part.text;
}
