import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { ToolFault } from '../agent/tool';
import type { Child, Delegation } from '../delegation/delegation';
import { isOver } from '../delegation/delegation';
import { delegationIdOf } from '../delegation/ids';
import type { DelegationPool } from '../delegation/pool';
import { everyRun } from '../delegation/result';
import type { ChangedFile, Worktree } from '../delegation/worktree';
import { isOpen, WorktreeFault } from '../delegation/worktree';
import { applyChanges } from './applyChanges';
import { commitsIn, keepCommits } from './childRepository';
import { KeyedLock } from './keyedLock';
import { takeSnapshot } from './snapshot';
import { sweepWorktrees, type KnownWorktrees } from './sweepWorktrees';
import type { Workspace, WorkspaceHost } from './workspace';
import type { LeftOut } from './workingTree';
import {
  addWorktree,
  changesIn,
  changesSeen,
  exists,
  isWhole,
  lookInto,
  putAside,
  rebased,
  removeWorktree,
  textAtBase,
} from './worktree';

/** `files` are relative to the repository's root. */
export type Applied =
  | {
      readonly kind: 'applied';
      readonly files: readonly string[];
      /** What could not be applied: it is in the worktrees still. */
      readonly left?: readonly LeftOut[];
      /** Commits that children made beside their files, by the names that they have in the user's repository now. */
      readonly commits?: readonly string[];
    }
  /** What came before this child is applied; of this one, nothing. */
  | {
      readonly kind: 'conflict';
      readonly childId: string;
      readonly files: readonly string[];
      /** Not in conflict, but nothing that git could apply. */
      readonly left?: readonly LeftOut[];
    }
  /** The child has no changes that could be applied: it made none, or they were discarded. */
  | { readonly kind: 'gone'; readonly childId: string };

const AT_ONCE = 4;

export interface WorktreesPorts {
  readonly pool: Pick<DelegationPool, 'get' | 'list' | 'isElsewhere' | 'recordWorktree' | 'onDidChange'>;
  /** Where the checkouts are. */
  readonly folder: string;
  /** Another window has the session of the delegation, whose agents may still be at work. */
  readonly isElsewhere: (delegation: Delegation) => boolean;
  /** The user's files, and the editor that they are open in. */
  readonly workspace: Pick<Workspace, 'resolve'>;
  readonly host: Pick<WorkspaceHost, 'access' | 'unsavedText'>;
  readonly onError: (message: string, error: unknown) => void;
}

/**
 * The git worktrees that children work in. Their rows are the record: written before a folder is made, and as soon as it
 * is known what became of it. Work on one repository is done one after the other.
 */
export class Worktrees {
  readonly #ports: WorktreesPorts;
  readonly #locks = new KeyedLock();
  /** Children whose runs have not let go of their worktree yet. */
  readonly #inUse = new Set<string>();
  /** Worktrees are made, looked at and removed side by side, but not all at once: each keeps git and the disk busy. */
  readonly #making = pLimit(AT_ONCE);
  readonly #looking = pLimit(AT_ONCE);
  readonly #removing = pLimit(AT_ONCE);
  readonly #removals = new Set<Promise<void>>();
  #sweeping: Promise<void> = Promise.resolve();
  readonly #settling = new Map<string, Promise<void>>();
  /** What the children of one delegation all begin with. */
  readonly #bases = new Map<string, Promise<string>>();

  constructor(ports: WorktreesPorts) {
    this.#ports = ports;
    ports.pool.onDidChange(({ delegation: { id, status }, kind }) => {
      if (kind === 'state' && isOver(status)) this.#bases.delete(id);
    });
  }

  /** What differs from what the child began with, by what is on disk now. */
  async changes(childId: string): Promise<readonly ChangedFile[]> {
    this.#refuseWithoutAccess();
    const worktree = this.#worktreeOf(childId);
    return isOpen(worktree) && (await exists(worktree.path)) ? changesIn(worktree) : (worktree?.files ?? []);
  }

