import { isOver } from '../delegation/delegation';
import type { Delegation } from '../delegation/delegation';
import type { ChatItem, Change, Snapshot, ToView } from '../protocol';
import { ToHost } from '../protocol';
import type { Session, SessionChange } from '../session/session';
import type { Disposable } from '../util/emitter';
import type { ChatPorts } from './chatPorts';
import type { ChatTarget } from './chatMessages';
import { receive } from './chatMessages';
import type { ItemContext } from './chatItems';
import { itemsOf, itemsOfEntry, LIVE, liveItems, liveToolItem, newestReply } from './chatItems';
import { toDelegationView } from './delegationView';
import { agentRows } from './agentRows';

/** One webview, as the bridge sees it. */
export interface ChatView {
  post(message: ToView): void;
}

/** Items of a snapshot; older ones come on request. */
const PAGE = 200;
/** Milliseconds that changes are gathered before they are sent. */
const TEXT_EVERY = 50;
/** Milliseconds between two pictures of a delegation: at most 4 a second (SPEC 6.3). */
const DELEGATIONS_EVERY = 250;

/**
 * One view of one session. Sends a snapshot when the view is ready and numbered changes from then on, gathered for a
 * moment; nothing before `ready`, nothing while the view is hidden (it starts from a snapshot when it is back).
 */
export class ChatConnection implements ChatTarget, Disposable {
  readonly #ports: ChatPorts;
  readonly #view: ChatView;
  readonly #subscriptions: Disposable[] = [];
  #session: Session;
  #sessionSubscription: Disposable;
  #ready = false;
  #visible = true;
  #seq = 0;
  #changes: Change[] = [];
  #flushTimer: Disposable | undefined;
  readonly #changedDelegations = new Set<string>();
  #delegationTimer: Disposable | undefined;
  /** What `/agents` showed, with the entry after which it stands. Gone with the connection: it is a picture of a moment. */
  readonly #pictures: { readonly sessionId: string; readonly afterSeq: number; readonly item: ChatItem }[] = [];

