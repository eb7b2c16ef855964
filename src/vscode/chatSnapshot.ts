import type { Delegation } from '../delegation/delegation';
import { nestedAmong } from '../delegation/result';
import type { ApprovalView, ChatItem, DelegationView, SessionSummary, SessionView, Snapshot } from '../protocol';
import type { Session } from '../session/session';
import type { ItemContext, Picture } from './chatItems';
import { itemsOf, liveItems, liveToolItem, newestReply } from './chatItems';
import type { ChatPorts } from './chatPorts';
import { toDelegationView } from './delegationView';

/** Items of a snapshot, and of each page of older ones. */
const PAGE = 200;

/** Sessions that the view lists. */
const SESSIONS = 100;

/** All that a view needs to show a session, but for the models, which take a while to list. */
export function snapshotOf(session: Session, pictures: readonly Picture[], ports: ChatPorts): Snapshot {
  const { pool } = ports;
  const items = conversationOf(session, pictures, ports);
  return {
    session: sessionView(session, ports),
    items: items.slice(-PAGE),
    hasOlder: items.length > PAGE,
    delegations: pool
      .list()
      .filter(({ sessionId, parentChildId }) => sessionId === session.id && parentChildId === undefined)
      .map((delegation) => delegationView(delegation, ports)),
    approvals: approvalsOf(session, ports),
    sessions: sessionSummaries(ports),
    models: [],
    paused: pool.paused,
    trusted: ports.isTrusted(),
  };
}

/** The items right before one that the view has; none where the conversation does not hold that one. */
export function pageBefore(items: readonly ChatItem[], id: string): Pick<Snapshot, 'items' | 'hasOlder'> {
  const end = items.findIndex((item) => item.id === id);
  const start = Math.max(0, end - PAGE);
  return { items: items.slice(start, Math.max(0, end)), hasOlder: start > 0 };
}

/** The whole conversation: what is in the transcript, what is shown beside it, and what streams right now. */
export function conversationOf(session: Session, pictures: readonly Picture[], ports: ChatPorts): readonly ChatItem[] {
  const { entries, live } = session;
  const items = new Map(itemsOf(entries, itemContext(session, ports), pictures).map((item) => [item.id, item]));
  const running = live.tools.flatMap((tool) => liveToolItem(tool, entries) ?? []);
  for (const item of [...running, ...liveItems(live)]) items.set(item.id, item);
  return [...items.values()];
}

export function itemContext(session: Session, ports: ChatPorts): ItemContext {
  return {
    targetOf: ports.targetOf,
    unreadAfter: session.state === 'waiting' ? (newestReply(session.entries)?.seq ?? -1) : Infinity,
    isListed: (delegationId) => ports.pool.get(delegationId) !== undefined,
  };
}

export function delegationView(delegation: Delegation, { pool }: ChatPorts): DelegationView {
  return toDelegationView(delegation, nestedAmong(pool.list()));
}

export function sessionView(session: Session, ports: ChatPorts): SessionView {
  const { id, record, state, queued, context, live } = session;
  const { model, label } = ports.modelOf(record.model);
  return {
    id,
    title: record.title,
    state,
    canGoOn: session.canGoOn && !endsWithError(session),
    queued,
    model,
    modelLabel: label,
    contextTokens: context.tokens,
    contextWindow: context.window,
    activity: live.activity,
  };
}

/** What went wrong is the last that is shown, with a button to try again. */
function endsWithError({ entries }: Session): boolean {
  const last = entries.at(-1)?.entry;
  return last?.role === 'notice' && last.level === 'error';
}

/** The sessions used last: a list of all would go to the view with every change, and older ones are found by a search. */
export function sessionSummaries({ sessions }: ChatPorts): SessionSummary[] {
  return sessions
    .list()
    .slice(0, SESSIONS)
    .map(({ id, title, updatedAt }) => ({ id, title, updatedAt, running: sessions.isRunning(id) }));
}

export function approvalsOf(session: Session, { approvals }: ChatPorts): ApprovalView[] {
  return approvals.pending().flatMap(({ id, agent, request }) => {
    const child = agent.childId === undefined ? {} : { childId: agent.childId };
    return agent.sessionId === session.id ? [{ id, agent: agent.label, ...child, ...request }] : [];
  });
}
