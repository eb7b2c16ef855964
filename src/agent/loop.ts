import { compact } from './compaction';
import type { AgentEvent } from './events';
import { isBlank } from './legalText';
import type { AssistantMessage, Message, Outcome, ToolCall } from './messages';
import { CUT_OFF, textOf, toolCallsOf } from './messages';
import type { AgentModel, Requester } from './model';
import { ModelError } from './model';
import { cacheOption, toFunctionTools } from './modelPrompt';
import { readReply, Reply } from './reply';
import { correctionOf, failureOf, lackOf, type Lack } from './replyLack';
import { usageOf } from './replyUsage';
import { RunPrompt } from './runPrompt';
import type { Allowance } from './summary';
import type { Tool, ToolContext } from './tool';
import { ToolFault } from './tool';
import { runToolCalls } from './toolCalls';

/** One agent run: from the last message of `history` to the final text. */
export interface AgentRun {
  readonly model: AgentModel;
  readonly system: string;
  /** The transcript so far; its last message is what the agent is to answer. */
  readonly history: readonly Message[];
  readonly tools: readonly Tool[];
  /** The context of every call, less what differs by call. */
  readonly toolContext: Omit<ToolContext, 'callId' | 'callKey' | 'onOutput' | 'freeTokens'>;
  /** Model requests, at the most. */
  readonly maxIterations: number;
  /** What the agent said last before it was cut off, where it goes on. */
  readonly lastText?: string;
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
    prompt: new RunPrompt(run),
    lastText: run.lastText ?? '',
    streaming: new Reply(),
    corrected: false,
    allowance: { requests: 0 },
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
  readonly prompt: RunPrompt;
  /** The text of the newest reply that had any. */
  lastText: string;
  /** The reply of the newest attempt. */
  streaming: Reply;
  /** The model was told what its last reply lacked, and has called no tool since. */
  corrected: boolean;
  /** Of the current step. */
  allowance: Allowance;
}

/** Requests for summaries that one step may make. */
const MOST_SUMMARIES = 4;
/** Requests of one step that the provider may find too long; before each but the first the prompt is halved. */
const MOST_OVERFLOWS = 4;

async function steps(run: AgentRun, state: RunState, signal: AbortSignal): Promise<Outcome> {
  await answerOpen(run, state, signal);
  for (let step = 1; step <= run.maxIterations; step++) {
    signal.throwIfAborted();
    const refusal = run.refuseRequest();
    if (refusal !== undefined) {
      return { status: 'interrupted', exitReason: 'budget', text: state.lastText, error: refusal };
    }
    for (const text of run.takeSteer()) append(run, state, { role: 'user', origin: 'steer', text });
    state.allowance = { requests: MOST_SUMMARIES };
    if (state.prompt.isNearlyFull) await makeRoom(run, state, signal);
    run.onEvent({ type: 'request', step });
    const { calls, lack, reply } = await request(run, state, signal);
    if (calls.length > 0) {
      state.corrected = false;
      await answerCalls(run, state, calls, signal);
    } else if (lack !== undefined && !state.corrected) {
      state.corrected = true;
      append(run, state, correctionOf(lack, reply.cutByLength));
    } else return ending(run, state, reply, lack);
  }
  return ranOut(run, state);
}

/** The end of a run that called no tool any more. */
function ending({ model }: AgentRun, { lastText: text }: RunState, reply: Reply, lack: Lack | undefined): Outcome {
  const error = lack === undefined ? undefined : failureOf(lack, model.name, !isBlank(reply.text));
  if (error !== undefined) return { status: 'failed', exitReason: 'error', text, error };
  return { status: 'completed', exitReason: 'completed', text, ...(reply.cutByLength ? { truncated: true } : {}) };
}

interface Answer {
  readonly reply: Reply;
  /** To be answered. */
  readonly calls: readonly ToolCall[];
  readonly lack: Lack | undefined;
}

/** One reply of the model, appended. */
async function request(run: AgentRun, state: RunState, signal: AbortSignal): Promise<Answer> {
  const { model, tools } = run;
  const reply = await keepingPartial(run, state, () => requestWithRoom(run, state, signal));
  const usage = usageOf(reply, () => state.prompt.tokens, model.price);
  run.onEvent({ type: 'usage', ...usage });
  const said: AssistantMessage = { role: 'assistant', parts: reply.parts(), model: model.name, usage };
  const calls = toolCallsOf(said);
  const lack = calls.length > 0 ? undefined : lackOf(reply, namesOf(tools));
  const isFailed =
    lack !== undefined && state.corrected && failureOf(lack, model.name, !isBlank(reply.text)) !== undefined;
  // What failed can be tried again, from where it was.
  append(run, state, isFailed ? { ...said, interrupted: true } : said);
  state.prompt.learn(usage.tokens);
  return { reply, calls, lack };
}

