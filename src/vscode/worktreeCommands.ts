import type { Child } from '../delegation/delegation';
import { everyRun } from '../delegation/result';
import type { Worktree } from '../delegation/worktree';
import type { LeftOut } from '../tools/workingTree';
import type { CommandPorts } from './commandPorts';
import { plural } from './figures';
import type { RowCommand } from './rowCommand';
import type { RowTarget } from './rowTarget';
import { nameOf } from './rowTooltip';

type Isolated = Child & { readonly worktree: Worktree };

const OPEN_CHANGES = 'Open Changes';
const OPEN_WORKTREE = 'Open Worktree';

/** Names of files in a message; of more, how many. */
const NAMED = 3;

/** The agents below a row whose changes wait in a worktree. */
export function waitingIn({ delegation, child }: Pick<RowTarget, 'delegation' | 'child'>): readonly Isolated[] {
  return withChanges(child === undefined ? delegation.children : [child]);
}

/** The same with those whose task was begun again: nobody wants to apply what they left, but it is there. */
function leftIn({ delegation, child }: Pick<RowTarget, 'delegation' | 'child'>): readonly Isolated[] {
  return withChanges(child === undefined ? everyRun(delegation) : [child]);
}

function withChanges(children: readonly Child[]): readonly Isolated[] {
  return children.flatMap((child) =>
    child.worktree?.state === 'ready' ? [{ ...child, worktree: child.worktree }] : [],
  );
}

/** Shows what agents changed in their worktrees, file beside file. */
export async function openWorktreeChanges(
  target: RowTarget,
  { host, worktrees, prompts }: CommandPorts,
): Promise<void> {
  const found = await Promise.all(
    waitingIn(target).map(async ({ id }) => {
      const changes = await worktrees.changes(id);
      return changes.map((change) => ({ ...change, childId: id, file: worktrees.fileIn(id, change.path) }));
    }),
  );
  const changes = found.flat();
  if (changes.length === 0) await prompts.inform(`“${target.name}” changed no files.`);
  else await host.openWorktreeChanges(`Changes of “${target.name}”`, changes);
}

export const applyChanges: RowCommand = async (target, ports) => {
  const { worktrees, prompts } = ports;
  const children = waitingIn(target);
  if (children.length === 0) {
    await prompts.inform(`“${target.name}” has no changes to apply.`);
    return;
  }
  const applied = await worktrees.apply(children.map(({ id }) => id));
  if (applied.kind === 'applied') {
    const done = `Applied the changes of “${target.name}”: ${named(applied.files)}.${commitsText(applied.commits)}`;
    if (applied.left === undefined) await prompts.inform(done);
    else if ((await prompts.warn(`${done} ${leftText(applied.left)}`, OPEN_WORKTREE)) === OPEN_WORKTREE) {
      await openWorktree(target, ports);
    }
    return;
  }
  const { delegation } = target;
  const stopped = children.find(({ id }) => id === applied.childId) ?? target.child;
  const name = nameOf(delegation, stopped);
  if (applied.kind === 'gone') {
    await prompts.warn(`The worktree of “${name}” is not there any more, so nothing of it was applied.`);
    return;
  }
  const before = children.findIndex(({ id }) => id === applied.childId);
  const others = before > 0 ? ` The changes of ${plural(before, 'other agent')} were applied.` : '';
  const why =
    applied.left === undefined
      ? `${named(applied.files)} changed in another way in the meantime. Its worktree is kept.`
      : leftText(applied.left);
  const text = `Nothing of “${name}” was applied: ${why}${others}`;
  const chosen = await prompts.warn(text, OPEN_CHANGES, OPEN_WORKTREE);
  const there = { ...target, ...(stopped === undefined ? {} : { id: stopped.id, child: stopped, name }) };
  if (chosen === OPEN_CHANGES) await openWorktreeChanges(there, ports);
  else if (chosen === OPEN_WORKTREE) await openWorktree(there, ports);
};

export const discardChanges: RowCommand = async (target, ports) => {
  if (!hasChanges(target)) await ports.prompts.inform(`“${target.name}” has no changes to discard.`);
  else await confirmDiscard(target, ports, 'Discard');
};

export const openWorktree: RowCommand = async (target, { host, prompts }) => {
  const [first] = waitingIn(target);
  if (first === undefined) await prompts.inform(`“${target.name}” has no worktree.`);
  else await host.openFolder(first.worktree.path);
};

/** Something of it waits in a worktree, so that it cannot be removed just so. */
export function hasChanges(target: Pick<RowTarget, 'delegation' | 'child'>): boolean {
  return leftIn(target).length > 0;
}

/** False where the user would rather keep them. */
export async function confirmDiscard(
  target: Pick<RowTarget, 'delegation' | 'child' | 'name'>,
  { prompts, worktrees }: Pick<CommandPorts, 'prompts' | 'worktrees'>,
  button: string,
): Promise<boolean> {
  const children = leftIn(target);
  const files = children.flatMap(({ worktree }) => worktree.files.map(({ path }) => path));
  const question = `Discard the changes of “${target.name}”?`;
  const detail = `${capital(named(files))} will be lost: nobody has applied them.`;
  if (!(await prompts.confirm(question, detail, button))) return false;
  await worktrees.discard(children.map(({ id }) => id));
  return true;
}

/** Why some of it is where it was, and what to do. */
function leftText(left: readonly LeftOut[]): string {
  const [first] = left;
  const reason = first === undefined ? '' : ` (${first.path}: ${first.reason})`;
  return `${named(left.map(({ path }) => path))} cannot be applied by git${reason}. The worktree is kept: copy it from there, then discard the rest.`;
}

function commitsText(commits: readonly string[] | undefined): string {
  return commits === undefined ? '' : ` Commits beside them are kept as ${commits.join(', ')}.`;
}

/** `a.ts, b.ts`, or `5 files`. */
function named(files: readonly string[]): string {
  if (files.length === 0) return 'no files';
  return files.length > NAMED ? plural(files.length, 'file') : files.join(', ');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
