import assert from 'node:assert/strict';
import type { LanguageModelV4Prompt } from '@ai-sdk/provider';
import { runAgent } from '../../../src/agent/loop';
import type { Message, Outcome } from '../../../src/agent/messages';
import type { AgentModel } from '../../../src/agent/model';
import type { ApprovalDecision, Tool, ToolContext } from '../../../src/agent/tool';
import { runTool } from '../../../src/agent/tool';
import { createRunChild } from '../../../src/delegation/child';
import type { RunChild } from '../../../src/delegation/delegationRun';
import type { DelegationSettings } from '../../../src/delegation/settings';
import { TranscriptStore } from '../../../src/store/transcriptStore';
import { delegateTask } from '../../../src/tools/delegateTask';
import { neverAborted, poolHarness, SESSION } from './poolHarness';

export interface AgentHarnessOptions {
  readonly model: AgentModel;
  readonly settings?: Partial<DelegationSettings>;
  /** What the children hold besides delegate_task. */
  readonly tools?: readonly Tool[];
  readonly approve?: () => Promise<ApprovalDecision>;
  /** Instead of real children. */
  readonly runChild?: RunChild;
  /** Why a model of the name cannot answer. */
  readonly modelProblems?: Readonly<Record<string, string>>;
}

export type AgentHarness = ReturnType<typeof agentHarness>;

const TOOLSETS = { read: 'Read files.', write: 'Write files.', shell: 'Run commands.' };

/** Real agents in a real pool, wired as at activation: only their model is scripted. */
export function agentHarness({
  model,
  settings = {},
  tools = [],
  approve,
  runChild,
  modelProblems = {},
}: AgentHarnessOptions) {
  const decide = approve ?? (() => Promise.resolve({ approved: true } as const));
  const realChild = createRunChild({
    model: () => Promise.resolve(model),
    workplace: ({ depth }, { task }) =>
      Promise.resolve({
        tools: [...tools, ...(task.role === 'orchestrator' ? [delegateAt(depth)] : [])],
        workspace: { place: 'The workspace is /shop.', instructions: 'Use tabs.' },
        leave: () => Promise.resolve(),
      }),
    approve: decide,
    transcript: (childId) => transcripts.load(childId),
    append: (childId, message) => transcripts.append(childId, message),
    maxIterations: () => pool.settings.maxIterations,
  });
  const pool = poolHarness({ settings, runChild: runChild ?? realChild });
  const transcripts = new TranscriptStore(pool.db, pool.clock);
  const delegateAt = (depth: number) =>
    delegateTask({
      pool: pool.pool,
      settings: () => pool.settings,
      models: [model.name],
      modelProblem: (name) => modelProblems[name],
      defaultModel: model.name,
      toolsets: TOOLSETS,
      depth,
      now: () => pool.clock.now(),
      transcriptOf: ({ id }) => `transcript:${id}`,
      fullTexts: {
        pathOf: ({ id }) => `/results/${id}.md`,
        keep: (children) => Promise.resolve(void kept.push(...children.map(({ id }) => id))),
      },
    });
  /** Ids of the children whose full text was kept. */
  const kept: string[] = [];
  return { ...pool, transcripts, delegateAt, kept };
}

export function contextOf(callId = 'call-1', toolsets: readonly string[] = Object.keys(TOOLSETS)): ToolContext {
  return {
    callId,
    agent: { sessionId: SESSION, depth: 0, label: 'Main agent' },
    ledger: new Map(),
    toolsets,
    onOutput: () => {},
    approve: () => Promise.resolve({ approved: true }),
  };
}

/** Calls delegate_task as the session's own agent does; gives what the model gets, parsed. */
export async function delegate(
  harness: Pick<AgentHarness, 'delegateAt'>,
  input: unknown,
  { signal = neverAborted(), toolsets = Object.keys(TOOLSETS) }: { signal?: AbortSignal; toolsets?: string[] } = {},
): Promise<Record<string, unknown>> {
  const call = { id: 'call-1', name: 'delegate_task', input };
  const result = await runTool([harness.delegateAt(0)], call, contextOf('call-1', toolsets), signal);
  const value: unknown = JSON.parse(result.text);
  assert.ok(typeof value === 'object' && value !== null);
  assert.equal(result.status === 'error', 'error' in value, 'an error is marked as one');
  return value as Record<string, unknown>;
}

/** One turn of a session's own agent with delegate_task as its only tool. */
export function runTurn(
  harness: Pick<AgentHarness, 'delegateAt'>,
  model: AgentModel,
  signal: AbortSignal = neverAborted(),
): { readonly outcome: Promise<Outcome>; readonly transcript: Message[] } {
  const transcript: Message[] = [{ role: 'user', origin: 'user', text: 'Go.' }];
  const outcome = runAgent(
    {
      model,
      system: 'You are the main agent.',
      history: [...transcript],
      tools: [harness.delegateAt(0)],
      toolContext: contextOf(),
      maxIterations: 10,
      append: (message) => transcript.push(message),
      onEvent: () => {},
      takeSteer: () => [],
      refuseRequest: () => undefined,
    },
    signal,
  );
  return { outcome, transcript };
}

/** The text of each message of a prompt, by role; a tool result's text for `tool`. */
export function textsOf(prompt: LanguageModelV4Prompt): [string, string][] {
  return prompt.map((message): [string, string] => {
    if (message.role === 'system') return ['system', message.content];
    const texts = message.content.map((part): string => {
      if (part.type === 'text') return part.text;
      if (part.type === 'tool-result') return 'value' in part.output ? JSON.stringify(part.output.value) : '';
      return part.type === 'tool-call' ? `(calls ${part.toolName})` : '';
    });
    return [message.role, texts.join('')];
  });
}

/** The first user message: the task of a child. */
export function taskIn({ prompt }: { readonly prompt: LanguageModelV4Prompt }): string {
  return textsOf(prompt).find(([role]) => role === 'user')?.[1] ?? '';
}
