import { mkdir } from 'node:fs/promises';
import type { PromptWorkspace } from '../agent/prompts';
import type { Tool } from '../agent/tool';
import type { Workplace } from '../delegation/child';
import type { Child, Delegation } from '../delegation/delegation';
import { delegationIdOf } from '../delegation/ids';
import { everyRun } from '../delegation/result';
import type { DelegationPool } from '../delegation/pool';
import type { DelegationSettings } from '../delegation/settings';
import { isOpen, WorktreeFault } from '../delegation/worktree';
import { GitFault } from './git';
import { projectInstructions } from './instructions';
import { NodeWorkspace } from './nodeWorkspace';
import { repositoryOf } from './repository';
import { leftOutOf } from './snapshot';
import { createTools, toolsInSets } from './toolsets';
import type { WorkspaceFolder, WorkspaceHost } from './workspace';
import { foldersIn, worktreeHost } from './worktreeHost';
import type { Worktrees } from './worktrees';

export interface WorkplacesPorts {
  readonly pool: Pick<DelegationPool, 'get'>;
  readonly worktrees: Pick<Worktrees, 'open' | 'settle'>;
  readonly host: WorkspaceHost;
  readonly resultsFolder: string;
  readonly isolation: () => DelegationSettings['isolation'];
  /** The tools that work in the user's files, all of them. */
  readonly tools: readonly Tool[];
  /** The user's files, as prompts name them. */
  readonly describe: () => Promise<PromptWorkspace>;
  /** The tools of an orchestrator, by which it delegates. */
  readonly delegationTools: (delegation: Delegation, child: Child) => readonly Tool[];
}

/** Decides where each child works, and makes its tools for that place. */
export class Workplaces {
  readonly #ports: WorkplacesPorts;
  /** The worktrees in which somebody works, by the child that each was made for. */
  readonly #occupied = new Map<string, OccupiedWorktree>();

  constructor(ports: WorkplacesPorts) {
    this.#ports = ports;
  }

  /** Throws a WorktreeFault where the child is to have a worktree and cannot have one. */
  async workplaceOf(delegation: Delegation, child: Child, signal: AbortSignal): Promise<Workplace> {
    const { tools, describe } = this.#ports;
    const above = this.#occupied.get(this.#topChild(delegation, child));
    if (above !== undefined) return this.#enter(above, delegation, child);
    if (!this.#isIsolated(delegation, child)) {
      return { tools: this.#toolsOf(tools, delegation, child), workspace: await describe(), leave: stay };
    }
    const occupied = await this.#open(delegation, child, signal);
    this.#occupied.set(child.id, occupied);
    return this.#enter(occupied, delegation, child);
  }

  /** Whoever only reads stays with the user's files, of which it sees what is not saved yet. */
  #isIsolated({ depth }: Delegation, { task, worktree }: Child): boolean {
    const canChange = task.toolsets.includes('edit') || task.toolsets.includes('run');
    const before = task.continues?.childId;
    const goesOn = isOpen(worktree) || (before !== undefined && this.#hasWorktree(before));
    return depth === 1 && canChange && (goesOn || (task.isolation ?? this.#ports.isolation()) === 'worktree');
  }

  #hasWorktree(childId: string): boolean {
    const delegation = this.#ports.pool.get(delegationIdOf(childId));
    const runs = delegation === undefined ? [] : everyRun(delegation);
    return runs.some(({ id, worktree }) => id === childId && worktree?.state === 'ready');
  }

  /** The child of a session's own agent below which this one is, or itself. */
  #topChild(delegation: Delegation, child: Child): string {
    let top = child.id;
    for (let above: Delegation | undefined = delegation; above?.parentChildId !== undefined;) {
      top = above.parentChildId;
      above = this.#ports.pool.get(delegationIdOf(top));
    }
    return top;
  }

  async #open(delegation: Delegation, child: Child, signal: AbortSignal): Promise<OccupiedWorktree> {
    const { host, worktrees, resultsFolder } = this.#ports;
    const access = host.access();
    if ('refusal' in access) throw new WorktreeFault(access.refusal);
    const repository = await repositoryOf(access.folders, child.task.isolation === undefined ? BY_SETTING : BY_TASK);
    const { path, base } = await worktrees.open(delegation, child, repository.root, signal).catch(explain);
    const abandon = async () => {
      this.#occupied.delete(child.id);
      await worktrees.settle(child.id);
    };
    try {
      const folders = foldersIn(path, repository);
      // A folder that holds no file is not in git.
      await Promise.all(folders.map((folder) => mkdir(folder.path, { recursive: true })));
      const workspace = new NodeWorkspace(worktreeHost(host, folders), resultsFolder);
      const missing = await leftOutOf(repository.root, base);
      const place = describeWorktree(access.folders, missing);
      return new OccupiedWorktree(workspace, { place, instructions: await projectInstructions(workspace) }, abandon);
    } catch (error) {
      await abandon();
      throw error;
    }
  }

