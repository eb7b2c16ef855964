import type { Delegation } from '../delegation/delegation';
import { delegationIdOf } from '../delegation/ids';
import type { DelegationPool } from '../delegation/pool';
import { nestedAmong } from '../delegation/result';
import type { Approvals } from '../tools/approvals';
import type { Clock } from '../util/clock';
import type { Disposable, Event } from '../util/emitter';
import { Emitter } from '../util/emitter';
import type { TreeRow } from './treeRows';
import { delegationRow, orderedRoots } from './treeRows';

/** A row changes at most 4 times a second (SPEC 6.3). */
const REFRESH_MS = 250;
/**
 * The elapsed time of what runs, while someone looks. Seldom: VS Code takes the tooltip away and shows a progress bar
 * whenever a row is drawn anew.
 */
const TICK_MS = 10_000;

export interface RowPorts {
  readonly pool: Pick<DelegationPool, 'list' | 'get' | 'child' | 'onDidChange' | 'onDidRemove'>;
  readonly approvals: Pick<Approvals, 'pending' | 'onDidChange'>;
  readonly clock: Clock;
}

/** A row that stays the same object for as long as it is listed: VS Code knows rows by their identity. */
export class RowNode {
  row: TreeRow;
  readonly parent: RowNode | undefined;
  children: readonly RowNode[] = [];

  constructor(row: TreeRow, parent: RowNode | undefined) {
    this.row = row;
    this.parent = parent;
  }
}

/** Nodes whose row changed; undefined where rows came, went or moved at the top. */
export type RowChange = readonly RowNode[] | undefined;

/**
 * The rows of the tree, kept up to date: what the pool tells is gathered for a quarter of a second, and only rows that
 * then look different are told of. Nothing is done while nobody looks, and nothing ticks while nothing runs.
 */
export class DelegationRows implements Disposable {
  readonly #ports: RowPorts;
  readonly #nodes = new Map<string, RowNode>();
  #roots: readonly RowNode[] = [];
  /** Ids of the delegations at the top whose rows may look different. */
  readonly #stale = new Set<string>();
  #visible = false;
  #renderedAt = -Infinity;
  #timer: Disposable | undefined;
  readonly #changed = new Emitter<RowChange>();
  readonly #subscriptions: readonly Disposable[];

