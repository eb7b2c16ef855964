import * as z from 'zod';
import type {
  AssistantMessage,
  Message,
  ProviderData,
  Tokens,
  ToolCall,
  ToolMessage,
  ToolResult,
  Usage,
  UserMessage,
} from '../../agent/messages';
import type { DispatchMark, Notice, SessionEntry } from '../entries';
import type { Shape } from './codec';
import { createCodec, isBody } from './codec';

const STATUSES = ['ok', 'error', 'denied', 'interrupted'] as const;
const ORIGINS = ['user', 'completion', 'steer', 'task', 'continue', 'summary', 'correction'] as const;
const PROBLEMS = [
  'no-model',
  'auth',
  'rate-limit',
  'overload',
  'network',
  'cut',
  'context-overflow',
  'not-found',
  'bad-request',
  'refused',
  'server',
] as const;

const providerData = z.exactOptional(
  z.custom<ProviderData>((value) => isBody(value) && Object.values(value).every(isBody)),
);

const call = z.looseObject({
  id: z.string(),
  name: z.string(),
  input: z.unknown(),
  malformed: z.exactOptional(z.string()),
} satisfies Shape<ToolCall>);

const part = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text'), text: z.string(), providerData }),
  z.looseObject({ type: z.literal('reasoning'), text: z.string(), providerData }),
  z.looseObject({
    type: z.literal('tool-call'),
    call,
    providerData,
    executed: z.exactOptional(z.looseObject({ text: z.string(), isError: z.exactOptional(z.literal(true)) })),
  }),
]);

const result = z.looseObject({
  callId: z.string(),
  toolName: z.string().default(''),
  status: z.enum(STATUSES).default('error'),
  text: z.string().default(''),
} satisfies Shape<ToolResult>);

const count = z.number().nonnegative();

const usage = z.exactOptional(
  z.looseObject({
    tokens: z.looseObject({
      input: count.default(0),
      output: count.default(0),
      cached: count.default(0),
      estimated: z.exactOptional(z.literal(true)),
    } satisfies Shape<Tokens>),
    costUsd: count.nullable().default(null),
  } satisfies Shape<Usage>),
);

const user = z.looseObject({
  role: z.literal('user'),
  origin: z.enum(ORIGINS).default('user'),
  text: z.string(),
  typedId: z.exactOptional(z.string()),
  delegationId: z.exactOptional(z.string()),
  keeps: z.exactOptional(z.number()),
  shown: z.exactOptional(count),
  summary: z.exactOptional(z.string()),
  usage,
} satisfies Shape<UserMessage>);

const assistant = z.looseObject({
  role: z.literal('assistant'),
  parts: z.array(part).default([]),
  model: z.string().default(''),
  usage,
  interrupted: z.exactOptional(z.literal(true)),
} satisfies Shape<AssistantMessage>);

const tool = z.looseObject({
  role: z.literal('tool'),
  results: z.array(result).default([]),
} satisfies Shape<ToolMessage>);

const notice = z.looseObject({
  role: z.literal('notice'),
  level: z.enum(['info', 'warning', 'error']).default('info'),
  text: z.string(),
  problem: z.exactOptional(z.enum(PROBLEMS)),
} satisfies Shape<Notice>);

const dispatched = z.looseObject({
  role: z.literal('dispatched'),
  delegationId: z.string(),
} satisfies Shape<DispatchMark>);

/** An entry of a session's transcript. */
export const entryCodec = createCodec<SessionEntry>(
  z.discriminatedUnion('role', [user, assistant, tool, notice, dispatched]),
);

/** A message of a child's transcript. */
export const messageCodec = createCodec<Message>(z.discriminatedUnion('role', [user, assistant, tool]));
