import type { AgentEvent } from '../agent/events';
import { runAgent } from '../agent/loop';
import type { Message } from '../agent/messages';
import type { AgentModel } from '../agent/model';
import type { FileLedger } from '../agent/tool';
import type { SessionEntry } from '../store/entries';
import type { SessionRecord, StoredEntry } from '../store/sessionStore';
import type { Event } from '../util/emitter';
import { Emitter } from '../util/emitter';
import type { Context } from './context';
import { freeTokens, UNKNOWN_CONTEXT } from './context';
import type { InboxItem } from './inbox';
import { Inbox, isQueued, typedEntry } from './inbox';
import type { LiveTurn } from './liveTurn';
import { advanceTurn, IDLE_TURN, replyAppended } from './liveTurn';
import { noticeOfCompaction, noticeOfError, noticeOfLeftOut, noticeOfModel, noticeOfOutcome } from './notices';
import type { SessionChange, SessionPorts } from './sessionPorts';
import type { Standing } from './standing';
import { isReadAlong, READ_ALONG } from './standing';
import { titleFrom } from './title';
import { GO_ON, mending, Transcript } from './transcript';
import type { Turn } from './turn';
import { modelOrError, turnRun } from './turn';

/**
 * One conversation. It has at most one run; what comes meanwhile, typed or completed, waits in one inbox and becomes a
 * turn of its own, in order of arrival (SPEC 4.1, 4.2).
 */
export class Session {
  readonly #ports: SessionPorts;
  readonly #ledger: FileLedger = new Map();
  readonly #changed = new Emitter<SessionChange>();
  #record: SessionRecord;
  #transcript: Transcript;
  #inbox: Inbox;
  #standing: Standing;
  #live: LiveTurn = IDLE_TURN;
  #turn: { readonly controller: AbortController; readonly ended: Promise<void> } | undefined;
  /** A completion was posted and the agent waits for the user's word. */
  #waiting = false;
  /** Completions that come into the conversation without waking the agent. */
  readonly #quiet = new Set<string>();
  /** Completions of which the user knows that they could not be posted. */
  readonly #toldLeftOut = new Set<string>();
  #closed = false;
  #context = UNKNOWN_CONTEXT;

  constructor(record: SessionRecord, ports: SessionPorts) {
    this.#record = record;
    this.#ports = ports;
    this.#standing = ports.isElsewhere(record.id) ? 'elsewhere' : 'unclaimed';
    this.#transcript = new Transcript(record.id, ports.store);
    this.#inbox = this.#waitingInbox();
  }

  readonly onDidChange: Event<SessionChange> = this.#changed.event;

  get id(): string {
    return this.#record.id;
  }

  get record(): SessionRecord {
    return this.#record;
  }

  get entries(): readonly StoredEntry[] {
    return this.#transcript.entries;
  }

  get live(): LiveTurn {
    return this.#live;
  }

