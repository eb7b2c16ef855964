import type { JSONSchema7 } from '@ai-sdk/provider';
import * as z from 'zod';
import type { ToolCall, ToolResult, ToolStatus } from './messages';
import { parseKindly } from './kindInput';

/** Which agent makes a tool call. */
export interface AgentIdentity {
  readonly sessionId: string;
  /** 0 = the session's own agent. */
  readonly depth: number;
  /** Set for a child. */
  readonly delegationId?: string;
  readonly childId?: string;
  /** For people: `Main agent`, or the child's goal. */
  readonly label: string;
  /** It works in a worktree: the user reviews its edits before they reach their files, and is not asked for each. */
  readonly isolated?: true;
}

/** What asks the user first. */
export interface ApprovalRequest {
  readonly kind: 'edit' | 'command';
  /** A verb phrase: `run a command`, `edit a file`. */
  readonly action: string;
  /** The exact command, or the path inside the workspace. */
  readonly subject: string;
  /** A unified diff, or nothing. */
  readonly preview?: string;
}

export type ApprovalDecision = { readonly approved: true } | { readonly approved: false; readonly reason?: string };

/** Lines counted from 1, both ends included. */
export interface LineRange {
  readonly first: number;
  readonly last: number;
}

/** What one agent knows of a file. */
export interface KnownFile {
  /** Of the whole text as it was then. */
  readonly hash: string;
  /** The lines that it has seen, in order and apart from one another. */
  readonly seen: readonly LineRange[];
}

/**
 * The files that one agent has read or written, by absolute path: an edit of a file that changed since is refused
 * (SPEC 7.2), and what was read in part is not replaced as a whole.
 */
export type FileLedger = Map<string, KnownFile>;

/** A call's context: tools keep no state of their own, so that two calls can run at once. */
export interface ToolContext {
  readonly callId: string;
  /** Like no other call's of this agent, and the same when the call is made again after the agent was cut off in it. */
  readonly callKey?: string;
  readonly agent: AgentIdentity;
  readonly ledger: FileLedger;
  /** Names of the toolsets that the calling agent holds. */
  readonly toolsets: readonly string[];
  /** Tokens that the calling agent's context has left for the answer; absent where nobody knows. */
  readonly freeTokens?: number;
  /** Streams output that the user sees while the tool runs. */
  onOutput(text: string): void;
  /** Resolves when the user (or a rule that they set) has decided; rejects when `signal` is aborted. */
  approve(request: ApprovalRequest, signal: AbortSignal): Promise<ApprovalDecision>;
}

export interface ToolOutput {
  /** What the model gets. */
  readonly text: string;
  readonly status?: ToolStatus;
  /** Workspace-relative paths. */
  readonly filesWritten?: readonly string[];
}

/** A tool as the agent loop sees it, its input type erased. Made by {@link defineTool}. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JSONSchema7;
  /** Identical calls in one assistant message run once (SPEC 2.9). */
  readonly onceAMessage?: true;
  /** A call that was cut off with its agent can be made again: by its key it goes on with what it had begun. */
  readonly goesOn?: true;
  /** What a call works on, in a few words for a status line: a path, a pattern, a command. Never throws. */
  target(input: unknown): string;
  /** Validates, then runs. May throw: a {@link ToolFault} for what the model can mend, anything else for a bug. */
  call(input: unknown, context: ToolContext, signal: AbortSignal): Promise<ToolOutput>;
}

/** A failure that the model can understand and mend. `message` is one clear sentence. */
export class ToolFault extends Error {
  readonly status: ToolStatus;

  constructor(message: string, status: ToolStatus = 'error') {
    super(message);
    this.name = 'ToolFault';
    this.status = status;
  }
}

export interface ToolDefinition<Schema extends z.ZodType> {
  readonly name: string;
  readonly description: string;
  readonly input: Schema;
  /** Given instead of the schema's own JSON form where the tool validates more kindly than it advertises. */
  readonly inputSchema?: JSONSchema7;
  readonly onceAMessage?: true;
  readonly goesOn?: true;
  target(input: z.output<Schema>): string;
  run(input: z.output<Schema>, context: ToolContext, signal: AbortSignal): Promise<ToolOutput | string>;
}

/** Makes a Tool of a schema and a function; the schema is what the model is shown and what its input is held to. */
export function defineTool<Schema extends z.ZodType>(definition: ToolDefinition<Schema>): Tool {
  const { name, description, input: schema } = definition;
  return {
    name,
    description,
    inputSchema: definition.inputSchema ?? (z.toJSONSchema(schema, { io: 'input' }) as JSONSchema7),
    ...(definition.onceAMessage === true ? { onceAMessage: true } : {}),
    ...(definition.goesOn === true ? { goesOn: true } : {}),
    target(input) {
      const parsed = parseKindly(schema, input);
      return parsed.success ? definition.target(parsed.data) : '';
    },
    async call(input, context, signal) {
      const parsed = parseKindly(schema, input);
      if (!parsed.success)
        throw new ToolFault(`The arguments of ${name} are not valid: ${describeIssues(parsed.error)}.`);
      const output = await definition.run(parsed.data, context, signal);
      return typeof output === 'string' ? { text: output } : output;
    },
  };
}

/**
 * Answers one tool call with exactly one result; never rejects. An unknown tool, malformed arguments, a tool that
 * throws and an abort are all answered to the model (SPEC 7.1).
 */
export async function runTool(
  tools: readonly Tool[],
  call: ToolCall,
  context: ToolContext,
  signal: AbortSignal,
): Promise<ToolResult & { readonly filesWritten: readonly string[] }> {
  const answer = (status: ToolStatus, text: string, filesWritten: readonly string[] = []) =>
    ({ callId: call.id, toolName: call.name, status, text, filesWritten }) as const;
  const isAborted = () => signal.aborted;
  if (isAborted()) return answer('interrupted', 'Interrupted before this tool started.');
  const tool = tools.find((candidate) => candidate.name === call.name);
  if (tool === undefined) {
    const names = tools.map((candidate) => candidate.name).join(', ');
    return answer('error', `There is no tool named ${call.name}. The tools are: ${names || 'none'}.`);
  }
  if (call.malformed !== undefined) return answer('error', `The arguments were not valid JSON: ${call.malformed}`);
  try {
    const output = await tool.call(call.input, context, signal);
    return answer(output.status ?? 'ok', output.text, output.filesWritten);
  } catch (error) {
    if (isAborted()) return answer('interrupted', 'Interrupted while this tool ran; it may have taken effect in part.');
    if (error instanceof ToolFault) return answer(error.status, error.message);
    return answer('error', `${call.name} failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function describeIssues(error: z.ZodError): string {
  return error.issues
    .slice(0, 3)
    .map((issue) => (issue.path.length > 0 ? `${issue.path.join('.')}: ${issue.message}` : issue.message))
    .join('; ');
}
