import type { Approvals, PendingApproval } from '../tools/approvals';
import type { Disposable } from '../util/emitter';
import { visibleText } from '../util/plainText';
import type { Prompts } from './prompts';

export interface ApprovalPromptPorts {
  readonly approvals: Pick<Approvals, 'pending' | 'decide' | 'onDidChange'>;
  /** Whether the user sees the chat of this session, which asks as well. */
  readonly chatShows: (sessionId: string) => boolean;
  readonly prompts: Pick<Prompts, 'inform' | 'warn'>;
  /** Shows where the approval can be looked at: the child's row, or the chat. */
  readonly show: (approval: PendingApproval) => Promise<unknown>;
  readonly onError: (message: string, error: unknown) => void;
}

const APPROVE = 'Approve';
const DENY = 'Deny';
const SHOW = 'Show';

/** A longer command cannot be read in a notification, so that it cannot be approved there. */
const MAX_SUBJECT = 400;

/**
 * One notification for each approval that a child waits for, or the session's own agent does while nobody sees its chat.
 * VS Code cannot take a notification back: a click on one that was answered elsewhere changes nothing and says so.
 */
export function promptForApprovals(ports: ApprovalPromptPorts): Disposable {
  const asked = new Set<string>();
  const look = () => {
    const pending = ports.approvals.pending();
    for (const id of asked) if (!pending.some((approval) => approval.id === id)) asked.delete(id);
    for (const approval of pending) {
      const { childId, sessionId } = approval.agent;
      if (asked.has(approval.id) || (childId === undefined && ports.chatShows(sessionId))) continue;
      asked.add(approval.id);
      prompt(approval, ports).catch((error: unknown) => ports.onError('A notification failed', error));
    }
  };
  look();
  return ports.approvals.onDidChange(look);
}

async function prompt(approval: PendingApproval, ports: ApprovalPromptPorts): Promise<void> {
  const { text, whole } = approvalText(approval);
  const chosen = await ports.prompts.warn(text, ...(whole ? [APPROVE] : []), DENY, SHOW);
  if (chosen === SHOW) await ports.show(approval);
  if (chosen !== APPROVE && chosen !== DENY) return;
  if (!ports.approvals.decide(approval.id, chosen === APPROVE ? 'approve' : 'deny'))
    await ports.prompts.inform('This was decided elsewhere, or its agent has ended; nothing was changed.');
}

/** Names the agent and the exact command or path; `whole` is false where it is too long to be shown. */
function approvalText({ agent, request }: PendingApproval): { readonly text: string; readonly whole: boolean } {
  const subject = visibleText(request.subject);
  const whole = subject.length <= MAX_SUBJECT;
  const shown = whole ? subject : `${subject.slice(0, MAX_SUBJECT)}… (${subject.length - MAX_SUBJECT} more characters)`;
  const who = agent.childId === undefined ? agent.label : `“${visibleText(shorten(agent.label))}”`;
  return { text: `Fanout: ${who} wants to ${request.action}: ${shown}`, whole };
}

function shorten(label: string): string {
  return label.length <= 80 ? label : `${label.slice(0, 80)}…`;
}
