import type { AgentEvent } from '../agent/events';
import { runAgent } from '../agent/loop';
import type { Message, Outcome } from '../agent/messages';
import type { AgentModel } from '../agent/model';
import type { PromptWorkspace } from '../agent/prompts';
import { childPrompt, childTask } from '../agent/prompts';
import type { AgentIdentity, ApprovalDecision, ApprovalRequest, Tool } from '../agent/tool';
import type { Child, ChildEnding, Delegation, ProgressChange } from './delegation';
import type { RunChild } from './delegationRun';
import type { ChildHooks } from './runningChild';

export interface ChildPorts {
  /** Rejects with a ModelError where there is no such model. */
  readonly model: (name: string) => Promise<AgentModel>;
  /** The tools of a child: those of its toolsets, and `delegate_task` only for an orchestrator with room below it. */
  readonly tools: (delegation: Delegation, child: Child) => readonly Tool[];
  readonly workspace: () => Promise<PromptWorkspace>;
  readonly approve: (agent: AgentIdentity, request: ApprovalRequest, signal: AbortSignal) => Promise<ApprovalDecision>;
  /** Keeps the child's transcript. */
  readonly append: (childId: string, message: Message) => void;
  readonly maxIterations: () => number;
}

/** Makes the function that the pool runs for each child: an agent run with a child's prompt, tools and transcript. */
export function createRunChild(ports: ChildPorts): RunChild {
  return async (delegation, child, hooks, signal) => {
    const { task } = child;
    const [model, workspace] = await Promise.all([ports.model(task.model), ports.workspace()]);
    const tools = ports.tools(delegation, child);
    const orchestrator = tools.some((tool) => tool.name === 'delegate_task');
    const assignment = { goal: task.goal, context: task.context, orchestrator };
    const first: Message = { role: 'user', origin: 'task', text: childTask(assignment) };
    ports.append(child.id, first);
    const outcome = await runAgent(
      {
        model,
        system: childPrompt(workspace, assignment),
        history: [first],
        tools,
        toolContext: toolContext(ports, delegation, child, hooks),
        maxIterations: ports.maxIterations(),
        append: (message) => ports.append(child.id, message),
        onEvent: (event) => reportProgress(event, model, hooks),
        takeSteer: () => hooks.takeSteer(),
        refuseRequest: () => hooks.refuseRequest(),
      },
      signal,
    );
    return endingOf(outcome);
  };
}

function toolContext(ports: ChildPorts, delegation: Delegation, child: Child, hooks: ChildHooks) {
  const agent: AgentIdentity = {
    sessionId: delegation.sessionId,
    depth: delegation.depth,
    delegationId: delegation.id,
    childId: child.id,
    label: child.task.goal,
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
  return { agent, ledger: new Map<string, string>(), toolsets: child.task.toolsets, approve };
}

function endingOf({ status, exitReason, text, error }: Outcome): ChildEnding {
  const final = exitReason === 'completed';
  return {
    status,
    exitReason,
    summary: text,
    truncated: !final && text !== '',
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
