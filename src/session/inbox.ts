import type { SessionEntry } from '../store/entries';
import type { QueuedText } from '../store/sessionStore';

/** One thing that becomes a turn of its own. */
export type InboxItem =
  | { readonly kind: 'text'; readonly text: string; readonly typedId?: string }
  | { readonly kind: 'completion'; readonly delegationId: string };

/** What waits for a session to be idle, typed or completed, in order of arrival (SPEC 4.2). */
export class Inbox {
  readonly #items: InboxItem[];
  /** What could not be delivered; it is not tried again before {@link tryAgain}, so nothing spins. */
  #setAside: readonly InboxItem[] = [];

  /** What an earlier run of VS Code left: what was typed goes first. */
  constructor(texts: readonly QueuedText[], delegationIds: readonly string[]) {
    this.#items = [
      ...texts.map(
        (queued) => ({ kind: 'text', ...(typeof queued === 'string' ? { text: queued } : queued) }) as const,
      ),
      ...delegationIds.map((delegationId) => ({ kind: 'completion', delegationId }) as const),
    ];
  }

  /** Nothing waits, nothing was set aside. */
  get isEmpty(): boolean {
    return this.#items.length === 0 && !this.hasSetAside;
  }

  get hasSetAside(): boolean {
    return this.#setAside.length > 0;
  }

  /** What was typed. */
  get texts(): readonly string[] {
    return this.#items.flatMap((item) => (item.kind === 'text' ? [item.text] : []));
  }

  /** The same as it is stored. */
  get queued(): readonly QueuedText[] {
    return this.#items.flatMap((item) => {
      if (item.kind !== 'text') return [];
      return [item.typedId === undefined ? item.text : { text: item.text, typedId: item.typedId }];
    });
  }

  addText(text: string, typedId?: string): InboxItem {
    const item: InboxItem = { kind: 'text', text, ...(typedId !== undefined && { typedId }) };
    this.#items.push(item);
    return item;
  }

  /** Takes back what {@link addText} added; nothing where it was taken. */
  remove(item: InboxItem): void {
    const at = this.#items.indexOf(item);
    if (at >= 0) this.#items.splice(at, 1);
  }

  /** A completion waits once, however often it is told of. */
  addCompletion(delegationId: string): void {
    const known = [...this.#items, ...this.#setAside];
    if (known.some((item) => item.kind === 'completion' && item.delegationId === delegationId)) return;
    this.#items.push({ kind: 'completion', delegationId });
  }

  /** Takes back the typed message at this place among the typed ones, from 0; none where there is none. */
  removeText(index: number): void {
    const item = this.#items.filter(({ kind }) => kind === 'text')[index];
    if (item !== undefined) this.remove(item);
  }

  take(): InboxItem | undefined {
    return this.#items.shift();
  }

  /** What was taken could not be begun: it is the next one again. */
  putBack(item: InboxItem): void {
    this.#items.unshift(item);
  }

  /** What was taken could not be delivered: what is behind it goes first, it stays until {@link tryAgain}. */
  setAside(item: InboxItem): void {
    this.#setAside = [...this.#setAside, item];
  }

  /** Puts what was set aside in front again. Returns whether there was any. */
  tryAgain(): boolean {
    const again = this.#setAside;
    this.#setAside = [];
    this.#items.unshift(...again);
    return again.length > 0;
  }
}

/** What the view gave this name waits in a stored inbox. */
export function isQueued(inbox: readonly QueuedText[], typedId: string): boolean {
  return inbox.some((queued) => typeof queued === 'object' && queued.typedId === typedId);
}

/** How it is said when its turn begins. */
export function typedEntry({ text, typedId }: Extract<InboxItem, { kind: 'text' }>): SessionEntry {
  return { role: 'user', origin: 'user', text, ...(typedId !== undefined && { typedId }) };
}