  get state(): 'idle' | 'running' | 'waiting' | 'elsewhere' | 'held' {
    if (isReadAlong(this.#standing)) return this.#standing;
    if (this.#turn !== undefined) return 'running';
    return this.#waiting ? 'waiting' : 'idle';
  }

  /** It is shown here and not this window's: nothing runs in it here. */
  get isReadAlong(): boolean {
    return isReadAlong(this.#standing);
  }

  /** The last turn has not come to its end, and nothing runs: {@link goOn} does something. */
  get canGoOn(): boolean {
    // Asked for with every streamed chunk: the conversation is not looked at while a turn runs.
    if (this.#turn !== undefined || this.isReadAlong || this.#closed) return false;
    if (this.#inbox.hasSetAside) return true;
    const last = this.#transcript.lastMessage;
    return last !== undefined && (last.role !== 'assistant' || last.interrupted === true);
  }

  /** All of it is in the store, and nothing runs or waits: it can be read anew whenever somebody asks for it. */
  get isAtRest(): boolean {
    return this.#turn === undefined && this.#inbox.isEmpty && this.entries.length > 0;
  }

  /** Messages of the user that wait for the running turn to end. */
  get queued(): readonly string[] {
    return this.#inbox.texts;
  }

  get context(): Context {
    return this.#context;
  }

  /** The user looks at it: from now on it is this window's, unless another one has it. */
  open(): void {
    // One in which nothing was said leaves no trace.
    if (this.entries.length > 0 || this.queued.length > 0) this.#claim();
  }

  /** What the view gave this name is in the conversation, or waits to be. */
  holds(typedId: string): boolean {
    return isQueued(this.#record.inbox, typedId) || this.#transcript.holds(typedId);
  }

  /** What the user typed: a turn of its own, now or after what is before it; once. Throws having queued nothing. */
  send(text: string, typedId?: string): void {
    this.#mustBeOurs();
    if (typedId !== undefined && this.holds(typedId)) return;
    const title = !this.#transcript.holdsTyped && this.queued.length === 0 ? { title: titleFrom(text) } : {};
    const item = this.#inbox.addText(text, typedId);
    try {
      this.#save(title);
    } catch (error) {
      this.#inbox.remove(item);
      throw error;
    }
    if (this.#turn !== undefined) this.#ports.makeWay(this.id);
    this.pump();
  }

  /** Another window wrote or ended: reads the session anew where that window had it, and takes it up where it is gone. */
  refresh(record: SessionRecord): void {
    if (this.#standing === 'ours' || this.#closed) return;
    // It is read anew by the claim that succeeds, and not before.
    if (this.#standing === 'held') return this.pump();
    const wasElsewhere = this.#standing === 'elsewhere';
    this.#standing = this.#ports.isElsewhere(record.id) ? 'elsewhere' : 'unclaimed';
    this.#read(record);
    // Who looked on goes on with it.
    if (wasElsewhere) this.pump();
  }

  /** Takes back the queued message at this place, from 0. */
  unqueue(index: number): void {
    this.#inbox.removeText(index);
    this.#save();
  }

  /** A completion waits for this session. */
  receive(delegationId: string): void {
    if (!this.#claim()) return;
    this.#inbox.addCompletion(delegationId);
    this.pump();
  }

  /**
   * Lets the agent go on from where the conversation stands: with a completion that was posted
   * (`completions.wakeAgent: ask`), with results that could not be posted before, or after a turn that failed or was
   * stopped. Nothing where it had finished.
   */
  goOn(): void {
    if (!this.canGoOn || !this.#claim()) return;
    if (this.#inbox.tryAgain()) {
      this.#toldLeftOut.clear();
      return this.pump();
    }
    if (this.#transcript.lastMessage?.role === 'assistant') this.#append(GO_ON);
    this.#start(undefined);
  }

  /** Interrupts the running turn; what it dispatched into the background goes on. Returns whether there was one. */
  stop(): boolean {
    this.#turn?.controller.abort(new Error('Stopped by the user.'));
    return this.#turn !== undefined;
  }

  /**
   * Interrupts the turn as {@link stop} does. Completions that wait by now are posted, but start no turn: what the user
   * stopped does not begin again by itself.
   */
  halt(): void {
    for (const { id } of this.#ports.completions.waitingFor(this.id)) this.#quiet.add(id);
    this.stop();
  }

  /** Interrupts the turn, starts no other, and resolves when it has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.stop();
    await this.#turn?.ended;
  }

  chooseModel(model: string): void {
    this.#mustBeOurs();
    this.#save({ model });
  }

  /** Adds what the user sees and the model does not. */
  note(entry: Exclude<SessionEntry, Message>): void {
    this.#mustBeOurs();
    this.#append(entry);
  }

  /** Starts the next turn where the session is idle and something waits. Never throws. */
  pump(): void {
    if (this.#turn !== undefined || this.#closed) return;
    let next: InboxItem | undefined;
    try {
      next = this.#claim() ? this.#inbox.take() : undefined;
      if (next !== undefined) this.#start(next);
    } catch (error) {
      if (next !== undefined) this.#inbox.putBack(next);
      this.#ports.onError(`A turn of session ${this.id} could not begin`, error);
      this.#changed.fire({ type: 'state' });
    }
  }

  #mustBeOurs(): void {
    if (!this.#claim() && isReadAlong(this.#standing)) throw new Error(READ_ALONG[this.#standing]);
  }

  /** Takes the session for this window, going on from where whoever had it left it. False where it cannot have it now. */
  #claim(): boolean {
    if (this.#standing === 'ours') return true;
    const before = this.#standing;
    if (this.#ports.claim(this.id)) this.#standing = 'ours';
    else this.#standing = this.#ports.isElsewhere(this.id) ? 'elsewhere' : 'held';
    if (this.isReadAlong) {
      if (this.#standing !== before) this.#changed.fire({ type: 'state' });
      return false;
    }
    this.#record = this.#ports.store.find(this.id) ?? this.#record;
    if (isReadAlong(before) || this.#transcript.isStale) this.#read(this.#record);
    else this.#inbox = this.#waitingInbox();
    this.#waiting = this.#transcript.endsWithCompletion && this.#ports.wakeAgent() === 'ask';
    if (!this.#waiting) for (const entry of mending(this.entries)) this.#append(entry);
    return true;
  }

  #read(record: SessionRecord): void {
    this.#record = record;
    this.#transcript = new Transcript(record.id, this.#ports.store);
    this.#inbox = this.#waitingInbox();
    this.#changed.fire({ type: 'reloaded' });
  }

  #waitingInbox(): Inbox {
    if (this.isReadAlong) return new Inbox([], []);
    const waiting = this.#ports.completions.waitingFor(this.id);
    return new Inbox(
      this.#record.inbox,
      waiting.map(({ id }) => id),
    );
  }

  /** Throws where what was typed could not be written: then nothing has begun. */
  #start(item: InboxItem | undefined): void {
    const record = this.#recordNow();
    const typed = item?.kind === 'text' ? this.#write(typedEntry(item), record) : undefined;
    this.#record = record;
    const controller = new AbortController();
    const ended = this.#runTurn(item, controller.signal)
      .catch((error: unknown) => {
        this.#ports.onError(`A turn of session ${this.id} failed`, error);
        this.#tell(noticeOfError(error));
        return true;
      })
      .then((wasPosted) => this.#endTurn(wasPosted));
    this.#turn = { controller, ended };
    if (typed !== undefined) this.#add(typed);
    this.#changed.fire({ type: 'state' });
  }

  /** Whatever could not be written: the session is idle, and what waits goes on. */
  #endTurn(wasPosted: boolean): void {
    this.#turn = undefined;
    this.#live = IDLE_TURN;
    // Only now: a completion that can never be posted must not be tried for ever.
    if (wasPosted) this.#inbox.tryAgain();
    this.#changed.fire({ type: 'live' });
    try {
      this.#save();
    } catch (error) {
      this.#ports.onError(`Session ${this.id} could not be saved`, error);
      this.#changed.fire({ type: 'state' });
    }
    this.pump();
  }

  /** Resolves to false where the item is a completion that could not be posted. */
  async #runTurn(item: InboxItem | undefined, signal: AbortSignal): Promise<boolean> {
    // The state must be `running` before anything else happens.
    await Promise.resolve();
    const found = await modelOrError(this.#ports, this.#record.model);
    if ('model' in found) this.#context = { ...this.#context, window: found.model.contextWindow };
    if (item?.kind === 'completion') {
      const posted = await this.#post(item);
      if (posted !== 'posted') return posted === 'taken';
    }
    this.#waiting = item?.kind === 'completion' && !this.#isWokenBy(item.delegationId);
    if (this.#waiting) return true;
    if ('error' in found) this.#append(noticeOfError(found.error));
    else await this.#runWith(found.model, signal);
    return true;
  }

  async #runWith(model: AgentModel, signal: AbortSignal): Promise<void> {
    const change = noticeOfModel(model, this.#transcript.messages, this.#record.model);
    if (change !== undefined) this.#append(change);
    const setup = await this.#ports.setUpTurn(model);
    const turn: Turn = {
      sessionId: this.id,
      ledger: this.#ledger,
      history: this.#transcript.messages,
      approve: this.#ports.approve,
      append: (message) => this.#append(message),
      onEvent: (event) => this.#onAgentEvent(event),
    };
    const ending = noticeOfOutcome(await runAgent(turnRun(turn, model, setup), signal), this.#closed);
    if (ending !== undefined) this.#append(ending);
  }

  #isWokenBy(delegationId: string): boolean {
    return !this.#quiet.delete(delegationId) && this.#ports.wakeAgent() === 'always';
  }

  /** Appends the completion's block, once. `taken`: somebody else had it. What could not be posted is kept. */
  async #post(item: Extract<InboxItem, { kind: 'completion' }>): Promise<'posted' | 'taken' | 'failed'> {
    const { delegationId } = item;
    const { completions, block, onError } = this.#ports;
    const delegation = completions.waitingFor(this.id).find((candidate) => candidate.id === delegationId);
    if (delegation === undefined) return 'taken';
    try {
      const text = await block(delegation, freeTokens(this.#context, this.#transcript.messages));
      const written: StoredEntry[] = [];
      const isOurs = completions.take(delegationId, () => {
        written.push(this.#write({ role: 'user', origin: 'completion', delegationId, text }));
      });
      for (const stored of written) this.#add(stored);
      return isOurs ? 'posted' : 'taken';
    } catch (error) {
      this.#inbox.setAside(item);
      onError(`The results of ${delegationId} could not be posted`, error);
      if (!this.#toldLeftOut.has(delegationId)) this.#tell(noticeOfLeftOut(delegationId, error));
      this.#toldLeftOut.add(delegationId);
      return 'failed';
    }
  }

  #onAgentEvent(event: AgentEvent): void {
    this.#live = advanceTurn(this.#live, event);
    if (event.type === 'usage') this.#context = { ...this.#context, tokens: event.tokens.input + event.tokens.output };
    this.#changed.fire({ type: 'live', event });
    if (event.type === 'usage') this.#changed.fire({ type: 'state' });
    if (event.type === 'compacted') this.#append(noticeOfCompaction(event.messages, event.plain === true));
  }

  #append(entry: SessionEntry): void {
    this.#add(this.#write(entry));
  }

  /** Tells the user what went wrong; where even that cannot be written, the log has it. */
  #tell(entry: SessionEntry): void {
    try {
      this.#append(entry);
    } catch (error) {
      this.#ports.onError(`Session ${this.id} could not be written`, error);
    }
  }

  /** `record` is given where it changes together with what is written. */
  #write(entry: SessionEntry, record?: SessionRecord): StoredEntry {
    // A session is recorded with its first entry: one that was only looked at leaves nothing behind.
    const isFirst = this.entries.length === 0;
    return this.#transcript.write(entry, record ?? (isFirst ? this.#record : undefined));
  }

  #add(stored: StoredEntry): void {
    const { entry } = stored;
    this.#transcript.add(stored);
    if (entry.role === 'assistant') this.#live = replyAppended(this.#live);
    if (entry.role === 'tool') this.#live = { ...this.#live, tools: [] };
    this.#changed.fire({ type: 'entry', stored });
  }

  #recordNow(change: Partial<SessionRecord> = {}): SessionRecord {
    return { ...this.#record, ...change, inbox: this.#inbox.queued, updatedAt: this.#ports.clock.now() };
  }

  #save(change: Partial<SessionRecord> = {}): void {
    const record = this.#recordNow(change);
    if (this.entries.length > 0 || !this.#inbox.isEmpty) this.#ports.store.save(record);
    this.#record = record;
    this.#changed.fire({ type: 'state' });
  }
}
