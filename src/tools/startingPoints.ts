import { ToolFault } from '../agent/tool';
import type { Workspace, WorkspaceFile } from './workspace';

/** In characters: nobody writes a longer glob, and a pattern that long is a mistake. */
export const MAX_GLOB = 1000;
export const MAX_PATTERN = 10_000;

/** Where a search begins: at the path that a model gave, or in every workspace folder. */
export async function startingPoints(workspace: Workspace, path: string | undefined): Promise<WorkspaceFile[]> {
  if (path === undefined || path === '') {
    return Promise.all(workspace.folders().map((folder) => workspace.resolve(folder.path, 'read')));
  }
  const start = await workspace.resolve(path, 'read');
  if ((await workspace.factsOf(start)) === undefined) throw new ToolFault(`There is no ${path}.`);
  return [start];
}
