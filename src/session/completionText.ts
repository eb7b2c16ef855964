import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { completionBlock } from '../delegation/block';
import type { Child, Delegation } from '../delegation/delegation';
import { summaryOf } from '../delegation/result';
import { gitStatus } from '../tools/gitStatus';
import type { Workspace } from '../tools/workspace';
import type { Clock } from '../util/clock';

const CHARS_PER_TOKEN = 4;

export interface CompletionTextPorts {
  readonly workspace: Pick<Workspace, 'access'>;
  /** Where the full texts of results go that are too long for a conversation. */
  readonly resultsFolder: string;
  readonly maxSummaryChars: () => number;
  readonly clock: Clock;
  readonly onError: (message: string, error: unknown) => void;
}

/** The completion block of a delegation as text; what was cut in it is on disk when this resolves (SPEC 5.3). */
export async function completionText(
  delegation: Delegation,
  freeTokens: number,
  ports: CompletionTextPorts,
): Promise<string> {
  const fullTextOf = (child: Child) => join(ports.resultsFolder, `${child.id}.md`);
  const status = wasCutOff(delegation) ? await statusOf(ports.workspace) : undefined;
  const block = completionBlock(delegation, {
    ...(status === undefined ? {} : { gitStatus: status }),
    now: ports.clock.now(),
    maxSummaryChars: ports.maxSummaryChars(),
    totalChars: (freeTokens / 2) * CHARS_PER_TOKEN,
    fullTextOf,
  });
  if (block.cut.length > 0) await keepFullTexts(block.cut, fullTextOf, ports);
  return block.text;
}

/** Something of it ended in the middle of its work, whose traces may be in the files. */
function wasCutOff({ children }: Delegation): boolean {
  return children.some(({ state }) => state.status === 'unknown' || state.status === 'interrupted');
}

async function statusOf(workspace: Pick<Workspace, 'access'>): Promise<string | undefined> {
  const access = workspace.access();
  const [first] = 'folders' in access ? access.folders : [];
  return first === undefined ? undefined : gitStatus(first.path);
}

/** A full disk must not keep the results from their session. */
async function keepFullTexts(
  children: readonly Child[],
  pathOf: (child: Child) => string,
  { resultsFolder, onError }: CompletionTextPorts,
): Promise<void> {
  try {
    await mkdir(resultsFolder, { recursive: true });
    await Promise.all(children.map((child) => writeFile(pathOf(child), summaryOf(child))));
  } catch (error) {
    onError('The full text of a result could not be written', error);
  }
}
