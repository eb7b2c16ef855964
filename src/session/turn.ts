import type { AgentEvent } from '../agent/events';
import type { AgentRun } from '../agent/loop';
import type { Message } from '../agent/messages';
import type { AgentModel } from '../agent/model';
import type { AgentIdentity, FileLedger } from '../agent/tool';
import type { SessionPorts, TurnSetup } from './sessionPorts';

/** What a turn is given by its session. */
export interface Turn {
  readonly sessionId: string;
  readonly ledger: FileLedger;
  readonly history: readonly Message[];
  readonly approve: SessionPorts['approve'];
  readonly append: (message: Message) => void;
  readonly onEvent: (event: AgentEvent) => void;
}

/** The run of a session's own agent for one turn. */
export function turnRun(turn: Turn, model: AgentModel, setup: TurnSetup): AgentRun {
  const { sessionId, ledger, history, approve, append, onEvent } = turn;
  const agent: AgentIdentity = { sessionId, depth: 0, label: 'Main agent' };
  return {
    model,
    system: setup.system,
    history,
    tools: setup.tools,
    toolContext: {
      agent,
      ledger,
      toolsets: setup.toolsets,
      approve: (request, signal) => approve(agent, request, signal),
    },
    maxIterations: setup.maxIterations,
    append,
    onEvent,
    takeSteer: () => [],
    refuseRequest: () => undefined,
  };
}

/** A model that cannot be had is told in the conversation, after the message that asked for it. */
export async function modelOrError(
  { model }: Pick<SessionPorts, 'model'>,
  choice: string,
): Promise<{ readonly model: AgentModel } | { readonly error: unknown }> {
  try {
    return { model: await model(choice) };
  } catch (error) {
    return { error };
  }
}
