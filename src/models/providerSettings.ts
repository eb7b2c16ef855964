import * as z from 'zod';

export const ProviderKind = z.enum(['openai-compatible', 'openai', 'anthropic', 'google']);
export type ProviderKind = z.output<typeof ProviderKind>;

const Tokens = z.number().int().positive();
const UsdPerMillion = z.number().nonnegative();

export const ModelSettings = z.object({
  id: z.string().min(1),
  contextWindow: Tokens.optional(),
  maxOutputTokens: Tokens.optional(),
  price: z.object({ input: UsdPerMillion, output: UsdPerMillion, cachedInput: UsdPerMillion.optional() }).optional(),
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
    models: z.array(ModelSettings),
  })
  .refine(({ kind, baseUrl }) => kind !== 'openai-compatible' || baseUrl !== undefined, {
    path: ['baseUrl'],
    message: 'a provider of kind openai-compatible needs a baseUrl',
  });
export type ProviderSettings = z.output<typeof ProviderSettings>;
