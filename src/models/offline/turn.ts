import type { LanguageModelV4CallOptions, LanguageModelV4Prompt } from '@ai-sdk/provider';

export interface OfflineCall {
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** A call that was made since the last request, with what came of it. */
export interface CallOutcome extends OfflineCall {
  readonly text: string;
  readonly failed: boolean;
}

/** What the offline model reads out of a prompt; it looks at nothing else. */
export interface OfflineTurn {
  /** The last user message. */
  readonly request: string;
  readonly system: string;
  /** Names of the tools on offer. */
  readonly tools: ReadonlySet<string>;
  /** The calls made since the request, one list for each time that calls were made. */
  readonly waves: readonly (readonly CallOutcome[])[];
  /** Calls in the whole conversation: the number of the next one. */
  readonly callCount: number;
}

export function readTurn({ prompt, tools = [] }: LanguageModelV4CallOptions): OfflineTurn {
  const start = prompt.findLastIndex(({ role }) => role === 'user');
  const request = prompt[start];
  const since = prompt.slice(start + 1);
  const results = resultsIn(since);
  const waves = since.map((message) => callsOf(message).map((call) => ({ ...call, ...results.get(call.id) })));
  return {
    request:
      request?.role === 'user' ? request.content.map((part) => (part.type === 'text' ? part.text : '')).join('') : '',
    system: prompt.map((message) => (message.role === 'system' ? message.content : '')).join('\n'),
    tools: new Set(tools.map(({ name }) => name)),
    waves: waves.filter((wave) => wave.length > 0),
    callCount: prompt.reduce((count, message) => count + callsOf(message).length, 0),
  };
}

function callsOf(message: LanguageModelV4Prompt[number]) {
  if (message.role !== 'assistant') return [];
  return message.content.flatMap((part) =>
    part.type === 'tool-call'
      ? [{ id: part.toolCallId, tool: part.toolName, input: asRecord(part.input), text: '', failed: true }]
      : [],
  );
}

function resultsIn(messages: LanguageModelV4Prompt): Map<string, { readonly text: string; readonly failed: boolean }> {
  const results = new Map<string, { readonly text: string; readonly failed: boolean }>();
  for (const message of messages) {
    if (message.role !== 'tool') continue;
    for (const part of message.content) {
      if (part.type !== 'tool-result') continue;
      const { output } = part;
      const text = 'value' in output && typeof output.value === 'string' ? output.value : JSON.stringify(output);
      results.set(part.toolCallId, { text, failed: output.type.startsWith('error') });
    }
  }
  return results;
}

function asRecord(input: unknown): Record<string, unknown> {
  return typeof input === 'object' && input !== null ? (input as Record<string, unknown>) : {};
}
