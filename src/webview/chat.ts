import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { Place, ToHost, ToView } from '../protocol';
import { type ChatState, EMPTY_STATE } from './chatState';
import { type Memory, parseMemory, type ScrollPlace, type Unconfirmed } from './memory';
import type { Port } from './port';
import { reduce, withoutError } from './state';

/** Runs a function once, before the next picture is drawn. */
type NextFrame = (run: () => void) => void;

/** The chat as the components see it: what the host told, what the user is at, and the way back to the host. */
export class Chat {
  readonly draft: Signal<string>;
  readonly expanded: Signal<ReadonlySet<string>>;
  /** Counts up each time the message box is to take the focus. */
  readonly focusRequests = signal(0);
  /** Counts up each time a message is sent. */
  readonly sent = signal(0);
  /** What is to be scrolled to; a new object each time. */
  readonly reveal = signal<Place | undefined>(undefined);
  /** What went wrong in the view itself. */
  readonly fault = signal<string | undefined>(undefined);
  readonly #port: Port;
  readonly #nextFrame: NextFrame;
  readonly #shown = signal(EMPTY_STATE);
  readonly #scroll: Signal<ScrollPlace | undefined>;
  readonly #sessionId: Signal<string | undefined>;
  /** Kept until the host says what became of it, over its death and over the view's own. */
  readonly #unconfirmed: Signal<readonly Unconfirmed[]>;
  /** Ahead of what is shown by what came since the last frame. */
  #state = EMPTY_STATE;
  #frameAsked = false;
  #olderAskedBefore: string | undefined;
  #lastRequestId = 0;

  constructor(port: Port, nextFrame: NextFrame) {
    const memory = parseMemory(port.recall());
    this.#port = port;
    this.#nextFrame = nextFrame;
    this.draft = signal(memory.draft);
    this.expanded = signal(new Set(memory.expanded));
    this.#scroll = signal(memory.scroll);
    this.#sessionId = signal(memory.sessionId);
    this.#unconfirmed = signal(memory.unconfirmed);
  }

