import * as z from 'zod';

export const ProviderKind = z.enum(['openai-compatible', 'openai', 'anthropic', 'google']);
export type ProviderKind = z.output<typeof ProviderKind>;

const Tokens = z.number().int().positive();
const UsdPerMillion = z.number().nonnegative();

/** As the vendors' packages know it; chat completions are sent the word as it is. */
const ReasoningEffort = z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']);
export type ReasoningEffort = z.output<typeof ReasoningEffort>;

/** Fields put into the body of every request, over ours; null leaves a field out. */
const ExtraBody = z.record(z.string(), z.json());

const HeaderName = z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, 'not the name of a header');
const HeaderValue = z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'not the value of a header');

export const ModelSettings = z.object({
  id: z.string().min(1),
  contextWindow: Tokens.optional(),
  maxOutputTokens: Tokens.optional(),
  price: z.object({ input: UsdPerMillion, output: UsdPerMillion, cachedInput: UsdPerMillion.optional() }).optional(),
  reasoningEffort: ReasoningEffort.optional(),
  extraBody: ExtraBody.optional(),
});
export type ModelSettings = z.output<typeof ModelSettings>;

/** Provider ids that mean something else in a model's name. */
const RESERVED = new Set(['vscode', 'offline', 'auto']);

/** One entry of the setting `fanout.providers` (SPEC 8). */
export const ProviderSettings = z
  .object({
    id: z
      .string()
      .regex(/^[\w.-]+$/, 'letters, digits, dots, dashes and underscores only')
      .refine((id) => !RESERVED.has(id), 'this name is taken: choose another id'),
    kind: ProviderKind,
    baseUrl: z.url({ protocol: /^https?$/ }).optional(),
    /** Sent with every request, over ours; for gateways. */
    headers: z.record(HeaderName, HeaderValue).optional(),
    extraBody: ExtraBody.optional(),
    models: z.array(ModelSettings),
  })
  .refine(({ kind, baseUrl }) => kind !== 'openai-compatible' || baseUrl !== undefined, {
    path: ['baseUrl'],
    message: 'a provider of kind openai-compatible needs a baseUrl',
  });
export type ProviderSettings = z.output<typeof ProviderSettings>;
