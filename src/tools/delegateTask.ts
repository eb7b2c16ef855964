import type { JSONSchema7 } from '@ai-sdk/provider';
import * as z from 'zod';
import type { Tool, ToolContext, ToolOutput } from '../agent/tool';
import { defineTool, ToolFault } from '../agent/tool';
import { answerOf } from '../delegation/answer';
import type { Child, Delegation, Task } from '../delegation/delegation';
import { isOver } from '../delegation/delegation';
import type { Start } from '../delegation/dispatch';
import type { DelegationPool } from '../delegation/pool';
import { readDelegationInput, unusableSchema } from '../delegation/request';
import { nestedAmong } from '../delegation/result';
import type { DelegationSettings } from '../delegation/settings';
import { charsFor } from '../delegation/summaryBudget';
import type { FullTexts } from '../delegation/told';
import { ISOLATIONS } from '../delegation/worktree';
import { oneLine } from '../util/plainText';

export interface DelegateTaskPorts {
  readonly pool: DelegationPool;
  /** Asked at each call and each model request, so that a model never plans on a stale limit (SPEC 2.1). */
  readonly settings: () => DelegationSettings;
  /** Names that a task may ask for. */
  readonly models: readonly string[];
  /** Why an agent with this model would fail at once, as far as is known; undefined where it would not. */
  readonly modelProblem: (model: string) => string | undefined;
  /** The calling agent's own model. */
  readonly defaultModel: string;
  readonly toolsets: Readonly<Record<string, string>>;
  /** Depth of the calling agent: 0 dispatches in the background, more waits for its results (SPEC 2.2). */
  readonly depth: number;
  readonly now: () => number;
  readonly transcriptOf: (child: Child) => string;
  readonly fullTexts: FullTexts;
}

export const DELEGATE_TASK = 'delegate_task';

/** The tool by which an agent hands out work. */
export function delegateTask(ports: DelegateTaskPorts): Tool {
  const tool = defineTool({
    name: DELEGATE_TASK,
    description: describe(ports),
    // Anything goes in: what is wrong is answered in one sentence that names it, better than a schema's list of issues.
    input: z.record(z.string(), z.unknown()),
    inputSchema: schema(ports),
    onceAMessage: true,
    goesOn: true,
    target: targetOf,
    run: (input, context, signal) => dispatch(ports, input, context, signal),
  });
  return {
    ...tool,
    get description() {
      return describe(ports);
    },
    get inputSchema() {
      return schema(ports);
    },
  };
}

async function dispatch(
  ports: DelegateTaskPorts,
  input: unknown,
  context: ToolContext,
  signal: AbortSignal,
): Promise<ToolOutput> {
  const { pool, depth } = ports;
  const settings = ports.settings();
  const { childId, sessionId } = context.agent;
  const { callKey } = context;
  const before = childId === undefined || callKey === undefined ? undefined : pool.reattach(childId, callKey, signal);
  if (before !== undefined) return resultsAnswer(ports, await before, [], context.freeTokens);
  if (depth >= settings.maxSpawnDepth) {
    return refuse(
      `The depth limit is reached: this agent is at depth ${depth}, the limit is ${settings.maxSpawnDepth} (fanout.delegation.maxSpawnDepth). Do the work yourself.`,
    );
  }
  const request = readDelegationInput(input, {
    maxTasks: settings.maxTasks,
    knownToolsets: Object.keys(ports.toolsets),
    models: ports.models,
    modelProblem: ports.modelProblem,
    parentToolsets: context.toolsets,
    defaultModel: settings.model || ports.defaultModel,
    defaultModelFrom: settings.model === '' ? 'your own model' : 'fanout.delegation.model',
    canNest: canNest(ports),
  });
  if ('error' in request) return refuse(request.error);
  const unusable = await unusableSchema(request.tasks);
  if (unusable !== undefined) return refuse(unusable);
  const warning = warnOfFailures(pool.list(), sessionId, request.tasks);
  const dispatched = pool.dispatch(
    {
      sessionId,
      ...(childId === undefined ? {} : { parentChildId: childId }),
      ...(callKey === undefined ? {} : { callKey }),
      depth: depth + 1,
      origin: 'agent',
      ...request,
      wait: depth === 0 ? 'background' : 'sync',
    },
    signal,
  );
  if (dispatched.kind === 'refused') return refuse(dispatched.error);
  if (dispatched.kind === 'background') return answer(handleOf(dispatched, warning));
  const delegation = await dispatched.left;
  if (delegation.mode === 'background') {
    const start = delegation.status === 'queued' ? 'moved-queued' : 'moved';
    return answer(handleOf({ delegation, start }, warning));
  }
  const notes = [dispatched.note, warning].filter((note) => note !== undefined);
  return resultsAnswer(ports, delegation, notes, context.freeTokens);
}

