import { completionBlock } from '../delegation/block';
import type { Delegation } from '../delegation/delegation';
import { everyRun, type NestedIn } from '../delegation/result';
import { charsFor } from '../delegation/summaryBudget';
import type { FullTexts } from '../delegation/told';
import { gitStatus } from '../tools/gitStatus';
import type { Workspace } from '../tools/workspace';
import type { Clock } from '../util/clock';

export interface CompletionTextPorts {
  readonly workspace: Pick<Workspace, 'access'>;
  readonly fullTexts: FullTexts;
  /** What the children of any delegation dispatched, as it is now. */
  readonly nestedIn: () => NestedIn;
  readonly maxSummaryChars: () => number;
  readonly clock: Clock;
}

/** The completion block of a delegation as text; what was cut in it is on disk when this resolves (SPEC 5.3). */
export async function completionText(
  delegation: Delegation,
  freeTokens: number,
  { workspace, fullTexts, nestedIn, maxSummaryChars, clock }: CompletionTextPorts,
): Promise<string> {
  const nested = nestedIn();
  const status = wasCutOff(delegation, nested) ? await statusOf(workspace) : undefined;
  const block = completionBlock(delegation, {
    ...(status === undefined ? {} : { gitStatus: status }),
    now: clock.now(),
    maxSummaryChars: maxSummaryChars(),
    totalChars: charsFor(freeTokens),
    fullTextOf: (child) => fullTexts.pathOf(child),
    nestedIn: nested,
  });
  await fullTexts.keep(block.cut);
  return block.text;
}

/** Something of it, or of what is below it, ended in the middle of its work, whose traces may be in the files. */
function wasCutOff(delegation: Delegation, nestedIn: NestedIn): boolean {
  return everyRun(delegation).some(
    ({ id, state }) =>
      state.status === 'unknown' ||
      state.status === 'interrupted' ||
      nestedIn(id).some((below) => wasCutOff(below, nestedIn)),
  );
}

async function statusOf(workspace: Pick<Workspace, 'access'>): Promise<string | undefined> {
  const access = workspace.access();
  const [first] = 'folders' in access ? access.folders : [];
  return first === undefined ? undefined : gitStatus(first.path);
}
