import type { AgentEvent } from '../agent/events';
import { runAgent } from '../agent/loop';
import type { Message } from '../agent/messages';
import type { AgentModel } from '../agent/model';
import type { AgentIdentity } from '../agent/tool';
import type { SessionEntry, SessionRecord, StoredEntry } from '../store/sessionStore';
import type { Event } from '../util/emitter';
import { Emitter } from '../util/emitter';
import type { Context } from './context';
import { freeTokens, UNKNOWN_CONTEXT } from './context';
import type { InboxItem } from './inbox';
import { Inbox } from './inbox';
import type { LiveTurn } from './liveTurn';
import { advanceTurn, IDLE_TURN, replyAppended } from './liveTurn';
import { noticeOfCompaction, noticeOfError, noticeOfOutcome } from './notices';
import type { SessionChange, SessionPorts, TurnSetup } from './sessionPorts';
import { titleFrom } from './title';
import { GO_ON, mending, Transcript } from './transcript';

/**
 * One conversation. It has at most one run; what comes meanwhile, typed or completed, waits in one inbox and becomes a
 * turn of its own, in order of arrival (SPEC 4.1, 4.2).
 */
export class Session {
  readonly #ports: SessionPorts;
  readonly #ledger = new Map<string, string>();
  readonly #changed = new Emitter<SessionChange>();
  #record: SessionRecord;
  #transcript: Transcript;
  #inbox: Inbox;
  /** False while another window has it: then it is only read along. */
  #isOurs: boolean;
  #live: LiveTurn = IDLE_TURN;
  #turn: { readonly controller: AbortController; readonly ended: Promise<void> } | undefined;
  /** A completion was posted and the agent waits for the user's word. */
  #waiting = false;
  /** Completions that come into the conversation without waking the agent. */
  readonly #quiet = new Set<string>();
  #closed = false;
  #context = UNKNOWN_CONTEXT;