async function resultsAnswer(
  { pool, settings, fullTexts, now, transcriptOf }: DelegateTaskPorts,
  delegation: Delegation,
  notes: readonly string[],
  freeTokens: number | undefined,
): Promise<ToolOutput> {
  // The window closes: this very call is made again when its agent goes on.
  if (!isOver(delegation.status)) throw new ToolFault(SUSPENDED, 'interrupted');
  const { value, cut } = answerOf(delegation, {
    now: now(),
    nestedIn: nestedAmong(pool.list()),
    transcriptOf,
    maxSummaryChars: settings().maxSummaryChars,
    totalChars: charsFor(freeTokens),
    fullTextOf: (child) => fullTexts.pathOf(child),
    notes,
  });
  await fullTexts.keep(cut);
  return answer(value);
}

const SUSPENDED = 'VS Code was closed while this ran. It goes on when VS Code is open again.';

/** The handle of a background delegation (SPEC 2.4); `warning` is added to its note. */
export function handleOf(
  { delegation, start }: { readonly delegation: Delegation; readonly start: keyof typeof STARTS },
  warning?: string,
) {
  const titles = delegation.children.map(({ task }) => task.title ?? null);
  return {
    status: 'dispatched',
    mode: 'background',
    count: delegation.children.length,
    delegation_id: delegation.id,
    child_ids: delegation.children.map((child) => child.id),
    goals: delegation.children.map((child) => child.task.goal),
    ...(titles.every((title) => title === null) ? {} : { titles }),
    note: [STARTS[start], COMES_BACK, ...(warning === undefined ? [] : [warning])].join(' '),
  };
}

const STARTS = {
  now: 'This runs in the background.',
  slot: 'This is queued: it starts in the background as soon as one of the delegations that run now is over.',
  moved:
    'This ran inline, within your turn, and was moved to the background, because the user went on or asked for it. It goes on there.',
  'moved-queued':
    'This waited to run inline, within your turn, and was moved to the background, because the user went on or asked for it. It starts there as soon as a slot is free.',
  resume: 'This is queued: the user has paused delegating, and it starts in the background when they resume.',
} as const satisfies Record<Start | 'moved' | 'moved-queued', string>;

const COMES_BACK =
  'The results will arrive later as a new message, all together. Do not poll, wait, guess them or do the work yourself: do something else, or end your turn.';

/** So many failures in a row of the same task are no accident. */
const ACCIDENTS = 1;

/** An agent that only repeats what fails is told so. Undefined where none of the tasks has failed more than once in a row. */
function warnOfFailures(
  listed: readonly Delegation[],
  sessionId: string,
  tasks: readonly Pick<Task, 'goal'>[],
): string | undefined {
  const earlier = listed.filter((delegation) => delegation.sessionId === sessionId).flatMap(({ children }) => children);
  const failing = [...new Set(tasks.map(({ goal }) => goal))].flatMap((goal) => {
    const ends = earlier.filter(({ task, state }) => task.goal === goal && isOver(state.status));
    const failures = ends.length - 1 - ends.findLastIndex(({ state }) => state.status !== 'failed');
    const last = ends.at(-1)?.state;
    if (failures <= ACCIDENTS || last === undefined || !('error' in last)) return [];
    return [`${JSON.stringify(oneLine(goal, 80))} has failed ${failures} times in a row (last: ${last.error})`];
  });
  if (failing.length === 0) return undefined;
  return `Warning: ${failing.join('; ')}. If it fails again, do not dispatch it unchanged: change the task, or tell the user what stands in its way.`;
}

