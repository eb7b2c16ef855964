import * as z from 'zod';

/**
 * A session as `Fanout: Export Session…` writes it as JSON. A later Fanout may add fields; it gives another `version`
 * where it changes or drops one. Times are ISO 8601, in UTC.
 */

const UserEntry = z.object({
  role: z.literal('user'),
  /** Typed by the user, the results of a delegation, added while an agent worked, a task, and what Fanout itself said. */
  origin: z.enum(['user', 'completion', 'steer', 'task', 'continue', 'summary', 'correction']),
  text: z.string(),
  /** The delegation whose results a `completion` carries. */
  delegationId: z.string().optional(),
});

const AssistantEntry = z.object({
  role: z.literal('assistant'),
  model: z.string(),
  /** It was cut off: the text is not all that it would have been. */
  interrupted: z.literal(true).optional(),
  parts: z.array(
    z.discriminatedUnion('type', [
      z.object({ type: z.literal('text'), text: z.string() }),
      z.object({ type: z.literal('reasoning'), text: z.string() }),
      z.object({
        type: z.literal('tool-call'),
        call: z.object({
          id: z.string(),
          name: z.string(),
          input: z.unknown(),
          /** What was wrong with the arguments. */
          malformed: z.string().optional(),
        }),
      }),
    ]),
  ),
});

const ToolEntry = z.object({
  role: z.literal('tool'),
  results: z.array(
    z.object({
      callId: z.string(),
      toolName: z.string(),
      status: z.enum(['ok', 'error', 'denied', 'interrupted']),
      text: z.string(),
    }),
  ),
});

const NoticeEntry = z.object({
  role: z.literal('notice'),
  level: z.enum(['info', 'warning', 'error']),
  text: z.string(),
});

const DispatchedEntry = z.object({ role: z.literal('dispatched'), delegationId: z.string() });

const message = [UserEntry, AssistantEntry, ToolEntry] as const;

/** What was said to and by one agent. */
export const ExportedMessage = z.discriminatedUnion('role', message);
export type ExportedMessage = z.infer<typeof ExportedMessage>;

/** What was said and shown in the session. */
export const ExportedEntry = z.discriminatedUnion('role', [...message, NoticeEntry, DispatchedEntry]);
export type ExportedEntry = z.infer<typeof ExportedEntry>;

const Tokens = z.object({
  input: z.number(),
  output: z.number(),
  cached: z.number(),
  /** The provider did not count all of it. */
  estimated: z.literal(true).optional(),
});
const Time = z.iso.datetime();
const Status = z.enum(['queued', 'running', 'completed', 'failed', 'interrupted', 'stalled', 'unknown']);

export const ExportedChild = z.object({
  id: z.string(),
  /** From 0, in the order of the tasks. */
  taskIndex: z.number(),
  goal: z.string(),
  context: z.string(),
  toolsets: z.array(z.string()),
  role: z.enum(['leaf', 'orchestrator']),
  model: z.string(),
  status: Status,
  /** Absent while it runs. */
  exitReason: z.enum(['completed', 'max_iterations', 'budget', 'interrupted', 'error', 'stalled', 'lost']).optional(),
  /** The whole of it, or the newest text of a child that still runs. */
  summary: z.string(),
  truncated: z.boolean().optional(),
  error: z.string().optional(),
  missedSteer: z.string().optional(),
  startedAt: Time.optional(),
  endedAt: Time.optional(),
  modelCalls: z.number(),
  tokens: Tokens,
  /** Null where a price is unknown. */
  costUsd: z.number().nullable(),
  /** Workspace-relative. */
  filesWritten: z.array(z.string()),
  transcript: z.array(ExportedMessage),
});
export type ExportedChild = z.infer<typeof ExportedChild>;

export const ExportedDelegation = z.object({
  id: z.string(),
  /** The child that dispatched it, where it was not the session's own agent or the user. */
  parentChildId: z.string().optional(),
  origin: z.enum(['agent', 'user', 'api']),
  mode: z.enum(['background', 'inline', 'sync']),
  status: Status,
  delivery: z.enum(['none', 'pending', 'delivered', 'undelivered']),
  context: z.string(),
  dispatchedAt: Time,
  startedAt: Time.optional(),
  endedAt: Time.optional(),
  /** In the order of the tasks; before them those whose task was begun anew by another. */
  children: z.array(ExportedChild),
});
export type ExportedDelegation = z.infer<typeof ExportedDelegation>;

export const SessionExport = z.object({
  format: z.literal('fanout-session'),
  version: z.literal(1),
  exportedAt: Time,
  session: z.object({
    id: z.string(),
    title: z.string(),
    /** Empty: the one of the settings. */
    model: z.string(),
    createdAt: Time,
    updatedAt: Time,
  }),
  /** What all requests of the session took, those of its listed delegations included; cost null where any of it is unknown. */
  spent: z.object({ tokens: Tokens, costUsd: z.number().nullable() }).optional(),
  entries: z.array(z.object({ seq: z.number(), at: Time, entry: ExportedEntry })),
  /** Those that are still listed, oldest first, nested ones included. Older ones are in the entries only. */
  delegations: z.array(ExportedDelegation),
});
export type SessionExport = z.infer<typeof SessionExport>;
