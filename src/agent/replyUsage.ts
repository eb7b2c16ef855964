import type { Usage } from './messages';
import type { Price } from './model';
import { costOf } from './model';
import { partTokens } from './promptSize';
import type { Reply } from './reply';

/**
 * What a request took. A provider that does not count it, or says 0 of what was something, is not taken at its word: the
 * tokens are estimated, so that budgets hold, and the cost is unknown. `promptTokens` is asked only then.
 */
export function usageOf(reply: Reply, promptTokens: () => number, price: Price | undefined): Usage {
  const { input, output, cached } = reply.counts;
  const said = output === undefined ? partTokens(reply.parts()) : 0;
  const exact = { input: input ?? 0, output: output ?? said, cached };
  const tokens =
    input === undefined || said > 0
      ? ({ ...exact, input: Math.round(input ?? promptTokens()), estimated: true } as const)
      : exact;
  return { tokens, costUsd: costOf(tokens, price) };
}
