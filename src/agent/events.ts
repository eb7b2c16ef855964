import type { RequestWait } from './model';
import type { Tokens, ToolCall, ToolResult } from './messages';

/** What an agent run tells while it goes on. All of it is for showing: the transcript comes through `append`. */
export type AgentEvent =
  /** A step begins; `step` counts them from 1. The request may still wait for its place. */
  | { readonly type: 'request'; readonly step: number }
  | { readonly type: 'waiting'; readonly wait: RequestWait }
  | { readonly type: 'text'; readonly delta: string }
  | { readonly type: 'reasoning'; readonly delta: string }
  /** The model writes a tool call; its arguments are not complete. Empty `name` = more of one begun before. */
  | { readonly type: 'tool-input'; readonly name: string }
  /** The request goes out, for the first time or again; what a broken stream said of this reply does not count. */
  | { readonly type: 'sent' }
  /** The reply is complete. `costUsd` null = unknown price. */
  | { readonly type: 'usage'; readonly tokens: Tokens; readonly costUsd: number | null }
  /** `target` is what the call works on, in a few words. */
  | { readonly type: 'tool-started'; readonly call: ToolCall; readonly target: string }
  | { readonly type: 'tool-output'; readonly callId: string; readonly text: string }
  | {
      readonly type: 'tool-finished';
      readonly call: ToolCall;
      readonly result: ToolResult;
      readonly filesWritten: readonly string[];
    }
  /** The older part of the conversation became a summary (SPEC 7.2); `plain`: it was cut without one. */
  | {
      readonly type: 'compacted';
      readonly tokensBefore: number;
      readonly messages: number;
      readonly plain?: true;
    };
