import * as vscode from 'vscode';
import type { DelegationPool } from '../delegation/pool';
import { isOver } from '../delegation/delegation';
import { nestedAmong } from '../delegation/result';
import type { Approvals } from '../tools/approvals';
import type { Clock } from '../util/clock';
import type { Disposable } from '../util/emitter';
import type { Activity, ActivityCounts } from './activity';
import { setContextKey } from './contextKeys';
import { ROW_COMMANDS, VIEWS } from './contributions';
import type { RowChange, RowNode } from './delegationRows';
import { DelegationRows } from './delegationRows';
import { plural } from './figures';
import { childTooltip, delegationTooltip } from './rowTooltip';
import type { TreeRow } from './treeRows';

export interface DelegationTreePorts {
  readonly pool: DelegationPool;
  readonly approvals: Pick<Approvals, 'pending' | 'onDidChange'>;
  readonly activity: Activity;
  readonly clock: Clock;
  readonly onError: (message: string, error: unknown) => void;
}

/** The view "Delegations": shows the rows, and knows which of them is selected. */
export class DelegationTree implements vscode.Disposable {
  readonly #ports: DelegationTreePorts;
  readonly #rows: DelegationRows;
  readonly #view: vscode.TreeView<RowNode>;
  readonly #subscriptions: readonly Disposable[];

  constructor(ports: DelegationTreePorts) {
    this.#ports = ports;
    this.#rows = new DelegationRows(ports);
    const changed = new vscode.EventEmitter<RowNode[] | undefined>();
    const provider: vscode.TreeDataProvider<RowNode> = {
      onDidChangeTreeData: changed.event,
      getChildren: (node) => [...(node?.children ?? this.#rows.roots())],
      getParent: (node) => node.parent,
      getTreeItem: (node) => toTreeItem(node),
      resolveTreeItem: (item, node) => this.#withTooltip(item, node.row),
    };
    this.#view = vscode.window.createTreeView(VIEWS.delegations, { treeDataProvider: provider, showCollapseAll: true });
    this.#rows.setVisible(this.#view.visible);
    this.#show(ports.activity.counts);
    this.#subscriptions = [
      this.#view,
      this.#rows,
      changed,
      this.#rows.onDidChange((nodes: RowChange) => {
        changed.fire(nodes === undefined ? undefined : [...nodes]);
        this.#publishSelection();
      }),
      this.#view.onDidChangeVisibility(({ visible }) => this.#rows.setVisible(visible)),
      this.#view.onDidChangeSelection(() => this.#publishSelection()),
      ports.activity.onDidChange((counts) => this.#show(counts)),
    ];
  }

  /** The selected row, where there is one. */
  get selected(): TreeRow | undefined {
    return this.#view.selection[0]?.row;
  }

  get visible(): boolean {
    return this.#view.visible;
  }

  /** Shows and selects the row of a delegation or child, and puts the keyboard on it. Resolves to false where it has none. */
  async reveal(id: string, { focus = true }: { readonly focus?: boolean } = {}): Promise<boolean> {
    const node = this.#rows.find(id);
    if (node === undefined) return false;
    await this.#view.reveal(node, { select: true, focus, expand: true });
    return true;
  }

  async focus(): Promise<void> {
    await vscode.commands.executeCommand(`${VIEWS.delegations}.focus`);
  }

  /** The row that stands for a delegation or child now. */
  rowOf(id: string): TreeRow | undefined {
    return this.#rows.find(id)?.row;
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #show(counts: ActivityCounts): void {
    this.#view.badge = badgeOf(counts);
    this.#view.message = counts.paused ? 'Paused: nothing new starts until you resume. What runs goes on.' : '';
  }

  /** For keys, which know no `viewItem`. */
  #publishSelection(): void {
    const status = this.selected === undefined ? undefined : this.#ports.pool.get(this.selected.delegationId)?.status;
    const value = status === undefined ? undefined : isOver(status) ? 'over' : 'active';
    setContextKey('selection', value, this.#ports.onError);
  }

  /** Made when the pointer rests on the row, not for every change. */
  #withTooltip(item: vscode.TreeItem, row: TreeRow): vscode.TreeItem {
    const { pool, approvals, clock } = this.#ports;
    const delegation = pool.get(row.delegationId);
    if (delegation === undefined) return item;
    const child = row.childId === undefined ? undefined : pool.child(row.childId)?.child;
    const nestedIn = nestedAmong(pool.list());
    const waiting = approvals.pending().filter(({ agent }) => child !== undefined && agent.childId === child.id);
    const text =
      child === undefined
        ? delegationTooltip(delegation, clock.now(), nestedIn)
        : childTooltip(child, delegation, waiting, clock.now(), nestedIn);
    item.tooltip = new vscode.MarkdownString(text);
    return item;
  }
}

function toTreeItem({ row, children }: RowNode): vscode.TreeItem {
  const item = new vscode.TreeItem(row.label, collapsibleState(row, children));
  item.id = row.id;
  item.description = row.description;
  item.contextValue = row.contextValue;
  item.accessibilityInformation = { label: row.accessibilityLabel, role: 'treeitem' };
  const { id, color } = row.icon;
  item.iconPath = new vscode.ThemeIcon(id, color === undefined ? undefined : new vscode.ThemeColor(color));
  if (/\.started\b/.test(row.contextValue) && row.childId !== undefined) {
    item.command = { command: ROW_COMMANDS.openTranscript, title: 'Open Transcript', arguments: [row.id] };
  }
  return item;
}

function collapsibleState(row: TreeRow, children: readonly RowNode[]): vscode.TreeItemCollapsibleState {
  if (children.length === 0) return vscode.TreeItemCollapsibleState.None;
  // Only counts when the row is new: what the user opened or closed stays so.
  return /\.active\b/.test(row.contextValue)
    ? vscode.TreeItemCollapsibleState.Expanded
    : vscode.TreeItemCollapsibleState.Collapsed;
}

function badgeOf({ running, approvals }: ActivityCounts): vscode.ViewBadge | undefined {
  if (approvals > 0) return { value: approvals, tooltip: `${plural(approvals, 'approval')} waiting for you` };
  return running > 0 ? { value: running, tooltip: `${plural(running, 'delegation')} running` } : undefined;
}