  constructor(view: ChatView, ports: ChatPorts) {
    this.#view = view;
    this.#ports = ports;
    this.#session = ports.sessions.front();
    this.#sessionSubscription = this.#session.onDidChange((change) => this.#onSessionChange(change));
    this.#subscriptions.push(
      ports.pool.onDidChange((delegation) => this.#onDelegationChange(delegation)),
      ports.pool.onDidRemove((delegationId) => this.#put({ op: 'forget', delegationId })),
      ports.pool.onDidChangePaused((paused) => this.#put({ op: 'paused', paused })),
      ports.approvals.onDidChange(() => this.#put({ op: 'approvals', approvals: this.#approvals() })),
      ports.sessions.onDidChange(() => this.#onSessionsChange()),
      ports.onDidChangeModels(() => this.#sendModels()),
      ports.onDidChangeTrust(() => this.#sendSnapshot()),
    );
  }

  get session(): Session {
    return this.#session;
  }

  /** Takes a message of the view; one that is not valid, or whose handling fails, is answered with an error. */
  async receive(message: unknown): Promise<void> {
    const parsed = ToHost.safeParse(message);
    if (!parsed.success)
      return this.showError(`The chat view sent something that is not understood: ${parsed.error.message}`);
    try {
      await receive(parsed.data, this, this.#ports);
    } catch (error) {
      this.showError(error instanceof Error ? error.message : String(error));
    }
  }

  /** The view is up (or lost track): it gets everything that it needs. */
  ready(sessionId: string | undefined): void {
    this.#ready = true;
    if (sessionId !== undefined && this.#seq === 0) this.show(this.#ports.sessions.bringToFront(sessionId));
    this.#sendSnapshot();
    this.#sendModels();
  }

  /** Shows another session. */
  show(session: Session): void {
    if (session === this.#session) return;
    this.#sessionSubscription.dispose();
    this.#session = session;
    this.#sessionSubscription = session.onDidChange((change) => this.#onSessionChange(change));
    this.#sendSnapshot();
  }

  setVisible(visible: boolean): void {
    if (visible === this.#visible) return;
    this.#visible = visible;
    if (visible) this.#sendSnapshot();
  }

  showError(message: string): void {
    this.post({ type: 'error', message });
  }

  showAgents(): void {
    const rows = agentRows(this.#ports.pool.list(), this.#ports.clock.now());
    const item: ChatItem = { kind: 'agents', id: `agents${this.#pictures.length}`, rows };
    this.#pictures.push({ sessionId: this.#session.id, afterSeq: this.#session.entries.at(-1)?.seq ?? -1, item });
    this.#put({ op: 'put', item });
  }

  sendOlder(beforeId: string): void {
    const items = this.#items();
    const end = items.findIndex((item) => item.id === beforeId);
    const start = Math.max(0, end - PAGE);
    this.post({ type: 'older', items: end < 0 ? [] : items.slice(start, end), hasOlder: start > 0 });
  }

  /** Sends at once; dropped before `ready`, when there is nobody to take it. */
  post(message: ToView): void {
    if (this.#ready) this.#view.post(message);
  }

  dispose(): void {
    this.#flushTimer?.dispose();
    this.#delegationTimer?.dispose();
    this.#sessionSubscription.dispose();
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#ready = false;
  }

  #onSessionChange(change: SessionChange): void {
    switch (change.type) {
      case 'state':
        return this.#sessionChanged();
      case 'entry':
        return this.#onEntry(change.stored);
      case 'live':
        return this.#onLive(change);
    }
  }

  #onEntry(stored: Parameters<typeof itemsOfEntry>[0]): void {
    const { entries } = this.#session;
    if (stored.entry.role === 'assistant') this.#dropLive();
    for (const item of itemsOfEntry(stored, newestReply(entries), this.#itemContext())) this.#put({ op: 'put', item });
    if (stored.entry.role === 'user') this.#sessionChanged();
  }

  #onLive({ event }: Extract<SessionChange, { type: 'live' }>): void {
    const { live, entries } = this.#session;
    switch (event?.type) {
      case 'text':
      case 'reasoning': {
        const id = event.type === 'text' ? LIVE.text : LIVE.reasoning;
        const item = liveItems(live).find((candidate) => candidate.id === id);
        const isFirst = live[event.type] === event.delta;
        if (item !== undefined) this.#put(isFirst ? { op: 'put', item } : { op: 'text', id, delta: event.delta });
        return isFirst ? this.#sessionChanged() : undefined;
      }
      case 'tool-started':
      case 'tool-output':
      case 'tool-finished': {
        const callId = event.type === 'tool-output' ? event.callId : event.call.id;
        const tool = live.tools.find((candidate) => candidate.call.id === callId);
        const item = tool && liveToolItem(tool, entries);
        if (item !== undefined) this.#put({ op: 'put', item });
        return;
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
    this.#put({ op: 'remove', id: LIVE.reasoning });
    this.#put({ op: 'remove', id: LIVE.text });
  }

  #onDelegationChange(delegation: Delegation): void {
    if (delegation.sessionId !== this.#session.id || !this.#isLive()) return;
    this.#changedDelegations.add(this.#topOf(delegation).id);
    // The end of a delegation is news, the rest can wait for its turn.
    if (isOver(delegation.status) || delegation.status === 'queued') this.#sendDelegations();
    else this.#delegationTimer ??= this.#ports.clock.after(DELEGATIONS_EVERY, () => this.#sendDelegations());
  }

  #sendDelegations(): void {
    this.#delegationTimer?.dispose();
    this.#delegationTimer = undefined;
    for (const id of this.#changedDelegations) {
      const delegation = this.#ports.pool.get(id);
      if (delegation !== undefined) this.#put({ op: 'delegation', delegation: this.#delegationView(delegation) });
    }
    this.#changedDelegations.clear();
  }

  /** The view shows nested delegations inside the one that a session dispatched. */
  #topOf(delegation: Delegation): Delegation {
    const parent =
      delegation.parentChildId === undefined ? undefined : this.#ports.pool.child(delegation.parentChildId);
    return parent === undefined ? delegation : this.#topOf(parent.delegation);
  }

  #onSessionsChange(): void {
    if (this.#ports.sessions.get(this.#session.id) === undefined) this.show(this.#ports.sessions.front());
    this.#put({ op: 'sessions', sessions: this.#sessionSummaries() });
  }

  #sessionChanged(): void {
    this.#put({ op: 'session', session: this.#sessionView() });
  }

  #sendModels(): void {
    this.#ports.models().then(
      (models) => this.#put({ op: 'models', models }),
      (error: unknown) =>
        this.showError(`The models could not be listed: ${error instanceof Error ? error.message : String(error)}`),
    );
  }

  #isLive(): boolean {
    return this.#ready && this.#visible;
  }

  #put(change: Change): void {
    if (!this.#isLive()) return;
    const last = this.#changes.at(-1);
    if (change.op === 'text' && last?.op === 'text' && last.id === change.id) {
      this.#changes[this.#changes.length - 1] = { ...last, delta: last.delta + change.delta };
    } else if (change.op === 'session' && last?.op === 'session') {
      this.#changes[this.#changes.length - 1] = change;
    } else {
      this.#changes.push(change);
    }
    this.#flushTimer ??= this.#ports.clock.after(TEXT_EVERY, () => this.#flush());
  }

  #flush(): void {
    this.#flushTimer = undefined;
    const changes = this.#changes;
    this.#changes = [];
    if (changes.length > 0 && this.#isLive()) this.post({ type: 'delta', seq: ++this.#seq, changes });
  }

  #sendSnapshot(): void {
    if (!this.#isLive()) return;
    this.#changes = [];
    this.#changedDelegations.clear();
    this.post({ type: 'snapshot', seq: ++this.#seq, snapshot: this.#snapshot() });
  }

  #snapshot(): Snapshot {
    const { pool } = this.#ports;
    const items = this.#items();
    return {
      session: this.#sessionView(),
      items: items.slice(-PAGE),
      hasOlder: items.length > PAGE,
      delegations: pool
        .list()
        .filter(({ sessionId, parentChildId }) => sessionId === this.#session.id && parentChildId === undefined)
        .map((delegation) => this.#delegationView(delegation)),
      approvals: this.#approvals(),
      sessions: this.#sessionSummaries(),
      models: [],
      paused: pool.paused,
      trusted: this.#ports.isTrusted(),
    };
  }

  #items(): ChatItem[] {
    const { entries, live } = this.#session;
    const context = this.#itemContext();
    const pictures = this.#pictures.filter(({ sessionId }) => sessionId === this.#session.id);
    let from = 0;
    const parts = pictures.flatMap(({ afterSeq, item }) => {
      const end = entries.findIndex(({ seq }) => seq > afterSeq);
      const part = entries.slice(from, end < 0 ? entries.length : end);
      from += part.length;
      return [...itemsOf(part, context), item];
    });
    const rest = itemsOf(entries.slice(from), context);
    const running = live.tools.flatMap((tool) => liveToolItem(tool, entries) ?? []);
    const all = new Map([...parts, ...rest, ...running, ...liveItems(live)].map((item) => [item.id, item]));
    return [...all.values()];
  }

  #itemContext(): ItemContext {
    return {
      targetOf: this.#ports.targetOf,
      waiting: this.#session.state === 'waiting',
      isListed: (delegationId) => this.#ports.pool.get(delegationId) !== undefined,
    };
  }

  #delegationView(delegation: Delegation) {
    const all = this.#ports.pool.list();
    return toDelegationView(delegation, (childId) => all.filter((other) => other.parentChildId === childId));
  }

  #sessionView() {
    const { id, record, state, queued, context, live } = this.#session;
    const { model, label } = this.#ports.modelOf(record.model);
    return {
      id,
      title: record.title,
      state,
      queued,
      model,
      modelLabel: label,
      contextTokens: context.tokens,
      contextWindow: context.window,
      activity: live.activity,
    };
  }

  #sessionSummaries() {
    const { sessions } = this.#ports;
    return sessions
      .list()
      .map(({ id, title, updatedAt }) => ({ id, title, updatedAt, running: sessions.isRunning(id) }));
  }

  #approvals() {
    return this.#ports.approvals
      .pending()
      .filter(({ agent }) => agent.sessionId === this.#session.id)
      .map(({ id, agent, request }) => ({
        id,
        agent: agent.label,
        ...(agent.childId === undefined ? {} : { childId: agent.childId }),
        ...request,
      }));
  }
}
