import type { Child, Delegation } from './delegation';
import type { NestedIn, OwnResult, RunResult } from './result';
import { withoutJson } from './outputSchema';
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
  const all = results.flatMap(withRest).map((run) => ({ ...run, told: apart(run.result) }));
  const allotted = allot(
    all.map(({ told }) => lengthOf(told)),
    maxSummaryChars,
    totalChars,
  );
  const isCut = ({ told }: { readonly told: OwnResult }, index: number) => lengthOf(told) > (allotted[index] ?? 0);
  const shown = new Map(
    all.map((run, index) => {
      const { child, result, told } = run;
      return [child.id, isCut(run, index) ? shorten(result, told, allotted[index] ?? 0, fullTextOf(child)) : told];
    }),
  );
  const toTold = ({ child, result, others, below }: RunResult): Told => ({
    child,
    result: shown.get(child.id) ?? result,
    others: others.map(toTold),
    below: below.map(toTold),
  });
  return { tasks: results.map(toTold), cut: all.filter(isCut).map(({ child }) => child) };
}

/** A structured result is told once: as what it is, and not in the text around it. */
function apart(result: OwnResult): OwnResult {
  const { structured, summary } = result;
  return structured === undefined ? result : { ...result, summary: withoutJson(summary, structured, STRUCTURED) };
}

const STRUCTURED = '(the structured result)';

function lengthOf({ summary, structured }: OwnResult): number {
  return summary.length + jsonLength(structured);
}

function jsonLength(structured: unknown): number {
  return structured === undefined ? 0 : JSON.stringify(structured).length;
}

/** To so many characters. Half a structured result is none: where it has no room, it is left to the full text. */
function shorten(result: OwnResult, told: OwnResult, chars: number, whole: string): OwnResult {
  const length = jsonLength(told.structured);
  if (length <= chars) return { ...told, summary: cut(told.summary, chars - length, whole) };
  const { structured: _noRoom, ...rest } = result;
  const error = `It fits, and has no room here (${length} characters): read it in ${whole}.`;
  return { ...rest, summary: cut(result.summary, chars, whole), structured_error: error };
}

function withRest(run: RunResult): RunResult[] {
  return [run, ...run.others.flatMap(withRest), ...run.below.flatMap(withRest)];
}