/** What a request that failed for good had said is part of the transcript, marked as partial. */
async function keepingPartial<T>(run: AgentRun, state: RunState, attempt: () => Promise<T>): Promise<T> {
  state.streaming = new Reply();
  try {
    return await attempt();
  } catch (error) {
    const parts = state.streaming.partialParts();
    if (parts.length > 0) append(run, state, { role: 'assistant', parts, model: run.model.name, interrupted: true });
    throw error;
  }
}

/** A provider may find the prompt too long though our count did not: then it is cut to half, a few times over. */
async function requestWithRoom(run: AgentRun, state: RunState, signal: AbortSignal): Promise<Reply> {
  for (let overflows = 1; ; overflows++) {
    try {
      return await streamReply(run, state, signal);
    } catch (error) {
      if (!(error instanceof ModelError) || error.kind !== 'context-overflow' || overflows >= MOST_OVERFLOWS)
        throw error;
      state.prompt.overflowed();
      if (!(await makeRoom(run, state, signal))) throw error;
    }
  }
}

function streamReply(run: AgentRun, state: RunState, signal: AbortSignal): Promise<Reply> {
  const { model, onEvent } = run;
  const attempt = async () => {
    // Tools run only after a reply is complete, so trying again never repeats a call (SPEC 7.1).
    onEvent({ type: 'sent' });
    const reply = new Reply(model.maxOutputTokens, namesOf(run.tools));
    state.streaming = reply;
    const { stream } = await model.languageModel.doStream({
      prompt: state.prompt.build(),
      tools: toFunctionTools(run.tools),
      maxOutputTokens: model.maxOutputTokens,
      abortSignal: signal,
      ...cacheOption(model),
    });
    await readReply(stream, reply, onEvent, signal);
    return reply;
  };
  return model.runRequest(attempt, requesterOf(run), signal);
}

function namesOf(tools: readonly Tool[]): string[] {
  return tools.map(({ name }) => name);
}

function requesterOf({ toolContext, onEvent }: AgentRun): Requester {
  return { isConversation: toolContext.agent.depth === 0, onWait: (wait) => onEvent({ type: 'waiting', wait }) };
}

/**
 * A run that was cut off left calls without a result: those of tools that can go on are made again, of the others nobody
 * knows how far they came.
 */
async function answerOpen(run: AgentRun, state: RunState, signal: AbortSignal): Promise<void> {
  const last = state.prompt.messages.at(-1);
  const open = last?.role === 'assistant' ? toolCallsOf(last) : [];
  if (open.length === 0) return;
  const tools = run.tools.map((tool) => (tool.goesOn === true ? tool : { ...tool, call: cutOff }));
  await answerCalls({ ...run, tools }, state, open, signal);
}

const cutOff: Tool['call'] = () => Promise.reject(new ToolFault(CUT_OFF, 'interrupted'));

async function answerCalls(
  run: AgentRun,
  state: RunState,
  calls: readonly ToolCall[],
  signal: AbortSignal,
): Promise<void> {
  const free = Math.max(0, run.model.contextWindow - state.prompt.tokens);
  const key = state.prompt.messages.length;
  const contextOf = (call: ToolCall): ToolContext => ({
    ...run.toolContext,
    // The answers of all calls of the message have to fit.
    freeTokens: free / calls.length,
    callId: call.id,
    // A transcript only grows, so the number of messages names this one.
    callKey: `${key}.${call.id}`,
    onOutput: (text) => run.onEvent({ type: 'tool-output', callId: call.id, text }),
  });
  const results = await runToolCalls(calls, run.tools, contextOf, run.onEvent, signal);
  append(run, state, { role: 'tool', results });
}

function append(run: AgentRun, state: RunState, message: Message): void {
  run.append(message);
  state.prompt.add(message);
  if (message.role === 'assistant' && !isBlank(textOf(message))) state.lastText = textOf(message);
}

async function makeRoom(run: AgentRun, { prompt, allowance }: RunState, signal: AbortSignal): Promise<boolean> {
  const tokensBefore = Math.round(prompt.tokens);
  const { messages } = prompt;
  const ratio = prompt.learnedRatio();
  const source = { messages, model: run.model, requester: requesterOf(run), ratio, allowance };
  const made = await compact(source, run.onEvent, signal);
  if (made === undefined) return false;
  const { message, plain } = made;
  run.onEvent({
    type: 'compacted',
    tokensBefore,
    messages: messages.length - (message.keeps ?? 0),
    ...(plain ? { plain } : {}),
  });
  run.append(message);
  prompt.add(message);
  return true;
}

/** Out of iterations: what it said last counts as its result, marked as cut off (SPEC 2.6). */
function ranOut(run: AgentRun, state: RunState): Outcome {
  const error = `Reached the limit of ${run.maxIterations} model requests (fanout.delegation.maxIterations).`;
  return state.lastText === ''
    ? { status: 'failed', exitReason: 'max_iterations', text: '', error }
    : { status: 'completed', exitReason: 'max_iterations', text: state.lastText, error };
}
