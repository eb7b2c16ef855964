import type {
  ApprovalView,
  ChatItem,
  DelegationView,
  ModelOption,
  SessionSummary,
  SessionView,
  Suggestion,
} from '../protocol';

/** All that the view knows; rebuilt from one snapshot and kept up to date by deltas. */
export interface ChatState {
  /** The number of the last snapshot or delta taken in; 0 before the first snapshot. */
  readonly seq: number;
  /** A delta is missing: nothing more is taken in until a snapshot comes. */
  readonly stale: boolean;
  /** Absent before the first snapshot. */
  readonly session?: SessionView;
  readonly items: readonly ChatItem[];
  readonly hasOlder: boolean;
  /** Item id -> what its element is known by, where that is not its id. */
  readonly keys: ReadonlyMap<string, string>;
  readonly delegations: ReadonlyMap<string, DelegationView>;
  /** Delegation id -> id of the one item that shows it as a card (its other items are one-line references). */
  readonly cards: ReadonlyMap<string, string>;
  readonly approvals: readonly ApprovalView[];
  readonly sessions: readonly SessionSummary[];
  readonly models: readonly ModelOption[];
  readonly paused: boolean;
  readonly trusted: boolean;
  /** Child id -> its whole summary, as far as it was asked for. */
  readonly summaries: ReadonlyMap<string, string>;
  readonly suggestions: { readonly requestId: number; readonly list: readonly Suggestion[] };
  readonly error?: string;
}

export const EMPTY_STATE: ChatState = {
  seq: 0,
  stale: false,
  items: [],
  hasOlder: false,
  keys: new Map(),
  delegations: new Map(),
  cards: new Map(),
  approvals: [],
  sessions: [],
  models: [],
  paused: false,
  trusted: true,
  summaries: new Map(),
  suggestions: { requestId: 0, list: [] },
};

/** The last completion of a delegation is its card; while there is none, the last place where it was dispatched. */
export function cardsOf(items: readonly ChatItem[]): ReadonlyMap<string, string> {
  const cards = new Map<string, string>();
  for (const item of items) if (item.kind === 'delegation') cards.set(item.delegationId, item.id);
  for (const item of items) if (item.kind === 'completion') cards.set(item.delegationId, item.id);
  return cards;
}