function answer(value: object): ToolOutput {
  return { text: JSON.stringify(value) };
}

function refuse(error: string): ToolOutput {
  return { text: JSON.stringify({ error }), status: 'error' };
}

function canNest({ settings, depth }: DelegateTaskPorts): boolean {
  return settings().maxSpawnDepth > depth + 1;
}

function describe(ports: DelegateTaskPorts): string {
  const { depth } = ports;
  const settings = ports.settings();
  const waits =
    depth === 0
      ? `Always runs in the background: the call returns a handle at once, and when ALL tasks are over their results arrive together as a new message. At most ${settings.maxAsyncDelegations} delegations run at once; ${WHEN_FULL[settings.whenFull]}`
      : 'Waits for all tasks and returns their results.';
  return [
    `Hands work to agents that run on their own. Give goal for one task, or tasks for several that run in parallel as one unit (at most ${settings.maxTasks}, ${settings.maxConcurrentChildren} at a time).`,
    waits,
    'What an agent hands back is its own account of what it did: verify what matters (read the files, run the tests) before you rely on it.',
    'With delegations you see, steer and stop what you delegated.',
    'An agent starts fresh: it knows nothing of this conversation, so put all it needs (paths, constraints, what to report) into goal and context.',
    canNest(ports)
      ? 'role "orchestrator" lets an agent delegate in turn.'
      : 'Agents cannot delegate in turn (nesting is off): role "orchestrator" works as "leaf".',
  ].join(' ');
}

const WHEN_FULL = {
  inline:
    'a further one runs within your turn and returns its results directly, unless the user goes on meanwhile: then it moves to the background.',
  queue: 'a further one waits for its slot.',
  reject: 'a further one is refused.',
} as const;

function schema(ports: DelegateTaskPorts): JSONSchema7 {
  const { models, toolsets, depth } = ports;
  const settings = ports.settings();
  const task: JSONSchema7['properties'] = {
    goal: { type: 'string', description: 'What the agent is to do and to report.' },
    title: { type: 'string', description: 'Three to six words for the user, who sees them in lists.' },
    context: { type: 'string', description: 'What it needs to know: paths, constraints, findings so far.' },
    toolsets: {
      type: 'array',
      items: { type: 'string', enum: Object.keys(toolsets) },
      description: `What it may use; yours by default. ${Object.entries(toolsets)
        .map(([name, what]) => `${name}: ${what}`)
        .join(' ')}`,
    },
    role: { type: 'string', enum: canNest(ports) ? ['leaf', 'orchestrator'] : ['leaf'] },
    model: { type: 'string', enum: [...models], description: 'Leave out to use the default.' },
    ...(depth === 0 ? { isolation: ISOLATION } : {}),
    output_schema: {
      type: 'object',
      description:
        'A JSON schema. The agent is told of it, and its result then has a value that fits it (structured), or says what did not fit (structured_error).',
    },
  };
  return {
    type: 'object',
    properties: {
      ...task,
      tasks: {
        type: 'array',
        maxItems: settings.maxTasks,
        items: { type: 'object', properties: task, required: ['goal'] },
        description:
          'Instead of goal: several tasks. context, toolsets, role, model, isolation and output_schema beside it are their defaults.',
      },
      background: { type: 'boolean', deprecated: true, description: 'Ignored.' } as JSONSchema7,
    },
  };
}

/** Only of a session's own agent: those below a child work where that one does. */
const ISOLATION: JSONSchema7 = {
  type: 'string',
  enum: [...ISOLATIONS],
  description:
    'Where an agent that edits or runs works: shared = in the files of the user; worktree = in a git worktree of its own, whose changes the user reviews. Leave out to use what the user has set.',
};

function targetOf(input: Readonly<Record<string, unknown>>): string {
  const { tasks, goal } = input as { tasks?: unknown; goal?: unknown };
  if (Array.isArray(tasks)) return tasks.length === 1 ? '1 task' : `${tasks.length} tasks`;
  return typeof goal === 'string' ? goal : '';
}
