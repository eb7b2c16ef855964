import { ToolFault, type ApprovalRequest, type ToolContext } from '../agent/tool';

/** Returns once the user has approved. Throws a ToolFault with what they said where they have not. */
export async function requireApproval(
  context: ToolContext,
  request: ApprovalRequest,
  signal: AbortSignal,
): Promise<void> {
  const decision = await context.approve(request, signal);
  if (decision.approved) return;
  const reason = decision.reason?.trim() ?? '';
  const said = reason === '' ? 'The user denied this.' : `The user denied this: ${reason}`;
  throw new ToolFault(said, 'denied');
}
