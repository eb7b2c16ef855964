import { useEffect } from 'preact/hooks';
import type { ChildView, RowAction } from '../../protocol';
import { useChat, useSelect } from './ChatContext';
import { Nested, OtherRuns } from './ChildRow';
import { FileLink } from './FileLink';
import { MarkdownView } from './MarkdownView';
import { WorktreeChanges } from './WorktreeChanges';

/** The whole result of one task; its summary is fetched when it is first opened. */
export function ResultDetails({ child }: { readonly child: ChildView }) {
  const chat = useChat();
  const summary = useSelect((state) => state.summaries.get(child.id), [child.id]);
  const missing = summary === undefined;
  useEffect(() => {
    if (missing) chat.post({ type: 'summary', childId: child.id });
  }, [chat, child.id, missing]);
  const act = (action: RowAction) => () => chat.post({ type: 'act', action, id: child.id });
  return (
    <div class="result">
      {child.error && <p class="line bad whole">{child.error}</p>}
      {missing ? <p class="hint">Loading the result…</p> : <MarkdownView text={summary || '*No text was left.*'} />}
      <WorktreeChanges child={child} />
      {child.worktree === undefined && child.filesWritten.length > 0 && (
        <p class="files">
          <span class="hint">Files written</span>
          {child.filesWritten.map((path) => (
            <FileLink key={path} path={path} />
          ))}
        </p>
      )}
      <OtherRuns child={child} />
      {child.delegations.map((delegation) => (
        <Nested key={delegation.id} delegation={delegation} />
      ))}
      <div class="links">
        <TextButton label="Transcript" onClick={act('openTranscript')} />
        <TextButton label="Retry" onClick={act('retry')} />
        <TextButton label="Continue" onClick={act('continue')} />
        <TextButton label="Copy result" onClick={act('copyResult')} />
        <span class="meta">{child.model}</span>
      </div>
    </div>
  );
}

function TextButton({ label, onClick }: { readonly label: string; readonly onClick: () => void }) {
  return (
    <button type="button" class="link" onClick={onClick}>
      {label}
    </button>
  );
}