  constructor(record: SessionRecord, ports: SessionPorts) {
    this.#record = record;
    this.#ports = ports;
    this.#isOurs = ports.claim(record.id);
    this.#transcript = new Transcript(record.id, ports.store);
    this.#inbox = this.#waitingInbox();
    this.#takeUp();
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

  get state(): 'idle' | 'running' | 'waiting' | 'elsewhere' {
    if (!this.#isOurs) return 'elsewhere';
    if (this.#turn !== undefined) return 'running';
    return this.#waiting ? 'waiting' : 'idle';
  }

  /** The last turn has not come to its end, and nothing runs: {@link goOn} does something. */
  get canGoOn(): boolean {
    const last = this.#transcript.messages.at(-1);
    if (this.#turn !== undefined || !this.#isOurs || this.#closed || last === undefined) return false;
    return last.role !== 'assistant' || last.interrupted === true;
  }

  /** Messages of the user that wait for the running turn to end. */
  get queued(): readonly string[] {
    return this.#inbox.texts;
  }

  get context(): Context {
    return this.#context;
  }

  /** What the user typed: a turn of its own, now or after what is before it. */
  send(text: string): void {
    if (!this.#isOurs) throw new Error(ELSEWHERE);
    if (!this.#transcript.holdsTyped && this.queued.length === 0)
      this.#record = { ...this.#record, title: titleFrom(text) };
    this.#inbox.addText(text);
    this.#save();
    this.pump();
  }

  /** Another window wrote or ended: reads the session anew where that window had it, and takes it up where it is gone. */
  refresh(record: SessionRecord): void {
    if (this.#isOurs || this.#closed) return;
    this.#record = record;
    this.#isOurs = this.#ports.claim(record.id);
    this.#transcript = new Transcript(record.id, this.#ports.store);
    this.#inbox = this.#waitingInbox();
    this.#takeUp();
    this.#changed.fire({ type: 'reloaded' });
    this.pump();
  }

  /** Takes back the queued message at this place, from 0. */
  unqueue(index: number): void {
    this.#inbox.removeText(index);
    this.#save();
  }

  /** A completion waits for this session. */
  receive(delegationId: string): void {
    this.#inbox.addCompletion(delegationId);
    this.pump();
  }

  /**
   * Lets the agent go on from where the conversation stands: with a completion that was posted
   * (`completions.wakeAgent: ask`), or after a turn that failed or was stopped. Nothing where it had finished.
   */
  goOn(): void {
    if (!this.canGoOn) return;
    if (this.#transcript.messages.at(-1)?.role === 'assistant') this.#append(GO_ON);
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
  halt(): boolean {
    for (const { id } of this.#ports.completions.waitingFor(this.id)) this.#quiet.add(id);
    return this.stop();
  }

  /** Interrupts the turn, starts no other, and resolves when it has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.stop();
    await this.#turn?.ended;
  }

  chooseModel(model: string): void {
    this.#save({ model });
  }

  /** Adds what the user sees and the model does not. */
  note(entry: Exclude<SessionEntry, Message>): void {
    this.#append(entry);
  }

  /** Starts the next turn where the session is idle and something waits. */
  pump(): void {
    if (this.#turn !== undefined || !this.#isOurs || this.#closed) return;
    const next = this.#inbox.take();
    if (next !== undefined) this.#start(next);
  }

  #waitingInbox(): Inbox {
    if (!this.#isOurs) return new Inbox([], []);
    const waiting = this.#ports.completions.waitingFor(this.id);
    return new Inbox(
      this.#record.inbox,
      waiting.map(({ id }) => id),
    );
  }

  /** Goes on from where an earlier run of VS Code, or a window that is gone, left it. */
  #takeUp(): void {
    if (!this.#isOurs) return;
    this.#waiting = this.#transcript.endsWithCompletion && this.#ports.wakeAgent() === 'ask';
    if (!this.#waiting) for (const entry of mending(this.entries)) this.#append(entry);
  }

  #start(item: InboxItem | undefined): void {
    const controller = new AbortController();
    const run = this.#runTurn(item, controller.signal)
      .catch((error: unknown) => {
        this.#ports.onError(`A turn of session ${this.id} failed`, error);
        this.#append(noticeOfError(error));
      })
      .finally(() => {
        this.#turn = undefined;
        this.#live = IDLE_TURN;
        this.#changed.fire({ type: 'live' });
        this.#save();
        this.pump();
      });
    this.#turn = { controller, ended: run };
    if (item?.kind === 'text') {
      this.#record = this.#recordNow();
      this.#append({ role: 'user', origin: 'user', text: item.text }, this.#record);
    }
    this.#changed.fire({ type: 'state' });
  }

  async #runTurn(item: InboxItem | undefined, signal: AbortSignal): Promise<void> {
    // The state must be `running` before anything else happens.
    await Promise.resolve();
    const found = await this.#modelOrError();
    if ('model' in found) this.#context = { ...this.#context, window: found.model.contextWindow };
    if (item?.kind === 'completion' && !(await this.#post(item.delegationId))) return;
    this.#waiting = item?.kind === 'completion' && !this.#isWokenBy(item.delegationId);
    if (this.#waiting) return;
    if ('error' in found) return this.#append(noticeOfError(found.error));
    const setup = await this.#ports.setUpTurn(found.model);
    const ending = noticeOfOutcome(await runAgent(this.#agentRun(found.model, setup), signal), this.#closed);
    if (ending !== undefined) this.#append(ending);
  }

  #isWokenBy(delegationId: string): boolean {
    return !this.#quiet.delete(delegationId) && this.#ports.wakeAgent() === 'always';
  }

  async #modelOrError(): Promise<{ readonly model: AgentModel } | { readonly error: unknown }> {
    try {
      return { model: await this.#ports.model(this.#record.model) };
    } catch (error) {
      return { error };
    }
  }

  /** Appends the completion's block, once. Returns false where somebody else took it. */
  async #post(delegationId: string): Promise<boolean> {
    const { completions, block } = this.#ports;
    const delegation = completions.waitingFor(this.id).find((candidate) => candidate.id === delegationId);
    if (delegation === undefined) return false;
    const text = await block(delegation, freeTokens(this.#context, this.#transcript.messages));
    return completions.take(delegationId, () => {
      this.#append({ role: 'user', origin: 'completion', delegationId, text });
    });
  }

  #agentRun(model: AgentModel, setup: TurnSetup): Parameters<typeof runAgent>[0] {
    const agent: AgentIdentity = { sessionId: this.id, depth: 0, label: 'Main agent' };
    return {
      model,
      system: setup.system,
      history: this.#transcript.messages,
      tools: setup.tools,
      toolContext: {
        agent,
        ledger: this.#ledger,
        toolsets: setup.toolsets,
        approve: (request, signal) => this.#ports.approve(agent, request, signal),
      },
      maxIterations: setup.maxIterations,
      append: (message) => this.#append(message),
      onEvent: (event) => this.#onAgentEvent(event),
      takeSteer: () => [],
      refuseRequest: () => undefined,
    };
  }

  #onAgentEvent(event: AgentEvent): void {
    this.#live = advanceTurn(this.#live, event);
    if (event.type === 'usage') this.#context = { ...this.#context, tokens: event.tokens.input + event.tokens.output };
    this.#changed.fire({ type: 'live', event });
    if (event.type === 'usage') this.#changed.fire({ type: 'state' });
    if (event.type === 'compacted') this.#append(noticeOfCompaction(event.messages));
  }

  /** `record` is given where it changes together with what is appended. */
  #append(entry: SessionEntry, record?: SessionRecord): void {
    // A session is recorded with its first entry: one that was only looked at leaves nothing behind.
    const isFirst = this.entries.length === 0;
    const stored = this.#transcript.append(entry, isFirst ? this.#record : record);
    if (entry.role === 'assistant') this.#live = replyAppended(this.#live);
    if (entry.role === 'tool') this.#live = { ...this.#live, tools: [] };
    this.#changed.fire({ type: 'entry', stored });
  }

  #recordNow(change: Partial<SessionRecord> = {}): SessionRecord {
    return { ...this.#record, ...change, inbox: this.#inbox.texts, updatedAt: this.#ports.clock.now() };
  }

  #save(change: Partial<SessionRecord> = {}): void {
    this.#record = this.#recordNow(change);
    if (this.entries.length > 0 || !this.#inbox.isEmpty) this.#ports.store.save(this.#record);
    this.#changed.fire({ type: 'state' });
  }
}

const ELSEWHERE = 'This session is open in another window. Go on there, or close that window.';
