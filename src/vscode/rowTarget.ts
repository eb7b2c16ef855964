import type { Child, Delegation } from '../delegation/delegation';
import { taskCountOf } from '../delegation/delegation';
import type { CommandPorts } from './commandPorts';
import { nameOf } from './rowTooltip';
import type { TreeRow } from './treeRows';

/** What a row command works on. */
export interface RowTarget {
  /** The delegation's or the child's id. */
  readonly id: string;
  readonly delegation: Delegation;
  /** The agent that is meant, where one is. */
  readonly child?: Child;
  /** The approval that the row showed when it was clicked. */
  readonly approvalId?: string;
  /** For messages. */
  readonly name: string;
}

/**
 * The target of a row command: `argument` is a node of the tree, an id (from the chat or another extension), or nothing,
 * which means the selected row. Tells the user where there is no such thing.
 */
export async function targetOf(
  { pool, tree, prompts }: Pick<CommandPorts, 'pool' | 'tree' | 'prompts'>,
  argument: unknown,
): Promise<RowTarget | undefined> {
  const row = rowIn(argument) ?? (argument === undefined ? tree.selected : undefined);
  const id = typeof argument === 'string' ? argument : row?.id;
  if (id === undefined) {
    await prompts.inform('Select a delegation in the Fanout view first.');
    return undefined;
  }
  const own = pool.child(id);
  const delegation = own?.delegation ?? pool.get(id);
  if (delegation === undefined) {
    await prompts.inform(`${id} is not listed any more.`);
    return undefined;
  }
  const child = own?.child ?? (taskCountOf(delegation) === 1 ? delegation.children[0] : undefined);
  const approvalId = row?.approvalId ?? tree.rowOf(id)?.approvalId;
  return {
    id,
    delegation,
    ...(child === undefined ? {} : { child }),
    ...(approvalId === undefined ? {} : { approvalId }),
    name: nameOf(delegation, own?.child),
  };
}

function rowIn(argument: unknown): TreeRow | undefined {
  if (typeof argument !== 'object' || argument === null || !('row' in argument)) return undefined;
  const { row } = argument;
  return typeof row === 'object' && row !== null && 'contextValue' in row ? (row as TreeRow) : undefined;
}
