import type { SharedV4ProviderMetadata } from '@ai-sdk/provider';

/** What a provider wants back with a part (a reasoning signature, say); opaque to us. */
export type ProviderData = SharedV4ProviderMetadata;

/** One call of a tool by a model. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** The parsed arguments; the raw text where they were not JSON. */
  readonly input: unknown;
  /** Set where the arguments were not a JSON object: what was wrong with them. */
  readonly malformed?: string;
}

export type ToolStatus = 'ok' | 'error' | 'denied' | 'interrupted';

/** The one answer to one tool call. */
export interface ToolResult {
  readonly callId: string;
  readonly toolName: string;
  readonly status: ToolStatus;
  readonly text: string;
}

/**
 * Where a user-role message comes from: typed by the user, a completion block, a steering message, the task of a
 * child, a continuation of an earlier run, the summary that a compaction left, or Fanout's word on what a reply lacked.
 */
export type UserOrigin = 'user' | 'completion' | 'steer' | 'task' | 'continue' | 'summary' | 'correction';

export interface UserMessage {
  readonly role: 'user';
  readonly origin: UserOrigin;
  readonly text: string;
  /** `user` only: what the view calls it. A copy that it sends again, because it was not told of the first, is known by it. */
  readonly typedId?: string;
  /** The delegation that a `completion` message carries. */
  readonly delegationId?: string;
  /** `summary` only: how many of the messages right before this one stay in the prompt after it; older summaries do not. */
  readonly keeps?: number;
  /** `summary` only: of each text of those messages, no more than so many characters are shown. */
  readonly shown?: number;
  /** `summary` only: what the model wrote of what came before, for the next summary to go on from. */
  readonly summary?: string;
  /** `summary` only. */
  readonly usage?: Usage;
}

/** What requests took. */
export interface Usage {
  readonly tokens: Tokens;
  /** USD; null where it is not known. */
  readonly costUsd: number | null;
}

export type AssistantPart =
  | { readonly type: 'text'; readonly text: string; readonly providerData?: ProviderData }
  | { readonly type: 'reasoning'; readonly text: string; readonly providerData?: ProviderData }
  | {
      readonly type: 'tool-call';
      readonly call: ToolCall;
      readonly providerData?: ProviderData;
      /** The provider ran it itself, nobody answers it, and this is what came of it; empty where it did not say. */
      readonly executed?: { readonly text: string; readonly isError?: true };
    };

export interface AssistantMessage {
  readonly role: 'assistant';
  readonly parts: readonly AssistantPart[];
  /** The model's name as in the settings, `acme/large`. */
  readonly model: string;
  /** Absent where the request did not come to its end. */
  readonly usage?: Usage;
  /** The run was interrupted while this streamed: the text is partial. */
  readonly interrupted?: true;
}

export interface ToolMessage {
  readonly role: 'tool';
  readonly results: readonly ToolResult[];
}

/** One entry of a transcript. Transcripts only grow: no entry is ever changed (SPEC 4.1). */
export type Message = UserMessage | AssistantMessage | ToolMessage;

/** Token counts as the provider reports them. `cached` is the part of `input` that was read from its prompt cache. */
export interface Tokens {
  readonly input: number;
  readonly output: number;
  readonly cached: number;
  /** The provider did not count all of it; our own estimate is in it. */
  readonly estimated?: true;
}

export const NO_TOKENS: Tokens = { input: 0, output: 0, cached: 0 };

export function addTokens(a: Tokens, b: Tokens): Tokens {
  const sum = { input: a.input + b.input, output: a.output + b.output, cached: a.cached + b.cached };
  return a.estimated || b.estimated ? { ...sum, estimated: true } : sum;
}

export const NO_USAGE: Usage = { tokens: NO_TOKENS, costUsd: 0 };

/** What is not known of one of them is not known of both. */
export function addUsage(a: Usage, b: Usage): Usage {
  const costUsd = a.costUsd === null || b.costUsd === null ? null : a.costUsd + b.costUsd;
  return { tokens: addTokens(a.tokens, b.tokens), costUsd };
}

/** One line of a run's tool trace (SPEC 2.6). */
export interface ToolTraceEntry {
  readonly tool: string;
  readonly args_bytes: number;
  readonly result_bytes: number;
  readonly status: ToolStatus;
}

/** Why a model request failed for good. */
export type ModelProblem =
  | 'no-model'
  | 'auth'
  | 'rate-limit'
  | 'overload'
  | 'network'
  | 'cut'
  | 'context-overflow'
  | 'not-found'
  | 'bad-request'
  | 'refused'
  | 'server';

export type ExitReason = 'completed' | 'max_iterations' | 'budget' | 'interrupted' | 'error' | 'stalled' | 'lost';

/** How an agent run ended. `text` is the final text, or the last one where there is no final one. */
export interface Outcome {
  readonly status: 'completed' | 'failed' | 'interrupted';
  readonly exitReason: ExitReason;
  readonly text: string;
  /** The final text was cut by the model's limit of output tokens. */
  readonly truncated?: true;
  /** One clear sentence; set where `status` is `failed`. */
  readonly error?: string;
  /** What kind of trouble the model had, where it was that. */
  readonly problem?: ModelProblem;
}

/** The text of a message as a reader sees it: no reasoning, no tool calls. */
export function textOf(message: Message): string {
  switch (message.role) {
    case 'user':
      return message.text;
    case 'assistant':
      return message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
    case 'tool':
      return message.results.map((result) => result.text).join('\n');
  }
}

/**
 * The answer to the calls that a cut-off run left without one: every call has its one result before anything else is
 * said. Undefined where none is open.
 */
export function answerOpenCalls(messages: readonly Message[], text: string): ToolMessage | undefined {
  const last = messages.at(-1);
  const open = last?.role === 'assistant' ? toolCallsOf(last) : [];
  if (open.length === 0) return undefined;
  const results = open.map(({ id, name }) => ({ callId: id, toolName: name, status: 'interrupted', text }) as const);
  return { role: 'tool', results };
}

/** The calls that want a result. */
/** The answer to a call that was cut off with its agent. */
export const CUT_OFF =
  'Interrupted: the agent was cut off while this ran. It may have taken effect: look before you repeat it.';

export function toolCallsOf(message: AssistantMessage): ToolCall[] {
  return message.parts.flatMap((part) => (part.type === 'tool-call' && part.executed === undefined ? [part.call] : []));
}
