import * as z from 'zod';
import type { ToolTraceEntry } from '../../agent/messages';
import type { Child, Delegation, Task } from '../../delegation/delegation';
import type { Progress } from '../../delegation/progress';
import type { Worktree } from '../../delegation/worktree';
import type { Shape, Upgrade } from './codec';
import { createCodec, isBody } from './codec';

const OVER = ['completed', 'failed', 'interrupted', 'stalled', 'unknown'] as const;
const EXITS = ['completed', 'max_iterations', 'budget', 'interrupted', 'error', 'stalled', 'lost'] as const;
const TOOL_STATUSES: ReadonlySet<unknown> = new Set(['ok', 'error', 'denied', 'interrupted']);
const UNREADABLE_GOAL = '(could not be read)';

const texts = z.array(z.string()).default([]);
const count = z.number().default(0);

const task = z.looseObject({
  goal: z.string().default(UNREADABLE_GOAL),
  title: z.exactOptional(z.string()),
  context: z.string().default(''),
  toolsets: texts,
  role: z.enum(['leaf', 'orchestrator']).default('leaf'),
  model: z.string().default(''),
  isolation: z.exactOptional(z.enum(['shared', 'worktree'])),
  outputSchema: z.exactOptional(z.record(z.string(), z.unknown())),
  continues: z.exactOptional(z.looseObject({ childId: z.string(), message: z.string() })),
} satisfies Shape<Task>);

const state = z.discriminatedUnion('status', [
  z.looseObject({ status: z.literal('queued'), ranMs: z.exactOptional(z.number()) }),
  z.looseObject({ status: z.literal('running'), startedAt: count }),
  z.looseObject({
    status: z.enum(OVER),
    startedAt: z.exactOptional(z.number()),
    endedAt: count,
    missedSteer: z.exactOptional(z.string()),
    exitReason: z.enum(EXITS).default('lost'),
    summary: z.string().default(''),
    truncated: z.boolean().default(false),
    error: z.exactOptional(z.string()),
    structured: z.exactOptional(z.unknown()),
    structuredError: z.exactOptional(z.string()),
  }),
]);

/** There may be tens of thousands at activation, so a schema looks only at those that are not as they should be. */
const toolTrace = z
  .custom<readonly unknown[]>(Array.isArray)
  .transform((entries) => (entries.every(isTraceEntry) ? entries : entries.flatMap(mendedEntry)));

const traceEntry = z.looseObject({
  tool: z.string(),
  args_bytes: count.catch(0),
  result_bytes: count.catch(0),
  status: z.enum(['ok', 'error', 'denied', 'interrupted']).catch('error'),
} satisfies Shape<ToolTraceEntry>);

function isTraceEntry(entry: unknown): entry is ToolTraceEntry {
  if (!isBody(entry)) return false;
  const { tool, args_bytes, result_bytes, status } = entry;
  const isCounted = typeof args_bytes === 'number' && typeof result_bytes === 'number';
  return typeof tool === 'string' && isCounted && TOOL_STATUSES.has(status);
}

function mendedEntry(entry: unknown): ToolTraceEntry[] {
  const read = traceEntry.safeParse(entry);
  return read.success ? [read.data] : [];
}

const progress = z.looseObject({
  activity: z.string().default(''),
  approvals: count,
  modelCalls: count,
  inFlight: z.exactOptional(z.boolean()),
  tokens: z.looseObject({ input: count, output: count, cached: count }).prefault({}),
  costUsd: z.number().nullable().default(null),
  knownCostUsd: z.exactOptional(z.number()),
  toolTrace: toolTrace.default([]),
  filesWritten: texts,
  lastText: z.string().default(''),
  steer: texts,
} satisfies Shape<Progress>);

const worktree = z.looseObject({
  path: z.string(),
  repository: z.string(),
  base: z.string(),
  state: z.enum(['working', 'ready', 'applied', 'discarded']),
  files: z
    .array(z.looseObject({ path: z.string(), change: z.enum(['added', 'modified', 'deleted']).default('modified') }))
    .default([]),
} satisfies Shape<Worktree>);

const child = z.looseObject({
  id: z.string(),
  taskIndex: count,
  task: task.prefault({}),
  state,
  progress: progress.prefault({}),
  worktree: z.exactOptional(worktree),
} satisfies Shape<Child>);

export type DelegationBody = Omit<Delegation, 'children'>;

const delegation = z.looseObject({
  id: z.string(),
  sessionId: z.string().default(''),
  parentChildId: z.exactOptional(z.string()),
  callKey: z.exactOptional(z.string()),
  depth: z.number().default(1),
  // What nobody can tell must not be delivered a second time.
  mode: z.enum(['background', 'inline', 'sync']).default('sync'),
  origin: z.enum(['agent', 'user', 'api']).default('agent'),
  context: z.string().default(''),
  taskCount: z.exactOptional(z.number()),
  superseded: z.exactOptional(z.array(child)),
  dispatchedAt: count,
  startedAt: z.exactOptional(z.number()),
  endedAt: z.exactOptional(z.number()),
  suspendedAt: z.exactOptional(z.number()),
  ranMs: z.exactOptional(z.number()),
  resumed: z.exactOptional(z.number()),
  toldUnknown: z.exactOptional(z.literal(true)),
  status: z.enum(['queued', 'running', ...OVER]),
  delivery: z.enum(['none', 'pending', 'delivered', 'undelivered']).default('none'),
  cancelled: z.boolean().default(false),
} satisfies Shape<DelegationBody>);

/** Before what is known of a cost was kept beside one that is not known whole. */
const withKnownCost: Upgrade = (body) => {
  const { progress } = body;
  if (!isBody(progress) || progress['knownCostUsd'] !== undefined) return body;
  return { ...body, progress: { ...progress, knownCostUsd: progress['costUsd'] ?? 0 } };
};

export const childCodec = createCodec<Child>(child, [withKnownCost]);

/** A delegation without its children. */
export const delegationCodec = createCodec<DelegationBody>(delegation);
