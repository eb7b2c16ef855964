import type { LanguageModelV4Prompt } from '@ai-sdk/provider';
import * as z from 'zod';
import type { AgentEvent } from '../../../src/agent/events';
import type { AgentRun } from '../../../src/agent/loop';
import { runAgent } from '../../../src/agent/loop';
import type { Message, ToolCall, ToolResult } from '../../../src/agent/messages';
import type { AgentModel } from '../../../src/agent/model';
import type { Tool, ToolContext, ToolOutput } from '../../../src/agent/tool';
import { defineTool } from '../../../src/agent/tool';

export const SYSTEM = 'You are a test agent.';

export interface RunOptions extends Partial<Omit<AgentRun, 'model' | 'system' | 'append' | 'onEvent'>> {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: AgentEvent) => void;
  readonly append?: (message: Message) => void;
}

export const user = (text: string): Message => ({ role: 'user', origin: 'user', text });

/** Starts a run; `transcript` and `events` grow while it goes on. */
export function start(model: AgentModel, options: RunOptions = {}) {
  const { signal = new AbortController().signal, onEvent, append, ...rest } = options;
  const history = rest.history ?? [user('Go.')];
  const transcript: Message[] = [...history];
  const events: AgentEvent[] = [];
  const run: AgentRun = {
    model,
    system: SYSTEM,
    tools: [],
    toolContext: toolContext(),
    maxIterations: 20,
    takeSteer: () => [],
    refuseRequest: () => undefined,
    ...rest,
    history,
    append: (message) => {
      append?.(message);
      transcript.push(message);
    },
    onEvent: (event) => {
      events.push(event);
      onEvent?.(event);
    },
  };
  return { outcome: runAgent(run, signal), transcript, events };
}

function toolContext(): AgentRun['toolContext'] {
  return {
    agent: { sessionId: 'session-1', depth: 0, label: 'Main agent' },
    ledger: new Map(),
    toolsets: ['read'],
    approve: () => Promise.resolve({ approved: true }),
  };
}

/** A tool that takes a `path` and does what the test says. */
export function pathTool(
  name: string,
  run: (path: string, context: ToolContext, signal: AbortSignal) => Promise<ToolOutput | string> | ToolOutput | string,
): Tool {
  return defineTool({
    name,
    description: `Tool ${name}.`,
    input: z.object({ path: z.string() }),
    target: ({ path }) => path,
    run: async ({ path }, context, signal) => run(path, context, signal),
  });
}

export const readFile = pathTool('read_file', (path) => `The text of ${path}.`);

export const calls = (...given: (readonly [name: string, input: unknown])[]) => ({
  calls: given.map(([name, input]) => ({ name, input })),
});

export const readCall = (path: string) => calls(['read_file', { path }]);

export function rolesOf(prompt: LanguageModelV4Prompt): string[] {
  return prompt.map(({ role }) => role);
}

/** All results of the transcript. */
export function resultsIn(transcript: readonly Message[]): ToolResult[] {
  return transcript.flatMap((message) => (message.role === 'tool' ? message.results : []));
}

/** All calls of the transcript. */
export function callsIn(transcript: readonly Message[]): ToolCall[] {
  return transcript.flatMap((message) =>
    message.role === 'assistant' ? message.parts.flatMap((part) => (part.type === 'tool-call' ? [part.call] : [])) : [],
  );
}

/** The texts of a message's streamed parts. */
export function textIn(events: readonly AgentEvent[]): string {
  return events.map((event) => (event.type === 'text' ? event.delta : '')).join('');
}