  /** The text of a file as the child found it; empty where the file was not there. */
  async before(childId: string, path: string): Promise<string> {
    this.#refuseWithoutAccess();
    const worktree = this.#worktreeOf(childId);
    return worktree === undefined ? '' : textAtBase(worktree, path);
  }

  /** Where a file of the child is: an absolute path, of a file that need not exist. */
  fileIn(childId: string, path: string): string {
    const worktree = this.#worktreeOf(childId);
    if (worktree === undefined) throw new WorktreeFault(`${childId} has no worktree.`);
    return join(worktree.path, path);
  }

  /**
   * Brings the changes of the children into the user's files, in the order given, of each all or nothing; stops at the
   * first that conflicts. One that is applied already is no error. Throws a WorktreeFault where that can't be done now.
   */
  async apply(childIds: readonly string[]): Promise<Applied> {
    for (const childId of childIds) this.#refuseWhileBusy(childId);
    const files: string[] = [];
    const left: LeftOut[] = [];
    const commits: string[] = [];
    for (const childId of childIds) {
      const applied = await this.#locked(childId, (worktree) => this.#applyOne(childId, worktree));
      if (applied.kind !== 'applied') return applied;
      files.push(...applied.files);
      left.push(...(applied.left ?? []));
      commits.push(...(applied.commits ?? []));
    }
    return {
      kind: 'applied',
      files: [...new Set(files)],
      ...(left.length === 0 ? {} : { left }),
      ...(commits.length === 0 ? {} : { commits }),
    };
  }

