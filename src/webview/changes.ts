import type { Change, ChatItem } from '../protocol';
import { cardsOf, type ChatState } from './chatState';

/** Applies one change of a delta. */
export function applyChange(state: ChatState, change: Change): ChatState {
  switch (change.op) {
    case 'put':
      return put(state, change.item);
    case 'text':
      return appendText(state, change);
    case 'remove':
      return withItems(
        state,
        state.items.filter((item) => item.id !== change.id),
      );
    case 'delegation':
      return { ...state, delegations: new Map(state.delegations).set(change.delegation.id, change.delegation) };
    case 'rows':
      return changeRows(state, change);
    case 'forget': {
      const delegations = new Map(state.delegations);
      delegations.delete(change.delegationId);
      return { ...state, delegations };
    }
    case 'approvals':
      return { ...state, approvals: change.approvals };
    case 'session':
      return { ...state, session: change.session };
    case 'sessions':
      return { ...state, sessions: change.sessions };
    case 'models':
      return { ...state, models: change.models };
    case 'paused':
      return { ...state, paused: change.paused };
  }
}

/** Rows that do not change keep their identity, and are not drawn again. */
function changeRows(state: ChatState, { delegationId, fields, children }: Extract<Change, { op: 'rows' }>): ChatState {
  const before = state.delegations.get(delegationId);
  if (before === undefined) return state;
  const changed = new Map(children.map((child) => [child.id, child]));
  const rows = before.children.map((child) => {
    const change = changed.get(child.id);
    return change === undefined ? child : { ...child, ...change };
  });
  const delegation = { ...before, ...fields, children: children.length === 0 ? before.children : rows };
  return { ...state, delegations: new Map(state.delegations).set(delegationId, delegation) };
}

function put(state: ChatState, item: ChatItem): ChatState {
  const at = placeOf(state.items, item.id);
  const items = at < 0 ? [...state.items, item] : state.items.with(at, item);
  // A card's place depends on these two kinds only; for all others the map keeps its identity.
  const hasCard = item.kind === 'delegation' || item.kind === 'completion';
  return hasCard ? withItems(state, items) : { ...state, items };
}

function appendText(state: ChatState, { id, delta, keep }: Extract<Change, { op: 'text' }>): ChatState {
  const at = placeOf(state.items, id);
  const item = state.items[at];
  const grown = item && withText(item, (text) => endOf(text + delta, keep));
  return grown ? { ...state, items: state.items.with(at, grown) } : state;
}

/** A character of two halves is kept whole or left out, as the host does. */
function endOf(text: string, keep: number | undefined): string {
  return keep === undefined || text.length <= keep ? text : text.slice(-keep).replace(/^[\udc00-\udfff]/, '');
}

function withText(item: ChatItem, grow: (text: string) => string): ChatItem | undefined {
  switch (item.kind) {
    case 'assistant':
      return { ...item, markdown: grow(item.markdown) };
    case 'reasoning':
      return { ...item, text: grow(item.text) };
    case 'tool':
      return { ...item, output: grow(item.output) };
    default:
      return undefined;
  }
}

function withItems(state: ChatState, items: readonly ChatItem[]): ChatState {
  return { ...state, items, cards: cardsOf(items) };
}

/** From the end, where nearly all changes happen. */
function placeOf(items: readonly ChatItem[], id: string): number {
  return items.findLastIndex((item) => item.id === id);
}
