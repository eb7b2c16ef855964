/** Where the conversation is scrolled to: the first visible item and how far it is scrolled past; absent at the end. */
export interface ScrollPlace {
  readonly itemId: string;
  readonly offset: number;
}

/** What of the view survives hiding and reloading; kept by VS Code. */
export interface Memory {
  readonly sessionId?: string;
  readonly draft: string;
  /** What is folded open: ids of items and children. */
  readonly expanded: readonly string[];
  readonly scroll?: ScrollPlace;
}

/** More than that is not worth keeping; the oldest are forgotten first. */
const MAX_EXPANDED = 500;

/** Reads what an earlier life of the view kept; whatever is not as expected is left out. */
export function parseMemory(saved: unknown): Memory {
  const { sessionId, draft, expanded, scroll } = asRecord(saved);
  const { itemId, offset } = asRecord(scroll);
  return {
    draft: typeof draft === 'string' ? draft : '',
    expanded: Array.isArray(expanded) ? expanded.filter((id) => typeof id === 'string').slice(-MAX_EXPANDED) : [],
    ...(typeof sessionId === 'string' && { sessionId }),
    ...(typeof itemId === 'string' && typeof offset === 'number' && { scroll: { itemId, offset } }),
  };
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
