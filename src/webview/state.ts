import type { ChatItem, Snapshot, ToView } from '../protocol';
import { applyChange } from './changes';
import { handOver } from './elementKeys';
import { cardsOf, type ChatState } from './chatState';

/** Takes in one message of the host. Parts that the message does not touch keep their identity. */
export function reduce(state: ChatState, message: ToView): ChatState {
  switch (message.type) {
    case 'snapshot':
      return fromSnapshot(state, message.seq, message.snapshot);
    case 'delta':
      if (state.stale) return state;
      if (state.seq === 0 || message.seq !== state.seq + 1) return { ...state, stale: true };
      return { ...handOver(state, message.changes.reduce(applyChange, state)), seq: message.seq };
    case 'older':
      return withOlder(state, message.items, message.hasOlder);
    case 'summary':
      return { ...state, summaries: new Map(state.summaries).set(message.childId, message.markdown) };
    case 'suggestions':
      return { ...state, suggestions: { requestId: message.requestId, list: message.suggestions } };
    case 'error':
      return { ...state, error: message.message };
    case 'insert':
    case 'focus':
    case 'reveal':
    case 'taken':
    case 'returned':
      return state;
  }
}

export function withoutError(state: ChatState): ChatState {
  const { error: _dismissed, ...rest } = state;
  return rest;
}

function fromSnapshot(state: ChatState, seq: number, snapshot: Snapshot): ChatState {
  const { delegations, ...rest } = snapshot;
  // What was refused for want of trust is no error any more.
  const before = snapshot.trusted && !state.trusted ? withoutError(state) : state;
  return {
    ...before,
    ...rest,
    seq,
    stale: false,
    keys: new Map(),
    delegations: new Map(delegations.map((delegation) => [delegation.id, delegation])),
    cards: cardsOf(snapshot.items),
    summaries: new Map(),
  };
}

function withOlder(state: ChatState, older: readonly ChatItem[], hasOlder: boolean): ChatState {
  const known = new Set(state.items.map((item) => item.id));
  const items = [...older.filter((item) => !known.has(item.id)), ...state.items];
  return { ...state, items, hasOlder, cards: cardsOf(items) };
}
