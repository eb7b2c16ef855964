import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApprovalView } from '../../protocol';
import { useChat } from './ChatContext';
import { DiffView } from './DiffView';
import { FileLink } from './FileLink';
import { Icon } from './Icon';

export function ApprovalBox({ approval }: { readonly approval: ApprovalView }) {
  const { agent, action, subject, kind, preview } = approval;
  return (
    <div class="approval" role="group" aria-label={`${agent}: ${action} ${subject}`}>
      <div class="approval-head">
        <Icon name={kind === 'command' ? 'terminal' : 'edit'} />
        <span class="approval-who">
          <b>{agent}</b> wants to {action}
          {kind === 'edit' && (
            <>
              {' '}
              <FileLink path={subject} />
            </>
          )}
        </span>
      </div>
      {kind === 'command' && (
        <pre class="command" tabIndex={0}>
          <code>{subject}</code>
        </pre>
      )}
      {preview && <DiffView diff={preview} />}
      <Decision approval={approval} />
    </div>
  );
}

function Decision({ approval }: { readonly approval: ApprovalView }) {
  const chat = useChat();
  const reason = useRef<HTMLInputElement>(null);
  const [decided, setDecided] = useState(false);
  // Told about it anew, so the decision did not arrive: it can be made again.
  useEffect(() => setDecided(false), [approval]);
  const decide = (decision: 'approve' | 'always' | 'deny') => {
    setDecided(true);
    if (decision === 'deny') chat.deny(approval.id, reason.current?.value.trim() ?? '');
    else chat.post({ type: 'decide', approvalId: approval.id, decision });
  };
  const denyOnEnter = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.isComposing) decide('deny');
  };
  return (
    <div class="decision">
      <button type="button" class="button" disabled={decided} onClick={() => decide('approve')}>
        Approve
      </button>
      <button type="button" class="button secondary" disabled={decided} onClick={() => decide('always')}>
        Always in this session
      </button>
      <span class="denial">
        <button type="button" class="button secondary" disabled={decided} onClick={() => decide('deny')}>
          Deny
        </button>
        <input
          ref={reason}
          class="text-input"
          type="text"
          aria-label="Reason"
          placeholder="Reason to deny (optional)"
          onKeyDown={denyOnEnter}
        />
      </span>
    </div>
  );
}
