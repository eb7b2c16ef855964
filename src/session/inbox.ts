/** One thing that becomes a turn of its own. */
export type InboxItem =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'completion'; readonly delegationId: string };

/** What waits for a session to be idle, typed or completed, in order of arrival (SPEC 4.2). */
export class Inbox {
  readonly #items: InboxItem[];

  /** What an earlier run of VS Code left: what was typed goes first. */
  constructor(texts: readonly string[], delegationIds: readonly string[]) {
    this.#items = [
      ...texts.map((text) => ({ kind: 'text', text }) as const),
      ...delegationIds.map((delegationId) => ({ kind: 'completion', delegationId }) as const),
    ];
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  /** What was typed. */
  get texts(): readonly string[] {
    return this.#items.flatMap((item) => (item.kind === 'text' ? [item.text] : []));
  }

  addText(text: string): void {
    this.#items.push({ kind: 'text', text });
  }

  /** A completion waits once, however often it is told of. */
  addCompletion(delegationId: string): void {
    if (this.#items.some((item) => item.kind === 'completion' && item.delegationId === delegationId)) return;
    this.#items.push({ kind: 'completion', delegationId });
  }

  /** Takes back the typed message at this place among the typed ones, from 0; none where there is none. */
  removeText(index: number): void {
    const item = this.#items.filter(({ kind }) => kind === 'text')[index];
    if (item !== undefined) this.#items.splice(this.#items.indexOf(item), 1);
  }

  take(): InboxItem | undefined {
    return this.#items.shift();
  }
}
