import type { Change, Snapshot, ToView } from '../protocol';
import type { Clock } from '../util/clock';
import { tailOf } from '../util/cutText';
import type { Disposable } from '../util/emitter';

/** Milliseconds that changes are gathered before they are sent. */
const SEND_EVERY = 50;

/**
 * What goes to one webview: a snapshot when it is ready and numbered changes from then on, gathered for a moment.
 * Nothing before `ready`; nothing while the view is hidden, which starts from a snapshot when it is back.
 */
export class ChatOutbox implements Disposable {
  readonly #post: (message: ToView) => void;
  readonly #clock: Clock;
  readonly #snapshot: () => Snapshot;
  #ready = false;
  #visible = true;
  #seq = 0;
  /** In the order in which they are to be taken in; under what they replace, or a number. */
  readonly #changes = new Map<string | number, Change>();
  /** What was added to each item since it was last put. */
  readonly #texts = new Map<string, { readonly key: number; readonly delta: string }>();
  #gathered = 0;
  #timer: Disposable | undefined;

  constructor(post: (message: ToView) => void, clock: Clock, snapshot: () => Snapshot) {
    this.#post = post;
    this.#clock = clock;
    this.#snapshot = snapshot;
  }

  /** Somebody takes what is sent. */
  get isLive(): boolean {
    return this.#ready && this.#visible;
  }

  /** The view was sent something before. */
  get hasBegun(): boolean {
    return this.#seq > 0;
  }

  /** The view is up, or lost track. */
  ready(): void {
    this.#ready = true;
    this.sendSnapshot();
  }

  setVisible(visible: boolean): void {
    if (visible === this.#visible) return;
    this.#visible = visible;
    if (visible) this.sendSnapshot();
  }

  /** Sends everything anew; what was gathered is part of it. */
  sendSnapshot(): void {
    this.#clear();
    if (this.isLive) this.#post({ type: 'snapshot', seq: ++this.#seq, snapshot: this.#snapshot() });
  }

  put(change: Change): void {
    if (!this.isLive) return;
    this.#gather(change);
    this.#timer ??= this.#clock.after(SEND_EVERY, () => this.#send());
  }

  /** Sends at once what is no change of the conversation; dropped before `ready`, when there is nobody to take it. */
  post(message: Exclude<ToView, { seq: number }>): void {
    if (this.#ready) this.#post(message);
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#ready = false;
  }

  #gather(change: Change): void {
    if (change.op === 'text') return this.#gatherText(change);
    if (change.op === 'put' || change.op === 'remove')
      this.#texts.delete(change.op === 'put' ? change.item.id : change.id);
    const key = wholeOf(change) ?? ++this.#gathered;
    // What replaces another stands at the end: it may speak of what came between.
    this.#changes.delete(key);
    this.#changes.set(key, change);
  }

  /** Text that is added to the same item is one change, whatever was added to others meanwhile. */
  #gatherText(change: Extract<Change, { op: 'text' }>): void {
    const { id, keep } = change;
    const known = this.#texts.get(id);
    const key = known?.key ?? ++this.#gathered;
    const whole = (known?.delta ?? '') + change.delta;
    // What would be pushed out by what follows it need not be sent. Trimmed at twice the size only, as copying costs.
    const delta = keep === undefined || whole.length <= 2 * keep ? whole : tailOf(whole, keep);
    this.#texts.set(id, { key, delta });
    this.#changes.set(key, { ...change, delta });
  }

  #send(): void {
    this.#timer = undefined;
    const changes = [...this.#changes.values()];
    this.#clear();
    if (changes.length > 0 && this.isLive) this.#post({ type: 'delta', seq: ++this.#seq, changes });
  }

  #clear(): void {
    this.#changes.clear();
    this.#texts.clear();
  }
}

/** What a change replaces as a whole, so that an earlier one need not be sent; undefined where the order counts. */
function wholeOf(change: Change): string | undefined {
  switch (change.op) {
    case 'session':
    case 'sessions':
    case 'models':
    case 'approvals':
    case 'paused':
      return change.op;
    case 'delegation':
      return `delegation ${change.delegation.id}`;
    case 'forget':
      return `delegation ${change.delegationId}`;
    case 'rows':
    case 'put':
    case 'text':
    case 'remove':
      return undefined;
  }
}
