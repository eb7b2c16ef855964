import type { AgentEvent } from '../agent/events';
import type { ToolCall, ToolResult } from '../agent/messages';
import { tailOf } from '../util/cutText';

export interface LiveTool {
  readonly call: ToolCall;
  readonly target: string;
  /** What it printed so far; the newest part of it. */
  readonly output: string;
  readonly result?: ToolResult;
}

/** What a running turn shows that is not in the transcript yet. */
export interface LiveTurn {
  /** A short phrase: `thinking`, `waiting: rate limited by acme, trying again in 12 s`; empty while text streams. */
  readonly activity: string;
  readonly reasoning: string;
  readonly text: string;
  /** The calls of the newest reply, in their order. */
  readonly tools: readonly LiveTool[];
}

export const IDLE_TURN: LiveTurn = { activity: '', reasoning: '', text: '', tools: [] };

/** Characters of a tool's output that are kept for showing. */
export const OUTPUT_SHOWN = 20_000;

/** Takes in what the agent tells. Pure. */
export function advanceTurn(live: LiveTurn, event: AgentEvent): LiveTurn {
  switch (event.type) {
    case 'request':
      return { ...IDLE_TURN, activity: 'thinking' };
    case 'sent':
      return { ...live, activity: 'thinking', reasoning: '', text: '' };
    case 'waiting':
      return { ...live, activity: event.wait.reason };
    case 'text':
      return { ...live, activity: '', text: live.text + event.delta };
    case 'reasoning':
      return { ...live, reasoning: live.reasoning + event.delta };
    case 'tool-input':
      return event.name === '' ? live : { ...live, activity: `writing ${event.name}` };
    case 'tool-started':
      return { ...live, activity: '', tools: [...live.tools, { call: event.call, target: event.target, output: '' }] };
    case 'tool-output':
      return changeTool(live, event.callId, (tool) => ({
        ...tool,
        output: tailOf(tool.output + event.text, OUTPUT_SHOWN),
      }));
    case 'tool-finished':
      return changeTool(live, event.call.id, (tool) => ({ ...tool, result: event.result }));
    case 'usage':
    case 'compacted':
      return live;
  }
}

/** The reply is in the transcript now; its tool calls go on showing until their results are. */
export function replyAppended(live: LiveTurn): LiveTurn {
  return { ...live, reasoning: '', text: '' };
}

function changeTool(live: LiveTurn, callId: string, change: (tool: LiveTool) => LiveTool): LiveTurn {
  return { ...live, tools: live.tools.map((tool) => (tool.call.id === callId ? change(tool) : tool)) };
}