  #enter(occupied: OccupiedWorktree, delegation: Delegation, child: Child): Workplace {
    const isTop = delegation.depth === 1;
    const alone = isTop && child.task.role === 'leaf';
    occupied.enter();
    return {
      tools: this.#toolsOf(occupied.tools, delegation, child),
      workspace: { ...occupied.description, worktree: alone ? 'own' : 'joint' },
      async leave() {
        occupied.leave();
        // Those below do not wait: the one that the worktree was made for waits for them.
        if (isTop) await occupied.abandoned;
      },
    };
  }

  #toolsOf(tools: readonly Tool[], delegation: Delegation, child: Child): readonly Tool[] {
    const own = toolsInSets(tools, child.task.toolsets);
    return child.task.role === 'orchestrator' ? [...own, ...this.#ports.delegationTools(delegation, child)] : own;
  }
}

/** A worktree with all who work in it: the child that it was made for, and those that this one delegates to. */
class OccupiedWorktree {
  readonly tools: readonly Tool[];
  readonly description: PromptWorkspace;
  readonly #abandon: () => Promise<void>;
  readonly #abandoned = Promise.withResolvers<void>();
  #count = 0;

  /** `abandon` is called when the last one has left. */
  constructor(workspace: NodeWorkspace, description: PromptWorkspace, abandon: () => Promise<void>) {
    this.tools = createTools(workspace);
    this.description = description;
    this.#abandon = abandon;
  }

  enter(): void {
    this.#count++;
  }

  leave(): void {
    this.#count--;
    if (this.#count === 0) this.#abandoned.resolve(this.#abandon());
  }

  /** Resolves when everybody has left and it is known what they left behind. */
  get abandoned(): Promise<void> {
    return this.#abandoned.promise;
  }
}

function describeWorktree(folders: readonly WorkspaceFolder[], missing: string): string {
  const [first, ...others] = folders;
  const paths = folders.map(({ path }) => path).join(', ');
  const names = folders.map(({ name }) => name).join(', ');
  const relative =
    first !== undefined && others.length === 0
      ? 'Paths are relative to the workspace folder, which is where commands run.'
      : `The workspace has several folders: ${names}. Paths begin with the name of one of them.`;
  return `${relative} A path below ${paths} that your task names means the same file of this workspace: give tools relative paths, and use no such path in commands. ${NOT_BROUGHT_BACK}${missing === '' ? '' : ` Of the workspace these are not here:\n${missing}`}`;
}

const BY_SETTING = 'fanout.delegation.isolation is set to worktree';
const BY_TASK = 'The isolation of the task is worktree';

const NOT_BROUGHT_BACK =
  'Files alone are brought back, and none that git ignores, or that lie in a submodule or a repository of its own: write no result there. Branches, tags and stashes are your own copies.';

const stay = (): Promise<void> => Promise.resolve();

/** What git says is no crash of the agent's. */
function explain(error: unknown): never {
  if (!(error instanceof GitFault)) throw error;
  throw new WorktreeFault(
    `There is no worktree to work in (isolation, by the task or by fanout.delegation.isolation): ${error.message}. Mend that, or make it shared.`,
  );
}
