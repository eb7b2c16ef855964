import { compact, isNearlyFull, tokensOf, type PromptSize } from './compaction';
import type { AgentEvent } from './events';
import type { AssistantPart, Message, Outcome, ToolCall } from './messages';
import { textOf, toolCallsOf } from './messages';
import type { AgentModel, Requester } from './model';
import { costOf, ModelError } from './model';
import { cacheOption, PromptBuilder, toFunctionTools, visibleMessages } from './modelPrompt';
import { readReply, Reply } from './reply';
import type { Tool, ToolContext } from './tool';
import { runToolCalls } from './toolCalls';

/** One agent run: from the last message of `history` to the final text. */
export interface AgentRun {
  readonly model: AgentModel;
  readonly system: string;
  /** The transcript so far; its last message is what the agent is to answer. */
  readonly history: readonly Message[];
  readonly tools: readonly Tool[];
  /** The context of every call, less what differs by call. */
  readonly toolContext: Omit<ToolContext, 'callId' | 'onOutput' | 'freeTokens'>;
  /** Model requests, at the most. */
  readonly maxIterations: number;
  /** Takes each new message of the transcript, in order; what it throws ends the run. */
  readonly append: (message: Message) => void;
  readonly onEvent: (event: AgentEvent) => void;
  /** Takes what the user wants said before the next request. */
  readonly takeSteer: () => readonly string[];
  /** Asked before each request: why it may not be made (a budget), or nothing. */
  readonly refuseRequest: () => string | undefined;
}

/**
 * Runs an agent to its end. Never rejects: a model that fails, an abort and a bug all end in an Outcome. Whatever it
 * appended is a transcript that a later run can go on from: every tool call in it has its one result.
 */
export async function runAgent(run: AgentRun, signal: AbortSignal): Promise<Outcome> {
  const state: RunState = {
    messages: [...run.history],
    prompt: new PromptBuilder(run.system, run.model),
    lastText: '',
    counted: { tokens: 0, messages: 0 },
  };
  try {
    return await steps(run, state, signal);
  } catch (error) {
    if (signal.aborted) return { status: 'interrupted', exitReason: 'interrupted', text: state.lastText };
    const message = error instanceof Error ? error.message : String(error);
    const problem = error instanceof ModelError ? { problem: error.kind } : {};
    return { status: 'failed', exitReason: 'error', text: state.lastText, error: message, ...problem };
  }
}

interface RunState {
  readonly messages: Message[];
  readonly prompt: PromptBuilder;
  /** The text of the newest reply that had any. */
  lastText: string;
  /** The provider's count of the last prompt and reply, and how many of the messages are in it; 0 = not known yet. */
  counted: { readonly tokens: number; readonly messages: number };
}

async function steps(run: AgentRun, state: RunState, signal: AbortSignal): Promise<Outcome> {
  for (let step = 1; step <= run.maxIterations; step++) {
    signal.throwIfAborted();
    const refusal = run.refuseRequest();
    if (refusal !== undefined) {
      return { status: 'interrupted', exitReason: 'budget', text: state.lastText, error: refusal };
    }
    for (const text of run.takeSteer()) append(run, state, { role: 'user', origin: 'steer', text });
    if (isNearlyFull(promptSize(run, state), run.model)) await makeRoom(run, state, signal);
    run.onEvent({ type: 'request', step });
    const calls = await request(run, state, signal);
    if (calls.length === 0) return { status: 'completed', exitReason: 'completed', text: state.lastText };
    await answerCalls(run, state, calls, signal);
  }
  return ranOut(run, state);
}

/** One reply of the model, appended; the tool calls in it are to be answered. */
async function request(run: AgentRun, state: RunState, signal: AbortSignal): Promise<readonly ToolCall[]> {
  const reply = await requestWithRoom(run, state, signal);
  const cost = costOf(reply.tokens, run.model.price);
  run.onEvent({ type: 'usage', tokens: reply.tokens, costUsd: cost });
  const message = { role: 'assistant', parts: withText(reply), model: run.model.name } as const;
  append(run, state, message);
  state.counted = { tokens: reply.tokens.input + reply.tokens.output, messages: state.messages.length };
  return toolCallsOf(message);
}

