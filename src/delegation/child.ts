import type { AgentEvent } from '../agent/events';
import type { AgentRun } from '../agent/loop';
import { runAgent } from '../agent/loop';
import type { Message, Outcome } from '../agent/messages';
import { answerOpenCalls, CUT_OFF, textOf, toolCallsOf } from '../agent/messages';
import type { AgentModel } from '../agent/model';
import { ModelError } from '../agent/model';
import type { PromptWorkspace } from '../agent/prompts';
import { childPrompt, childTask } from '../agent/prompts';
import type { AgentIdentity, ApprovalDecision, ApprovalRequest, Tool } from '../agent/tool';
import type { Child, ChildEnding, Delegation, Task } from './delegation';
import { interrupted } from './delegation';
import type { ProgressChange } from './progress';
import type { RunChild } from './delegationRun';
import type { ChildHooks } from './runningChild';
import { held, schemaRequest } from './structured';
import { WorktreeFault } from './worktree';

/** Where a child works: in the user's files or in a worktree. */
export interface Workplace {
  /** Those of the child's toolsets, and `delegate_task` only for an orchestrator with room below it. */
  readonly tools: readonly Tool[];
  readonly workspace: PromptWorkspace;
  /** Called once, when the run has let go of all that it held there, however it ended. Never rejects. */
  leave(): Promise<void>;
}

export interface ChildPorts {
  /** Rejects with a ModelError where there is no such model. */
  readonly model: (name: string) => Promise<AgentModel>;
  /** Rejects with a WorktreeFault where the child cannot have the place that the settings give it. */
  readonly workplace: (delegation: Delegation, child: Child, signal: AbortSignal) => Promise<Workplace>;
  readonly approve: (agent: AgentIdentity, request: ApprovalRequest, signal: AbortSignal) => Promise<ApprovalDecision>;
  /** Keeps the child's transcript. */
  readonly append: (childId: string, message: Message) => void;
  /** What was kept of a child; empty where nothing was. */
  readonly transcript: (childId: string) => readonly Message[];
  readonly maxIterations: () => number;
}

/** Makes the function that the pool runs for each child: an agent run with a child's prompt, tools and transcript. */
export function createRunChild(ports: ChildPorts): RunChild {
  return async (delegation, child, hooks, signal) => {
    const model = await hadOrError(ports.model(child.task.model), signal);
    if (model instanceof Error) return notBegun(model, child, signal);
    const workplace = await hadOrError(ports.workplace(delegation, child, signal), signal);
    if (workplace instanceof Error) return notBegun(workplace, child, signal);
    const { tools, workspace } = workplace;
    const orchestrator = tools.some((tool) => tool.name === 'delegate_task');
    const { goal, outputSchema } = child.task;
    const format = outputSchema === undefined ? '' : schemaRequest(outputSchema);
    const assignment = { goal, context: child.task.context, format, orchestrator };
    const opening = openingOf(ports, child, childTask(assignment));
    const messages = [...opening.kept];
    const append = (message: Message) => {
      // What a suspended run still says belongs to no whole step: it goes on from what is kept.
      if (!hooks.isSuspended()) ports.append(child.id, message);
      messages.push(message);
    };
    const context = toolContext(ports, delegation, child, hooks, workspace.worktree !== undefined);
    let requests = opening.steps;
    const run = () => {
      const agent: AgentRun = {
        model,
        system: childPrompt(workspace, assignment),
        history: [...messages],
        tools,
        toolContext: context,
        maxIterations: Math.max(opening.steps > 0 ? 0 : 1, ports.maxIterations() - requests),
        lastText: opening.lastText,
        append,
        onEvent: (event) => {
          if (event.type === 'request') requests++;
          reportProgress(event, model, hooks);
        },
        takeSteer: () => hooks.takeSteer(),
        refuseRequest: () => hooks.refuseRequest(),
      };
      return runAgent(agent, signal);
    };
    try {
      opening.fresh.forEach(append);
      const first = hasSaidAll(opening) ? saidAll(opening) : await run();
      if (outputSchema === undefined) return endingOf(first);
      const { outcome, structured } = await held(first, outputSchema, (text) => {
        append({ role: 'user', origin: 'continue', text });
        return run();
      });
      return { ...endingOf(outcome), ...structured };
    } finally {
      await workplace.leave();
    }
  };
}

/** A model or a place that cannot be had is the user's to mend, and no crash; nor is what an abort cut short. */
async function hadOrError<T>(wanted: Promise<T>, signal: AbortSignal): Promise<T | Error> {
  try {
    return await wanted;
  } catch (error) {
    if (error instanceof ModelError || error instanceof WorktreeFault) return error;
    if (signal.aborted && error instanceof Error) return error;
    throw error;
  }
}

/** What a child begins with, or goes on from. */
interface Opening {
  /** Its own transcript, where it was cut off. */
  readonly kept: readonly Message[];
  /** Its task, or the transcript that it goes on with and one more message; or nothing. */
  readonly fresh: readonly Message[];
  /** Whole replies of the model that it had already. */
  readonly steps: number;
  readonly lastText: string;
}

