import type { Child, Delegation } from './delegation';
import type { NestedIn, OwnResult, RunResult } from './result';
import { runResults } from './result';
import { allot, cut } from './summaryBudget';

/** What a reader's context has room for. */
export interface Room {
  /** Characters that one text may have. */
  readonly maxSummaryChars: number;
  /** Characters that all texts together may have: half of what the reader's context has left. */
  readonly totalChars: number;
  /** Where the full text of a child's summary is when it had to be cut. */
  readonly fullTextOf: (child: Child) => string;
}

/** Keeps what had to be cut. */
export interface FullTexts {
  /** Where the full text of a child's summary is once it is kept. */
  pathOf(child: Child): string;
  /** Never rejects. */
  keep(children: readonly Child[]): Promise<void>;
}

/** A result as an agent reads it: its summary has been cut where it was too long. */
export interface Told {
  readonly child: Child;
  readonly result: OwnResult;
  readonly others: readonly Told[];
  readonly below: readonly Told[];
}

/** The results of a delegation as an agent reads them, and the children whose full text must be kept for it (SPEC 5.3). */
export function tell(
  delegation: Delegation,
  transcriptOf: (child: Child) => string,
  nestedIn: NestedIn,
  { maxSummaryChars, totalChars, fullTextOf }: Room,
): { readonly tasks: readonly Told[]; readonly cut: readonly Child[] } {
  const results = runResults(delegation, transcriptOf, nestedIn);
  const all = results.flatMap(withRest);
  const allotted = allot(
    all.map(({ result }) => result.summary.length),
    maxSummaryChars,
    totalChars,
  );
  const chars = new Map(all.map(({ child }, index) => [child.id, allotted[index] ?? 0]));
  const isCut = ({ child, result }: RunResult) => result.summary.length > (chars.get(child.id) ?? 0);
  const toTold = ({ child, result, others, below }: RunResult): Told => ({
    child,
    result: { ...result, summary: cut(result.summary, chars.get(child.id) ?? 0, fullTextOf(child)) },
    others: others.map(toTold),
    below: below.map(toTold),
  });
  return { tasks: results.map(toTold), cut: all.filter(isCut).map(({ child }) => child) };
}

function withRest(run: RunResult): RunResult[] {
  return [run, ...run.others.flatMap(withRest), ...run.below.flatMap(withRest)];
}
