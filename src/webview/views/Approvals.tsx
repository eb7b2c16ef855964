import { plural } from '../format';
import { ApprovalBox } from './ApprovalBox';
import { useSelect } from './ChatContext';

/** All that waits for the user's word, oldest first, right above the message box where it never scrolls away. */
export function Approvals() {
  const approvals = useSelect((state) => state.approvals);
  return (
    <section class="approvals" aria-label="Approvals">
      <p class={approvals.length > 1 ? 'approvals-count' : 'visually-hidden'} aria-live="polite">
        {approvals.length > 0 && `${plural(approvals.length, 'approval')} waiting`}
      </p>
      {approvals.length > 0 && (
        <div class="approvals-list">
          {approvals.map((approval) => (
            <ApprovalBox key={approval.id} approval={approval} />
          ))}
        </div>
      )}
    </section>
  );
}
