import type { Delegation } from './delegation';
import { knownCostOf } from './progress';
import { everyRun, totalTokens } from './result';
import type { DelegationSettings } from './settings';

/**
 * Why no further model request may be made, or nothing. `treeOf` gives a delegation with all that its children dispatched;
 * costs that are unknown do not count (SPEC 3.8).
 */
export function overBudget(
  treeOf: () => readonly Delegation[],
  budget: DelegationSettings['budget'],
): string | undefined {
  if (budget.tokens <= 0 && budget.usd <= 0) return undefined;
  const tree = treeOf();
  const tokens = tree
    .map((delegation) => totalTokens(delegation))
    .reduce((sum, used) => sum + used.input + used.output, 0);
  if (budget.tokens > 0 && tokens >= budget.tokens) {
    return `The budget of this delegation is used up: ${tokens} of ${budget.tokens} tokens (fanout.delegation.budget).`;
  }
  const usd = tree.flatMap(everyRun).reduce((sum, { progress }) => sum + knownCostOf(progress), 0);
  if (budget.usd > 0 && usd >= budget.usd) {
    return `The budget of this delegation is used up: $${usd.toFixed(2)} of $${budget.usd.toFixed(2)} (fanout.delegation.budget).`;
  }
  return undefined;
}