function openingOf(ports: ChildPorts, { id, task }: Child, first: string): Opening {
  const earlier = task.continues === undefined ? [] : ports.transcript(task.continues.childId);
  const kept = ports.transcript(id);
  if (kept.length === 0) return { kept, fresh: beginning(task, earlier, first), steps: 0, lastText: '' };
  const said = wholeReplies(kept).slice(wholeReplies(earlier).length);
  const lastText = said.map(textOf).findLast((text) => text !== '') ?? '';
  return { kept, fresh: goOnFrom(kept), steps: said.length, lastText };
}

function beginning({ continues }: Task, earlier: readonly Message[], first: string): readonly Message[] {
  if (continues === undefined || earlier.length === 0) return [{ role: 'user', origin: 'task', text: first }];
  const open = answerOpenCalls(earlier, CUT_OFF);
  const message: Message = { role: 'user', origin: 'continue', text: `${continues.message}\n\n${LOOK_FIRST}`.trim() };
  return [...earlier, ...(open === undefined ? [] : [open]), message];
}

/** A prompt must not end with the agent's own half sentence. */
function goOnFrom(own: readonly Message[]): readonly Message[] {
  const last = own.at(-1);
  if (last?.role !== 'assistant' || last.interrupted !== true) return [];
  return [{ role: 'user', origin: 'continue', text: 'Go on from where you were cut off.' }];
}

function saidAll({ lastText }: Opening): Outcome {
  return { status: 'completed', exitReason: 'completed', text: lastText };
}

function wholeReplies(messages: readonly Message[]): readonly Message[] {
  return messages.filter((message) => message.role === 'assistant' && message.interrupted !== true);
}

/** It was cut off between its last word and its end. */
function hasSaidAll({ kept, fresh }: Opening): boolean {
  const last = kept.at(-1);
  return fresh.length === 0 && last?.role === 'assistant' && toolCallsOf(last).length === 0;
}

const LOOK_FIRST =
  'You go on from an earlier run of yours, which ended before this message. Time has passed and files may have changed: look at the workspace (what you had written, git status) before you change anything, do not repeat what is done, and then finish the task and report.';

/** The ending of a child that never began. */
function notBegun({ message }: Error, child: Child, signal: AbortSignal): ChildEnding {
  if (signal.aborted) return interrupted(child, 'Interrupted before it began.');
  return { status: 'failed', exitReason: 'error', summary: '', truncated: false, error: message };
}

function toolContext(ports: ChildPorts, delegation: Delegation, child: Child, hooks: ChildHooks, isolated: boolean) {
  const agent: AgentIdentity = {
    sessionId: delegation.sessionId,
    depth: delegation.depth,
    delegationId: delegation.id,
    childId: child.id,
    label: child.task.goal,
    ...(isolated ? { isolated: true as const } : {}),
  };
  let waiting = 0;
  const approve = async (request: ApprovalRequest, signal: AbortSignal) => {
    hooks.onProgress({ type: 'approvals', waiting: ++waiting });
    try {
      return await ports.approve(agent, request, signal);
    } finally {
      hooks.onProgress({ type: 'approvals', waiting: --waiting });
    }
  };
  return { agent, ledger: new Map(), toolsets: child.task.toolsets, approve };
}

function endingOf({ status, exitReason, text, error, truncated }: Outcome): ChildEnding {
  const final = exitReason === 'completed';
  return {
    status,
    exitReason,
    summary: text,
    truncated: truncated === true || (!final && text !== ''),
    ...(error === undefined ? {} : { error }),
  };
}

function reportProgress(event: AgentEvent, model: AgentModel, hooks: ChildHooks): void {
  const change = toProgress(event, model);
  hooks.onProgress(change);
}

function toProgress(event: AgentEvent, model: AgentModel): ProgressChange {
  switch (event.type) {
    case 'request':
      return { type: 'request', priced: model.price !== undefined };
    case 'sent':
      return { type: 'sent' };
    case 'waiting':
      return { type: 'waiting', activity: event.wait.reason };
    case 'text':
      return { type: 'text', delta: event.delta };
    case 'usage':
      return { type: 'usage', tokens: event.tokens, costUsd: event.costUsd };
    case 'tool-started':
      return { type: 'tool-started', activity: `${event.call.name} ${event.target}`.trim() };
    case 'tool-finished':
      return {
        type: 'tool-finished',
        filesWritten: event.filesWritten,
        entry: {
          tool: event.call.name,
          args_bytes: Buffer.byteLength(JSON.stringify(event.call.input)),
          result_bytes: Buffer.byteLength(event.result.text),
          status: event.result.status,
        },
      };
    case 'reasoning':
    case 'tool-input':
    case 'tool-output':
    case 'compacted':
      return { type: 'alive' };
  }
}
