import type { ChatItem, DelegationView, SessionView, Snapshot } from '../../../src/protocol';

export const SESSION: SessionView = {
  id: 's1',
  title: 'A session',
  state: 'idle',
  canGoOn: false,
  queued: [],
  model: 'offline',
  modelLabel: 'Offline',
  contextTokens: 0,
  activity: '',
  contextWindow: 0,
};

export function snapshotOf(items: readonly ChatItem[], more: Partial<Snapshot> = {}): Snapshot {
  return {
    session: SESSION,
    items,
    hasOlder: false,
    delegations: [],
    approvals: [],
    sessions: [],
    models: [],
    paused: false,
    trusted: true,
    ...more,
  };
}

export function assistant(id: string, markdown: string, streaming = false): ChatItem {
  return { kind: 'assistant', id, markdown, streaming };
}

export function user(id: string, text: string): ChatItem {
  return { kind: 'user', id, text, at: 0 };
}

export function delegationView(id: string, more: Partial<DelegationView> = {}): DelegationView {
  return {
    id,
    status: 'running',
    title: 'Count the TODOs',
    mode: 'background',
    delivery: 'none',
    dispatchedAt: 0,
    tokens: 0,
    costUsd: null,
    children: [],
    ...more,
  };
}

/** Questions and answers in turn, `i0` the oldest. */
export function many(count: number): ChatItem[] {
  return Array.from({ length: count }, (_, n) =>
    n % 2 === 0 ? user(`i${n}`, `Question ${n}`) : assistant(`i${n}`, `Answer **${n}**`),
  );
}
