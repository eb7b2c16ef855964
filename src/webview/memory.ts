import type { ToHost } from '../protocol';

/** Where the conversation is scrolled to: the first visible item and how far it is scrolled past; absent at the end. */
export interface ScrollPlace {
  readonly itemId: string;
  readonly offset: number;
}

/** Something that the user typed and sent, of which the host has not said what became. */
export type Unconfirmed = Omit<Extract<ToHost, { type: 'sendAgain' }>, 'type'>;

/** What of the view survives hiding and reloading; kept by VS Code. */
export interface Memory {
  readonly sessionId?: string;
  readonly draft: string;
  /** What is folded open: ids of items and children. */
  readonly expanded: readonly string[];
  readonly scroll?: ScrollPlace;
  readonly unconfirmed: readonly Unconfirmed[];
}

/** More than that is not worth keeping; the oldest are forgotten first. */
const MAX_EXPANDED = 500;

/** Reads what an earlier life of the view kept; whatever is not as expected is left out. */
export function parseMemory(saved: unknown): Memory {
  const { sessionId, draft, expanded, scroll, unconfirmed } = asRecord(saved);
  const { itemId, offset } = asRecord(scroll);
  return {
    draft: typeof draft === 'string' ? draft : '',
    expanded: Array.isArray(expanded) ? expanded.filter((id) => typeof id === 'string').slice(-MAX_EXPANDED) : [],
    unconfirmed: Array.isArray(unconfirmed) ? unconfirmed.flatMap((one: unknown) => readUnconfirmed(one) ?? []) : [],
    ...(typeof sessionId === 'string' && { sessionId }),
    ...(typeof itemId === 'string' && typeof offset === 'number' && { scroll: { itemId, offset } }),
  };
}

function readUnconfirmed(saved: unknown): Unconfirmed | undefined {
  const { typedId, kind, text, sessionId } = asRecord(saved);
  if (typeof typedId !== 'string' || typeof text !== 'string') return undefined;
  if (kind !== 'message' && kind !== 'steer' && kind !== 'reason') return undefined;
  return { typedId, kind, text, ...(typeof sessionId === 'string' && { sessionId }) };
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
