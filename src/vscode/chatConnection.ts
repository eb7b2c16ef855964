import type { Delegation } from '../delegation/delegation';
import type { ChatItem, ToView } from '../protocol';
import { ToHost } from '../protocol';
import { OUTPUT_SHOWN } from '../session/liveTurn';
import type { Session } from '../session/session';
import type { SessionChange } from '../session/sessionPorts';
import type { StoredEntry } from '../store/sessionStore';
import type { Disposable } from '../util/emitter';
import { oneLine } from '../util/plainText';
import { agentRows } from './agentRows';
import type { Picture } from './chatItems';
import { itemsOfEntry, LIVE, liveItems, liveToolId, liveToolItem, newestReply } from './chatItems';
import type { ChatTarget } from './chatMessages';
import { receive } from './chatMessages';
import { ChatOutbox } from './chatOutbox';
import type { ChatPorts } from './chatPorts';
import * as snapshots from './chatSnapshot';
import { DelegationFeed } from './delegationFeed';

/** One webview, as the bridge sees it. */
export interface ChatView {
  post(message: ToView): void;
  /** Loads the page anew; it says `ready` again. */
  reload(): void;
  /** Puts what went wrong in the page into the log. */
  report(fault: string): void;
}

/** One view of one session: turns what happens in the session into changes of what the view shows. */
export class ChatConnection implements ChatTarget, Disposable {
  readonly #view: ChatView;
  readonly #ports: ChatPorts;
  readonly #outbox: ChatOutbox;
  readonly #delegations: DelegationFeed;
  readonly #subscriptions: readonly Disposable[];
  #session: Session;
  #sessionSubscription: Disposable;
  /** The agent waited for the user's word when the view was last told. */
  #toldWaiting = false;
  /** The session as the view was last told of it. */
  #toldSession = '';
  /** What the view called that which the user typed, and which was taken. */
  readonly #typed = new Set<string>();
  /** What `/agents` showed, by session. Gone with the connection: each is a picture of a moment. */
  readonly #pictures = new Map<string, Picture[]>();