  constructor(ports: RowPorts) {
    this.#ports = ports;
    for (const { id } of orderedRoots(ports.pool.list())) this.#stale.add(id);
    this.#subscriptions = [
      ports.pool.onDidChange(({ delegation }) => this.#touch(this.#rootOf(delegation).id)),
      ports.pool.onDidRemove((id) => this.#touch(id)),
      ports.approvals.onDidChange(() => this.#touchAll()),
    ];
  }

  readonly onDidChange: Event<RowChange> = this.#changed.event;

  /** The rows at the top, as they were last told of. */
  roots(): readonly RowNode[] {
    if (this.#renderedAt === -Infinity) {
      this.#renderedAt = this.#ports.clock.now();
      this.#render();
    }
    return this.#roots;
  }

  /** The row of a delegation or a child; an agent that shares the row of its delegation included; brought up to date first. */
  find(id: string): RowNode | undefined {
    if (this.#stale.size > 0) this.#refresh();
    const own = this.#nodes.get(id);
    if (own !== undefined) return own;
    const found = this.#ports.pool.child(id) ?? this.#nestedChild(id);
    return found === undefined ? undefined : (this.#nodes.get(found.child.id) ?? this.#nodes.get(found.delegation.id));
  }

  /** Whether someone sees the tree. */
  setVisible(visible: boolean): void {
    this.#visible = visible;
    this.#touchAll();
  }

  dispose(): void {
    this.#timer?.dispose();
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changed.dispose();
  }

  /** The first agent of a nested delegation, which has no row of its own. */
  #nestedChild(delegationId: string) {
    const first = this.#ports.pool.get(delegationId)?.children[0];
    return first === undefined ? undefined : this.#ports.pool.child(first.id);
  }

  #touch(rootId: string): void {
    // Known already: every streamed token comes here.
    if (this.#stale.has(rootId)) return;
    this.#stale.add(rootId);
    this.#schedule();
  }

  #touchAll(): void {
    for (const { id } of orderedRoots(this.#ports.pool.list())) this.#stale.add(id);
    this.#schedule();
  }

  /** Sets the one timer: for what is stale, or else for the time that runs. */
  #schedule(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
    if (!this.#visible) return;
    const { clock } = this.#ports;
    const since = clock.now() - this.#renderedAt;
    if (this.#stale.size > 0) this.#timer = clock.after(Math.max(0, REFRESH_MS - since), () => this.#refresh());
    else if (this.#running().length > 0) this.#timer = clock.after(Math.max(0, TICK_MS - since), () => this.#tick());
  }

  #tick(): void {
    for (const { id } of this.#running()) this.#stale.add(id);
    this.#refresh();
  }

  #running(): Delegation[] {
    return orderedRoots(this.#ports.pool.list()).filter(({ status }) => status === 'running');
  }

  #refresh(): void {
    this.#renderedAt = this.#ports.clock.now();
    try {
      const change = this.#render();
      if (change === undefined || change.length > 0) this.#changed.fire(change);
    } finally {
      this.#schedule();
    }
  }

  /** Brings all rows up to date and returns those that look different now. */
  #render(): RowChange {
    if (this.#stale.size === 0) return [];
    const stale = new Set(this.#stale);
    this.#stale.clear();
    const changed: RowNode[] = [];
    const before = this.#roots;
    this.#roots = orderedRoots(this.#ports.pool.list()).map((delegation) => {
      const node = this.#nodes.get(delegation.id);
      if (node !== undefined && !stale.has(delegation.id)) return node;
      return this.#place(delegationRow(delegation, this.#source()), undefined, changed);
    });
    for (const node of before) if (!this.#roots.includes(node)) this.#drop(node);
    const moved = before.length !== this.#roots.length || before.some((node, i) => node !== this.#roots[i]);
    return moved ? undefined : changed;
  }

  #place(row: TreeRow, parent: RowNode | undefined, changed: RowNode[]): RowNode {
    const known = this.#nodes.get(row.id);
    const node = known ?? new RowNode(row, parent);
    this.#nodes.set(row.id, node);
    const { children: before } = node;
    node.children = row.children.map((child) => this.#place(child, node, changed));
    for (const gone of before) if (!node.children.includes(gone)) this.#drop(gone);
    const sameChildren = before.length === node.children.length && before.every((one, i) => one === node.children[i]);
    if (known !== undefined && !(sameChildren && looksTheSame(known.row, row))) changed.push(node);
    node.row = row;
    return node;
  }

  #drop(node: RowNode): void {
    this.#nodes.delete(node.row.id);
    for (const child of node.children) this.#drop(child);
  }

  #source() {
    const { pool, approvals, clock } = this.#ports;
    const pending = approvals.pending();
    return {
      now: clock.now(),
      nested: nestedAmong(pool.list()),
      approvals: (childId: string) => pending.filter(({ agent }) => agent.childId === childId),
    };
  }

  #rootOf(delegation: Delegation): Delegation {
    const { parentChildId } = delegation;
    const parent = parentChildId === undefined ? undefined : this.#ports.pool.get(delegationIdOf(parentChildId));
    return parent === undefined ? delegation : this.#rootOf(parent);
  }
}

/** Whether a row has to be drawn anew; its children are looked at by themselves. */
function looksTheSame(a: TreeRow, b: TreeRow): boolean {
  return (
    a.label === b.label &&
    a.description === b.description &&
    a.icon.id === b.icon.id &&
    a.contextValue === b.contextValue &&
    a.approvalId === b.approvalId
  );
}
