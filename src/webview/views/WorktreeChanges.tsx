import type { ChildView, RowAction } from '../../protocol';
import { plural } from '../format';
import { useChat } from './ChatContext';

/** What one child changed in its worktree, and what the user can do with it. */
export function WorktreeChanges({ child }: { readonly child: ChildView }) {
  const { worktree } = child;
  if (worktree === undefined || worktree.state === 'working') return null;
  return (
    <div class="worktree">
      <p class="files">
        <span class="hint">{SENTENCES[worktree.state](worktree.files.length)}</span>
        {worktree.files.map((path) => (
          <code key={path}>{path}</code>
        ))}
      </p>
      {worktree.state === 'ready' && <WorktreeButtons id={child.id} />}
    </div>
  );
}

/** At the foot of a card: how much waits in the worktrees of all its children. */
export function WaitingChanges({ id, agents }: { readonly id: string; readonly agents: readonly ChildView[] }) {
  const waiting = agents.flatMap(({ worktree }) => (worktree?.state === 'ready' ? [worktree] : []));
  if (waiting.length === 0) return null;
  const files = waiting.reduce((sum, worktree) => sum + worktree.files.length, 0);
  return (
    <div class="card-foot">
      {plural(files, 'changed file')} in {plural(waiting.length, 'worktree')}, not in your files yet.
      <WorktreeButtons id={id} />
    </div>
  );
}

/** `id` of a child, or of a delegation for all of its children. */
function WorktreeButtons({ id }: { readonly id: string }) {
  const chat = useChat();
  const act = (action: RowAction) => () => chat.post({ type: 'act', action, id });
  return (
    <div class="buttons">
      <button type="button" class="button" onClick={act('applyChanges')}>
        Apply
      </button>
      <button type="button" class="button secondary" onClick={act('openChanges')}>
        Open Changes
      </button>
      <button type="button" class="button secondary" onClick={act('discardChanges')}>
        Discard…
      </button>
    </div>
  );
}

const SENTENCES = {
  ready: (files: number) => `${plural(files, 'file')} changed in a worktree, not in your files yet`,
  applied: (files: number) => `${plural(files, 'changed file')} applied`,
  discarded: (files: number) => `${plural(files, 'changed file')} discarded`,
} as const;