  constructor(view: ChatView, ports: ChatPorts) {
    this.#view = view;
    this.#ports = ports;
    this.#outbox = new ChatOutbox(
      (message) => view.post(message),
      ports.clock,
      () => this.#snapshot(),
    );
    this.#delegations = new DelegationFeed(
      ports.pool,
      ports.clock,
      (delegation) => snapshots.delegationView(delegation, ports),
      (change) => this.#outbox.put(change),
    );
    this.#session = ports.sessions.front();
    this.#sessionSubscription = this.#session.onDidChange((change) => this.#onSessionChange(change));
    this.#subscriptions = [
      ports.pool.onDidChange(({ delegation }) => this.#onDelegationChange(delegation)),
      ports.pool.onDidRemove((delegationId) => this.#delegations.forget(delegationId)),
      ports.pool.onDidChangePaused((paused) => this.#outbox.put({ op: 'paused', paused })),
      ports.approvals.onDidChange(() => this.#approvalsChanged()),
      ports.sessions.onDidChange(() => this.#sessionsChanged()),
      ports.onDidChangeModels(() => this.#sendModels()),
      ports.onDidChangeTrust(() => this.#outbox.sendSnapshot()),
    ];
  }

  get session(): Session {
    return this.#session;
  }

  /** Takes a message of the view; one that is not valid, or whose handling fails, is answered with an error. */
  async receive(message: unknown): Promise<void> {
    const parsed = ToHost.safeParse(message);
    if (!parsed.success)
      return this.showError(`The chat view sent something that is not understood: ${oneLine(parsed.error.message)}`);
    const typedId = 'typedId' in parsed.data ? parsed.data.typedId : undefined;
    try {
      await this.#receiveOnce(parsed.data, typedId);
      if (typedId === undefined) return;
      // Only what is in the store may be forgotten by the view: it keeps what it sent for the case that this process dies.
      await this.#ports.written();
      this.post({ type: 'taken', typedId });
    } catch (error) {
      this.showError(messageOf(error));
      if (typedId === undefined) return;
      this.#typed.delete(typedId);
      this.post({ type: 'returned', typedId });
    }
  }

  /** A page that was hidden in between asks again for what this host has done already. */
  async #receiveOnce(message: ToHost, typedId: string | undefined): Promise<void> {
    if (message.type === 'sendAgain' && this.#typed.has(message.typedId)) return;
    if (typedId !== undefined) this.#typed.add(typedId);
    await receive(message, this, this.#ports);
  }

  /** The view is up, or lost track: it gets everything that it needs. One that comes back names what it showed. */
  ready(sessionId: string | undefined): void {
    if (sessionId !== undefined && !this.#outbox.hasBegun) this.#turnTo(this.#ports.sessions.bringToFront(sessionId));
    this.#outbox.ready();
    this.#sendModels();
  }

  /** Shows another session. */
  show(session: Session): void {
    if (session === this.#session) return;
    this.#turnTo(session);
    this.#outbox.sendSnapshot();
  }

  setVisible(visible: boolean): void {
    this.#outbox.setVisible(visible);
  }

  /** Whether the user can see this session here. */
  shows(sessionId: string): boolean {
    return this.#outbox.isLive && this.#session.id === sessionId;
  }

  reload(): void {
    this.#view.reload();
  }

  report(fault: string): void {
    this.#view.report(fault);
  }

  showError(message: string): void {
    this.post({ type: 'error', message });
  }

  showAgents(): void {
    const rows = agentRows(this.#ports.pool.list(), this.#ports.clock.now());
    const pictures = this.#pictures.get(this.#session.id) ?? [];
    const item: ChatItem = { kind: 'agents', id: `agents${pictures.length}`, rows };
    this.#pictures.set(this.#session.id, [...pictures, { afterSeq: this.#session.entries.at(-1)?.seq ?? -1, item }]);
    this.#outbox.put({ op: 'put', item });
  }

  sendOlder(beforeId: string): void {
    const items = snapshots.conversationOf(this.#session, this.#shownPictures(), this.#ports);
    this.post({ type: 'older', ...snapshots.pageBefore(items, beforeId) });
  }

  post(message: Exclude<ToView, { seq: number }>): void {
    this.#outbox.post(message);
  }

  dispose(): void {
    this.#outbox.dispose();
    this.#delegations.dispose();
    this.#sessionSubscription.dispose();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #turnTo(session: Session): void {
    this.#sessionSubscription.dispose();
    this.#session = session;
    this.#sessionSubscription = session.onDidChange((change) => this.#onSessionChange(change));
  }

  #onSessionChange(change: SessionChange): void {
    if (!this.#outbox.isLive) return;
    switch (change.type) {
      case 'state':
        this.#tellWaiting();
        return this.#sessionChanged();
      case 'entry':
        return this.#onEntry(change.stored);
      case 'live':
        return this.#onLive(change);
      case 'reloaded':
        return this.#outbox.sendSnapshot();
    }
  }

  #onEntry(stored: StoredEntry): void {
    if (stored.entry.role === 'assistant') this.#dropLive();
    this.#putEntry(stored);
    if (stored.entry.role === 'user') this.#sessionChanged();
  }

  #putEntry(stored: StoredEntry): void {
    const context = snapshots.itemContext(this.#session, this.#ports);
    const items = itemsOfEntry(stored, newestReply(this.#session.entries), context);
    for (const item of items) this.#outbox.put({ op: 'put', item });
  }

  #onLive({ event }: Extract<SessionChange, { type: 'live' }>): void {
    const { live, entries } = this.#session;
    switch (event?.type) {
      case 'text':
      case 'reasoning': {
        const id = LIVE[event.type];
        const item = liveItems(live).find((candidate) => candidate.id === id);
        const isFirst = live[event.type] === event.delta;
        if (item !== undefined)
          this.#outbox.put(isFirst ? { op: 'put', item } : { op: 'text', id, delta: event.delta });
        return isFirst ? this.#sessionChanged() : undefined;
      }
      case 'tool-output': {
        const tool = live.tools.find(({ call }) => call.id === event.callId);
        const id = tool && liveToolId(tool, entries);
        if (id !== undefined) this.#outbox.put({ op: 'text', id, delta: event.text, keep: OUTPUT_SHOWN });
        return;
      }
      case 'tool-started':
      case 'tool-finished': {
        const tool = live.tools.find(({ call }) => call.id === event.call.id);
        const item = tool && liveToolItem(tool, entries);
        if (item !== undefined) this.#outbox.put({ op: 'put', item });
        return this.#sessionChanged();
      }
      case 'sent':
      case undefined:
        this.#dropLive();
        return this.#sessionChanged();
      default:
        return this.#sessionChanged();
    }
  }

  #dropLive(): void {
    this.#outbox.put({ op: 'remove', id: LIVE.reasoning });
    this.#outbox.put({ op: 'remove', id: LIVE.text });
  }

  /** Completions that the agent has not read look different from those that it has. */
  #tellWaiting(): void {
    const waiting = this.#session.state === 'waiting';
    if (waiting === this.#toldWaiting) return;
    this.#toldWaiting = waiting;
    const { entries } = this.#session;
    const seen = newestReply(entries)?.seq ?? -1;
    for (const stored of entries.slice(entries.findLastIndex(({ seq }) => seq <= seen) + 1)) {
      if (stored.entry.role === 'user' && stored.entry.origin === 'completion') this.#putEntry(stored);
    }
  }

  #onDelegationChange(delegation: Delegation): void {
    if (delegation.sessionId === this.#session.id && this.#outbox.isLive) this.#delegations.changed(delegation);
  }

  #approvalsChanged(): void {
    this.#outbox.put({ op: 'approvals', approvals: snapshots.approvalsOf(this.#session, this.#ports) });
  }

  #sessionsChanged(): void {
    const { sessions } = this.#ports;
    if (!sessions.has(this.#session.id)) this.show(sessions.front());
    this.#outbox.put({ op: 'sessions', sessions: snapshots.sessionSummaries(this.#ports) });
  }

  /** Comes with every chunk of a tool's arguments: the view is told of it only where it sees a difference. */
  #sessionChanged(): void {
    const session = snapshots.sessionView(this.#session, this.#ports);
    const told = JSON.stringify(session);
    if (told === this.#toldSession) return;
    this.#toldSession = told;
    this.#outbox.put({ op: 'session', session });
  }

  #sendModels(): void {
    this.#ports.models().then(
      (models) => this.#outbox.put({ op: 'models', models }),
      (error: unknown) => this.showError(`The models could not be listed: ${messageOf(error)}`),
    );
  }

  #shownPictures(): readonly Picture[] {
    return this.#pictures.get(this.#session.id) ?? [];
  }

  #snapshot() {
    this.#toldWaiting = this.#session.state === 'waiting';
    const snapshot = snapshots.snapshotOf(this.#session, this.#shownPictures(), this.#ports);
    this.#toldSession = JSON.stringify(snapshot.session);
    this.#delegations.begin(snapshot.delegations);
    return snapshot;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