  /** Asks the host for the conversation and begins to listen. */
  start(): void {
    effect(() => this.#port.remember(this.#memory()));
    this.#port.listen((message) => this.receive(message));
    this.#askForSnapshot(this.#sessionId.peek());
  }

  get state(): ReadonlySignal<ChatState> {
    return this.#shown;
  }

  /** A part of the state; who reads it is told only when that part changes. */
  select<T>(part: (state: ChatState) => T): ReadonlySignal<T> {
    return computed(() => part(this.#shown.value));
  }

  post(message: ToHost): void {
    this.#port.post(message);
  }

  receive(message: ToView): void {
    if (message.type === 'older' && !this.#isAwaited(message.items[0]?.id)) return;
    if (message.type === 'snapshot') this.#olderAskedBefore = undefined;
    // The first of a page or of a host, which may not have what an earlier host was sent.
    const { seq } = this.#state;
    const isFirst = message.type === 'snapshot' && (seq === 0 || message.seq <= seq);
    const wasStale = this.#state.stale;
    this.#state = reduce(this.#state, message);
    if (this.#state.stale && !wasStale) this.#askForSnapshot(this.#state.session?.id);
    if (isFirst) this.#sendAgain();
    if (message.type === 'taken') this.#confirmed(message.typedId);
    if (message.type === 'returned') this.#returned(message.typedId);
    if (message.type === 'insert') this.#insert(message.text);
    if (message.type === 'focus') this.focusRequests.value++;
    if (message.type === 'reveal') this.reveal.value = message.place;
    this.#show();
  }

  send(text: string): void {
    this.post({ type: 'send', text, typedId: this.#keep('message', text) });
    this.#wasSent();
  }

  /** Takes back the queued message at this place: it must not be sent again either. */
  takeBack(index: number): void {
    const text = this.#state.session?.queued[index];
    const kept = this.#unconfirmed.peek().findLast((one) => one.kind === 'message' && one.text === text);
    if (kept !== undefined) this.#confirmed(kept.typedId);
    this.post({ type: 'unqueue', index });
  }

  steer(childId: string, text: string): void {
    this.post({ type: 'steer', childId, text, typedId: this.#keep('steer', text) });
  }

  deny(approvalId: string, reason: string): void {
    const decision = { type: 'decide', approvalId, decision: 'deny' } as const;
    this.post(reason === '' ? decision : { ...decision, reason, typedId: this.#keep('reason', reason) });
  }

  #wasSent(): void {
    this.#scroll.value = undefined;
    this.sent.value++;
  }

  /** Sends what is in the message box, unless it is blank. It stays there where the host cannot take it. */
  sendDraft(): void {
    const text = this.draft.value.trim();
    if (text === '') return;
    const isTaken = this.#state.trusted || text.startsWith('/');
    if (isTaken) {
      this.draft.value = '';
      return this.send(text);
    }
    this.post({ type: 'send', text });
    this.#wasSent();
  }

  /** Puts the last message of the user back into the message box; false where there is none. */
  recallLast(): boolean {
    const last = this.#state.items.findLast((item) => item.kind === 'user');
    if (last) this.draft.value = last.text;
    return last !== undefined;
  }

  askForOlder(): void {
    const { items, hasOlder } = this.#state;
    const first = items[0]?.id;
    if (!hasOlder || first === undefined || first === this.#olderAskedBefore) return;
    this.#olderAskedBefore = first;
    this.post({ type: 'older', beforeId: first });
  }

  /** Asks for completions; the answer is in `state.suggestions` under the returned number. */
  askForSuggestions(kind: 'command' | 'file', query: string): number {
    this.post({ type: 'suggest', requestId: ++this.#lastRequestId, kind, query });
    return this.#lastRequestId;
  }

  selectExpanded(id: string): ReadonlySignal<boolean> {
    return computed(() => this.expanded.value.has(id));
  }

  toggle(id: string): void {
    const expanded = new Set(this.expanded.value);
    if (!expanded.delete(id)) expanded.add(id);
    this.expanded.value = expanded;
  }

  get scroll(): ScrollPlace | undefined {
    return this.#scroll.peek();
  }

  rememberScroll(place: ScrollPlace | undefined): void {
    this.#scroll.value = place;
  }

  /** Says what went wrong in the view itself, here and in the log. What comes again with each frame is said once. */
  failed(text: string, detail: string): void {
    if (this.fault.peek() === text) return;
    this.fault.value = text;
    this.post({ type: 'fault', text: detail });
  }

  dismissError(): void {
    this.#state = withoutError(this.#state);
    this.fault.value = undefined;
    this.#show();
  }

  #askForSnapshot(sessionId: string | undefined): void {
    this.post(sessionId === undefined ? { type: 'ready' } : { type: 'ready', sessionId });
  }

  /** An answer that was asked for before the conversation changed under it is of no use any more. */
  #isAwaited(firstOlderId: string | undefined): boolean {
    const asked = this.#olderAskedBefore;
    this.#olderAskedBefore = undefined;
    return asked !== undefined && asked === this.#state.items[0]?.id && firstOlderId !== asked;
  }

  #insert(text: string): void {
    this.#addToDraft(text);
    this.focusRequests.value++;
  }

  #addToDraft(text: string): void {
    const draft = this.draft.value;
    this.draft.value = draft === '' || /\s$/.test(draft) ? draft + text : `${draft}\n${text}`;
  }

  /** Returns the name under which the host will say what became of it. */
  #keep(kind: Unconfirmed['kind'], text: string): string {
    // Not randomUUID: a page that VS Code serves without TLS has none.
    const typedId = Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('-');
    const sessionId = this.#state.session?.id;
    const kept = { typedId, kind, text, ...(sessionId !== undefined && { sessionId }) };
    this.#unconfirmed.value = [...this.#unconfirmed.peek(), kept];
    return typedId;
  }

  #sendAgain(): void {
    for (const kept of this.#unconfirmed.peek()) this.post({ type: 'sendAgain', ...kept });
  }

  #confirmed(typedId: string): void {
    this.#unconfirmed.value = this.#unconfirmed.peek().filter((kept) => kept.typedId !== typedId);
  }

  #returned(typedId: string): void {
    const kept = this.#unconfirmed.peek().find((one) => one.typedId === typedId);
    if (kept !== undefined) this.#addToDraft(kept.text);
    this.#confirmed(typedId);
  }

  #show(): void {
    if (this.#frameAsked) return;
    this.#frameAsked = true;
    this.#nextFrame(() => {
      this.#frameAsked = false;
      batch(() => this.#showNow());
    });
  }

  #showNow(): void {
    const sessionId = this.#state.session?.id;
    const before = this.#sessionId.peek();
    if (sessionId !== undefined && before !== undefined && sessionId !== before) {
      // Ids of items are unique within a session only.
      this.expanded.value = new Set();
      this.#scroll.value = undefined;
    }
    if (sessionId !== undefined) this.#sessionId.value = sessionId;
    this.#shown.value = this.#state;
  }

  #memory(): Memory {
    const sessionId = this.#sessionId.value;
    const scroll = this.#scroll.value;
    return {
      draft: this.draft.value,
      expanded: [...this.expanded.value],
      unconfirmed: this.#unconfirmed.value,
      ...(sessionId !== undefined && { sessionId }),
      ...(scroll && { scroll }),
    };
  }
}
