/** Where children that can change things work: in the user's files, or each in a git worktree of its own. */
export const ISOLATIONS = ['shared', 'worktree'] as const;
export type Isolation = (typeof ISOLATIONS)[number];

/** A file that differs from what the child began with; `path` is relative to the repository's root, with `/`. */
export interface ChangedFile {
  readonly path: string;
  readonly change: 'added' | 'modified' | 'deleted';
}

/** The git worktree that a child works in, in place of the user's files. */
export interface Worktree {
  /** Absolute: the folder of the checkout. */
  readonly path: string;
  /** Absolute: the root of the user's working tree. */
  readonly repository: string;
  /** Commit that holds the user's working tree as the child found it, uncommitted and untracked files included. */
  readonly base: string;
  /**
   * `working` until the child's run has let go; then `ready` (has changes that nobody took), `applied` or `discarded`.
   * One without changes is removed, and its child has none.
   */
  readonly state: 'working' | 'ready' | 'applied' | 'discarded';
  /** Known once it is not `working` any more. */
  readonly files: readonly ChangedFile[];
}

/** Why there is no worktree, or why nothing can be done with it: one clear sentence for the user. */
export class WorktreeFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'WorktreeFault';
  }
}

/** There is something in it that only it has, or may be. */
export function isOpen(worktree: Worktree | undefined): worktree is Worktree {
  return worktree?.state === 'working' || worktree?.state === 'ready';
}