  /** Throws the changes of the children away. Throws a WorktreeFault where that can't be done now. */
  async discard(childIds: readonly string[]): Promise<void> {
    for (const childId of childIds) this.#refuseWhileBusy(childId);
    for (const childId of childIds) {
      await this.#locked(childId, async (worktree) => {
        if (isOpen(worktree)) await this.#close(childId, { ...worktree, state: 'discarded' });
      });
    }
  }

  /**
   * Makes the worktree of a child that begins, or takes over that of the child whose work it goes on with, which may be
   * its own from before it was cut off. Whoever gets one calls {@link settle} in the end. Throws a GitFault where git cannot make one.
   */
  async open(delegation: Delegation, child: Child, root: string, signal: AbortSignal): Promise<Worktree> {
    const { continues } = child.task;
    this.#inUse.add(child.id);
    try {
      const own = await this.#reopen(child.id, root);
      if (own !== undefined) return own;
      const inherited = continues === undefined ? undefined : await this.#inherit(child.id, continues.childId, root);
      return inherited ?? (await this.#make(child.id, root, await this.#baseFor(delegation.id, root), signal));
    } catch (error) {
      this.#inUse.delete(child.id);
      throw error;
    }
  }

  /** The run of a child is through with its worktree: says what it left there, or removes it. Never rejects. */
  settle(childId: string): Promise<void> {
    const settling = (this.#settling.get(childId) ?? this.#settle(childId)).finally(() => {
      this.#settling.delete(childId);
      this.#inUse.delete(childId);
    });
    this.#settling.set(childId, settling);
    return settling;
  }

  /** Says of what an earlier run of Fanout left behind what is in it. */
  recover(): void {
    for (const delegation of this.#ports.pool.list()) {
      const left = everyRun(delegation).filter(
        ({ id, state, worktree }) => worktree?.state === 'working' && isOver(state.status) && !this.#inUse.has(id),
      );
      if (left.length === 0 || this.#isElsewhere(delegation)) continue;
      for (const { id } of left) void this.settle(id);
    }
  }

  /** The delegation as it is once it is known what its children left, as far as that is being found out. */
  async settled(delegation: Delegation): Promise<Delegation> {
    const settling = everyRun(delegation).flatMap(({ id }) => this.#settling.get(id) ?? []);
    if (settling.length > 0) await Promise.all(settling);
    return this.#ports.pool.get(delegation.id) ?? delegation;
  }

  /** Removes the checkouts that nobody needs any more, by what the store says of them. */
  sweep(stored: () => KnownWorktrees | undefined): void {
    this.#sweeping = sweepWorktrees(this.#ports.folder, stored).catch((error: unknown) =>
      this.#ports.onError('Worktrees that nobody needs could not be removed', error),
    );
  }

  /** Resolves when nothing that was begun by itself is under way. */
  async idle(): Promise<void> {
    await Promise.all([...this.#settling.values(), this.#sweeping]);
    await Promise.all(this.#removals);
  }

  async #applyOne(childId: string, worktree: Worktree | undefined): Promise<Applied> {
    if (worktree?.state === 'applied') return { kind: 'applied', files: worktree.files.map(({ path }) => path) };
    if (!isOpen(worktree)) return { kind: 'gone', childId };
    if (!(await exists(worktree.path))) {
      this.#record(childId, undefined);
      return { kind: 'gone', childId };
    }
    const look = await lookInto(worktree);
    const files = await changesSeen(worktree, look);
    const isUnsaved = (path: string) => this.#isUnsaved(join(worktree.repository, path));
    const outcome = await applyChanges(worktree, isUnsaved, look);
    const { left } = look;
    if (outcome.kind === 'conflict') {
      const isLeft = left.length > 0 && outcome.files.every((file) => left.some(({ path }) => path === file));
      return { ...outcome, childId, ...(isLeft ? { left } : {}) };
    }
    const made = await commitsIn(worktree);
    const commits = made.length === 0 ? {} : { commits: await keepCommits(worktree, childId, made) };
    if (outcome.kind === 'applied') {
      await this.#close(childId, { ...worktree, state: 'applied', files });
      return { ...outcome, ...commits };
    }
    const kept = outcome.left.map(({ path, change }) => ({ path, change }));
    this.#record(childId, { ...(await rebased(worktree, look.tree)), state: 'ready', files: kept });
    return { kind: 'applied', files: outcome.files, left: outcome.left, ...commits };
  }

  async #make(childId: string, root: string, base: string, signal: AbortSignal): Promise<Worktree> {
    signal.throwIfAborted();
    const path = join(this.#ports.folder, childId);
    const worktree: Worktree = { path, repository: root, base, state: 'working', files: [] };
    this.#record(childId, worktree);
    try {
      await this.#making(() => addWorktree(worktree, signal));
    } catch (error) {
      await this.#remove(worktree);
      this.#record(childId, undefined);
      throw error;
    }
    return worktree;
  }

  async #isUnsaved(path: string): Promise<boolean> {
    const { workspace, host } = this.#ports;
    // A file of the repository may lie in none of the open folders.
    const elsewhere = { real: path, path, shown: path, top: path };
    const file = await workspace.resolve(path, 'read').catch(() => elsewhere);
    try {
      return host.unsavedText(file) !== undefined;
    } catch (error) {
      // A notebook, whose text cannot be had.
      if (error instanceof ToolFault) return true;
      throw error;
    }
  }

  /** Recorded first: should the folder stay, it is known that nobody needs it. */
  async #close(childId: string, worktree: Worktree): Promise<void> {
    this.#record(childId, worktree);
    await this.#removeLater(worktree);
  }

  /** It is out of the way at once; nobody waits for the removal itself, and a sweep does what a crash cuts off. */
  async #removeLater(worktree: Worktree): Promise<void> {
    const aside = await putAside(worktree).catch(() => undefined);
    // It was not there, or somebody holds it.
    if (aside === undefined) return this.#remove(worktree);
    const removal = this.#removing(() => rm(aside, { recursive: true, force: true, maxRetries: 3 }))
      .catch((error: unknown) => this.#ports.onError(`${aside} could not be removed`, error))
      .finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }

  async #remove(worktree: Worktree): Promise<void> {
    try {
      await removeWorktree(worktree);
    } catch (error) {
      this.#ports.onError(`The worktree ${worktree.path} could not be removed`, error);
    }
  }

  async #settle(childId: string): Promise<void> {
    const worktree = this.#worktreeOf(childId);
    // What is suspended goes on in it.
    if (worktree?.state !== 'working' || this.#isSuspended(childId)) return;
    try {
      const isThere = await isWhole(worktree.path);
      const files = isThere ? await this.#looking(() => changesIn(worktree)) : [];
      // What it committed to a branch of its own, or put aside, need not be in its files.
      if (files.length > 0 || (isThere && (await commitsIn(worktree)).length > 0)) {
        return this.#record(childId, { ...worktree, state: 'ready', files });
      }
      await this.#removeLater(worktree);
      this.#record(childId, undefined);
    } catch (error) {
      this.#ports.onError(`The changes in ${worktree.path} could not be told`, error);
      // They may be worth something: the user decides.
      this.#record(childId, { ...worktree, state: 'ready' });
    }
  }

  /** The child was cut off in it: it goes on with what it had there, if that is whole. */
  async #reopen(childId: string, root: string): Promise<Worktree | undefined> {
    return this.#locked(childId, async (worktree) => {
      if (!isOpen(worktree) || worktree.repository !== root || !(await exists(worktree.path))) return undefined;
      if (!(await isWhole(worktree.path))) {
        await this.#remove(worktree);
        return undefined;
      }
      const again: Worktree = { ...worktree, state: 'working', files: [] };
      this.#record(childId, again);
      return again;
    });
  }

  async #inherit(childId: string, from: string, root: string): Promise<Worktree | undefined> {
    const delegation = this.#ports.pool.get(delegationIdOf(from));
    if (delegation === undefined || this.#isElsewhere(delegation)) return undefined;
    return this.#locked(from, async (worktree) => {
      if (worktree?.state !== 'ready' || worktree.repository !== root || !(await exists(worktree.path)))
        return undefined;
      const taken: Worktree = { ...worktree, state: 'working' };
      this.#record(childId, taken);
      this.#record(from, undefined);
      return taken;
    });
  }

  #baseFor(delegationId: string, root: string): Promise<string> {
    const known = this.#bases.get(delegationId);
    if (known !== undefined) return known;
    const base = this.#locks.run(root, () => takeSnapshot(root));
    this.#bases.set(delegationId, base);
    base.catch(() => this.#bases.delete(delegationId));
    return base;
  }

  async #locked<T>(childId: string, work: (worktree: Worktree | undefined) => Promise<T>): Promise<T> {
    await this.#settling.get(childId);
    const key = this.#worktreeOf(childId)?.repository ?? childId;
    // Read once more: what was before it may have changed it.
    return this.#locks.run(key, () => work(this.#worktreeOf(childId)));
  }

  /** Git runs what a repository's own settings name: nothing for a workspace that is not trusted. */
  #refuseWithoutAccess(): void {
    const access = this.#ports.host.access();
    if ('refusal' in access) throw new WorktreeFault(access.refusal);
  }

  #refuseWhileBusy(childId: string): void {
    this.#refuseWithoutAccess();
    const id = delegationIdOf(childId);
    const { pool, isElsewhere } = this.#ports;
    const delegation = pool.get(id);
    const isWorking = this.#worktreeOf(childId)?.state === 'working';
    if (pool.isElsewhere(id) || (isWorking && delegation !== undefined && isElsewhere(delegation))) {
      throw new WorktreeFault(`${id} belongs to another window. Do it there.`);
    }
    if (this.#inUse.has(childId) || !isOver(this.#childOf(childId)?.state.status ?? 'unknown')) {
      throw new WorktreeFault(`${childId} is still at work in its worktree. Cancel it, or wait for its end.`);
    }
  }

  #isElsewhere(delegation: Delegation): boolean {
    return this.#ports.pool.isElsewhere(delegation.id) || this.#ports.isElsewhere(delegation);
  }

  #isSuspended(childId: string): boolean {
    return this.#ports.pool.get(delegationIdOf(childId))?.suspendedAt !== undefined;
  }

  #childOf(childId: string): Child | undefined {
    const delegation = this.#ports.pool.get(delegationIdOf(childId));
    return delegation && everyRun(delegation).find(({ id }) => id === childId);
  }

  #worktreeOf(childId: string): Worktree | undefined {
    return this.#childOf(childId)?.worktree;
  }

  #record(childId: string, worktree: Worktree | undefined): void {
    this.#ports.pool.recordWorktree(childId, worktree);
  }
}
