import type { LanguageModelV4Usage } from '@ai-sdk/provider';
import { field } from '../vendorAnswer';

/** Not known is never 0 (SPEC 2.6). */
const UNKNOWN_USAGE: LanguageModelV4Usage = {
  inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: undefined, text: undefined, reasoning: undefined },
};

/** Where vendors put it in a chunk; undefined where this chunk has none. */
export function usageIn(chunk: object): object | undefined {
  const choices = field(chunk, 'choices');
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
  const places = [
    field(chunk, 'usage'),
    field(choice, 'usage'),
    field(field(chunk, 'x_groq'), 'usage'),
    field(field(chunk, 'amazon-bedrock-invocationMetrics'), 'usage'),
  ];
  return places.find((usage) => typeof usage === 'object' && usage !== null);
}

/** Counts of a vendor's usage object. Zeros beside an answer are a server that does not count. */
export function readUsage(usage: object | undefined): LanguageModelV4Usage {
  if (usage === undefined) return UNKNOWN_USAGE;
  const prompt = count(usage, 'prompt_tokens', 'input_tokens', 'prompt_eval_count');
  const completion = count(usage, 'completion_tokens', 'output_tokens', 'eval_count');
  const total = count(usage, 'total_tokens');
  // No prompt is empty.
  if ((prompt ?? total ?? 0) === 0) return UNKNOWN_USAGE;
  const promptDetails = field(usage, 'prompt_tokens_details') ?? field(usage, 'input_tokens_details');
  const cached =
    count(promptDetails, 'cached_tokens') ??
    count(usage, 'prompt_cache_hit_tokens', 'cached_tokens', 'cache_read_input_tokens', 'num_cached_tokens');
  const outputDetails = field(usage, 'completion_tokens_details') ?? field(usage, 'output_tokens_details');
  const reasoning = count(outputDetails, 'reasoning_tokens') ?? count(usage, 'reasoning_tokens');
  const input = prompt ?? Math.max(0, (total ?? 0) - (completion ?? 0));
  const cacheRead = cached === undefined ? undefined : Math.min(cached, input);
  const output = outputOf(input, completion, total);
  return {
    inputTokens: {
      total: input,
      noCache: cacheRead === undefined ? undefined : input - cacheRead,
      cacheRead,
      cacheWrite: undefined,
    },
    outputTokens: {
      total: output,
      text: output === undefined || reasoning === undefined ? undefined : Math.max(0, output - reasoning),
      reasoning,
    },
  };
}

/** Some leave the tokens of the reasoning out of `completion_tokens`, though they bill them: the total has them. */
function outputOf(input: number, completion: number | undefined, total: number | undefined): number | undefined {
  if (total === undefined || total < input) return completion;
  return Math.max(completion ?? 0, total - input);
}

/** The first of the fields that is a number; some send numbers as strings. */
function count(usage: unknown, ...names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = field(usage, name);
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number === 'number' && Number.isFinite(number) && number >= 0) return Math.round(number);
  }
  return undefined;
}