/** A reply with nothing in it would end the run without a word. */
function withText(reply: Reply): readonly AssistantPart[] {
  const parts = reply.parts();
  const silent = parts.every((part) => part.type === 'reasoning');
  const note = reply.cutByLength
    ? '(The reply was cut off: the model reached its limit of output tokens.)'
    : '(The model gave no text.)';
  return silent || (reply.cutByLength && !parts.some((part) => part.type === 'tool-call'))
    ? [...parts, { type: 'text', text: silent ? note : `\n\n${note}` }]
    : parts;
}

/** A provider may find the prompt too long though our count did not: then it is compacted once and tried again. */
async function requestWithRoom(run: AgentRun, state: RunState, signal: AbortSignal): Promise<Reply> {
  try {
    return await streamReply(run, state, signal);
  } catch (error) {
    if (!(error instanceof ModelError) || error.kind !== 'context-overflow') throw error;
    if (!(await makeRoom(run, state, signal))) throw error;
    return streamReply(run, state, signal);
  }
}

async function streamReply(run: AgentRun, state: RunState, signal: AbortSignal): Promise<Reply> {
  const { model, onEvent } = run;
  let reply = new Reply();
  const attempt = async () => {
    // Tools run only after a reply is complete, so trying again never repeats a call (SPEC 7.1).
    onEvent({ type: 'sent' });
    reply = new Reply();
    const { stream } = await model.languageModel.doStream({
      prompt: state.prompt.build(visibleMessages(state.messages)),
      tools: toFunctionTools(run.tools),
      maxOutputTokens: model.maxOutputTokens,
      abortSignal: signal,
      ...cacheOption(model),
    });
    await readReply(stream, reply, onEvent, signal);
    return reply;
  };
  try {
    return await model.runRequest(attempt, requesterOf(run), signal);
  } catch (error) {
    const parts = reply.partialParts();
    if (parts.length > 0) append(run, state, { role: 'assistant', parts, model: model.name, interrupted: true });
    throw error;
  }
}

function requesterOf({ toolContext, onEvent }: AgentRun): Requester {
  return { isConversation: toolContext.agent.depth === 0, onWait: (wait) => onEvent({ type: 'waiting', wait }) };
}

async function answerCalls(
  run: AgentRun,
  state: RunState,
  calls: readonly ToolCall[],
  signal: AbortSignal,
): Promise<void> {
  const free = Math.max(0, run.model.contextWindow - tokensOf(promptSize(run, state)));
  const contextOf = (call: ToolCall): ToolContext => ({
    ...run.toolContext,
    // The answers of all calls of the message have to fit.
    freeTokens: free / calls.length,
    callId: call.id,
    onOutput: (text) => run.onEvent({ type: 'tool-output', callId: call.id, text }),
  });
  const results = await runToolCalls(calls, run.tools, contextOf, run.onEvent, signal);
  append(run, state, { role: 'tool', results });
}

function append(run: AgentRun, state: RunState, message: Message): void {
  run.append(message);
  state.messages.push(message);
  if (message.role === 'assistant' && textOf(message) !== '') state.lastText = textOf(message);
}

function promptSize({ system }: AgentRun, { messages, counted }: RunState): PromptSize {
  return counted.tokens > 0
    ? { counted: counted.tokens, system: '', messages: messages.slice(counted.messages) }
    : { counted: 0, system, messages: visibleMessages(messages) };
}

async function makeRoom(run: AgentRun, state: RunState, signal: AbortSignal): Promise<boolean> {
  const tokensBefore = tokensOf(promptSize(run, state));
  const summary = await compact(state.messages, run.model, requesterOf(run), run.onEvent, signal);
  if (summary === undefined) return false;
  run.onEvent({ type: 'compacted', tokensBefore, messages: state.messages.length - (summary.keeps ?? 0) });
  append(run, state, summary);
  state.counted = { tokens: 0, messages: 0 };
  return true;
}

/** Out of iterations: what it said last counts as its result, marked as cut off (SPEC 2.6). */
function ranOut(run: AgentRun, state: RunState): Outcome {
  const error = `Reached the limit of ${run.maxIterations} model requests (fanout.delegation.maxIterations).`;
  return state.lastText === ''
    ? { status: 'failed', exitReason: 'max_iterations', text: '', error }
    : { status: 'completed', exitReason: 'max_iterations', text: state.lastText, error };
}
