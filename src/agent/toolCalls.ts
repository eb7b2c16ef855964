import type { AgentEvent } from './events';
import type { ToolCall, ToolResult } from './messages';
import type { Tool, ToolContext } from './tool';
import { runTool } from './tool';

/**
 * Runs the tool calls of one reply side by side. Every call gets exactly one result, in the order of the calls.
 * Identical calls of a tool that must not run twice (`delegate_task`) run once and share their result (SPEC 2.9).
 * Never rejects.
 */
export async function runToolCalls(
  calls: readonly ToolCall[],
  tools: readonly Tool[],
  contextOf: (call: ToolCall) => ToolContext,
  onEvent: (event: AgentEvent) => void,
  signal: AbortSignal,
): Promise<ToolResult[]> {
  const shared = new Map<string, Promise<ToolResult>>();
  return Promise.all(
    calls.map((call, index) => {
      if (index >= MOST_CALLS) return Promise.resolve(refused(call, onEvent));
      const tool = tools.find((candidate) => candidate.name === call.name);
      if (tool?.onceAMessage !== true) return runOne(call, tools, contextOf(call), onEvent, signal);
      const key = `${call.name} ${canonicalJson(call.input)}`;
      const first = shared.get(key);
      if (first !== undefined) return first.then((result) => repeated(call, result, onEvent));
      const run = runOne(call, tools, contextOf(call), onEvent, signal);
      shared.set(key, run);
      return run;
    }),
  );
}

/** Tool calls of one message that run; a model that has lost its way can write hundreds (SPEC 2.9). */
const MOST_CALLS = 64;

function refused(call: ToolCall, onEvent: (event: AgentEvent) => void): ToolResult {
  const text = `Not run: a message may hold ${MOST_CALLS} tool calls, and this was one more. Make it again if it is still needed.`;
  const result: ToolResult = { callId: call.id, toolName: call.name, status: 'error', text };
  onEvent({ type: 'tool-started', call, target: '' });
  onEvent({ type: 'tool-finished', call, result, filesWritten: [] });
  return result;
}

async function runOne(
  call: ToolCall,
  tools: readonly Tool[],
  context: ToolContext,
  onEvent: (event: AgentEvent) => void,
  signal: AbortSignal,
): Promise<ToolResult> {
  const target = tools.find((tool) => tool.name === call.name)?.target(call.input) ?? '';
  onEvent({ type: 'tool-started', call, target });
  const { filesWritten, ...result } = await runTool(tools, call, context, signal);
  onEvent({ type: 'tool-finished', call, result, filesWritten });
  return result;
}

function repeated(call: ToolCall, first: ToolResult, onEvent: (event: AgentEvent) => void): ToolResult {
  const text = `This call repeats another one of the same message, which ran once. Its result: ${first.text}`;
  const result = { ...first, callId: call.id, text };
  onEvent({ type: 'tool-started', call, target: 'repeated call' });
  onEvent({ type: 'tool-finished', call, result, filesWritten: [] });
  return result;
}

/** JSON with sorted keys: two calls are the same whatever order the model wrote their arguments in. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
