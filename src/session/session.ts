import { estimateTokens } from '../agent/compaction';
import type { AgentEvent } from '../agent/events';
import { runAgent } from '../agent/loop';
import type { Message, ModelProblem, Outcome } from '../agent/messages';
import { toolCallsOf } from '../agent/messages';
import type { AgentModel } from '../agent/model';
import { ModelError } from '../agent/model';
import type { AgentIdentity, Tool, ToolContext } from '../agent/tool';
import type { CompletionQueue } from '../delegation/completions';
import type { Delegation } from '../delegation/delegation';
import type { SessionEntry, SessionRecord, SessionStore, StoredEntry } from '../store/sessionStore';
import type { Clock } from '../util/clock';
import type { Event } from '../util/emitter';
import { Emitter } from '../util/emitter';
import type { LiveTurn } from './liveTurn';
import { advanceTurn, IDLE_TURN, replyAppended } from './liveTurn';

/** What a turn needs beside the transcript. */
export interface TurnSetup {
  readonly system: string;
  readonly tools: readonly Tool[];
  readonly toolsets: readonly string[];
  readonly maxIterations: number;
}

export interface SessionPorts {
  readonly store: SessionStore;
  readonly completions: CompletionQueue;
  readonly clock: Clock;
  /** The model by the session's own choice (empty = the setting's). Rejects with a ModelError where there is none. */
  readonly model: (choice: string) => Promise<AgentModel>;
  readonly setUpTurn: (session: Session, model: AgentModel) => Promise<TurnSetup>;
  readonly approve: (
    agent: AgentIdentity,
    ...rest: Parameters<ToolContext['approve']>
  ) => ReturnType<ToolContext['approve']>;
  /** The completion block as text; what was cut in it is on disk when this resolves (SPEC 5.3). */
  readonly block: (delegation: Delegation, freeTokens: number) => Promise<string>;
  readonly wakeAgent: () => 'always' | 'ask';
  readonly onError: (message: string, error: unknown) => void;
}

export type SessionChange =
  | { readonly type: 'entry'; readonly stored: StoredEntry }
  /** What is live changed by this event, or (undefined) by the end of the turn. */
  | { readonly type: 'live'; readonly event?: AgentEvent }
  /** Title, model, queue, idle or running. */
  | { readonly type: 'state' };

type InboxItem =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'completion'; readonly delegationId: string };

/**
 * One conversation. It has at most one run; what comes meanwhile, typed or completed, waits in one inbox and becomes a
 * turn of its own, in order of arrival (SPEC 4.1, 4.2).
 */
export class Session {
  readonly #ports: SessionPorts;
  readonly #entries: StoredEntry[];
  readonly #inbox: InboxItem[] = [];
  readonly #ledger = new Map<string, string>();
  readonly #changed = new Emitter<SessionChange>();
  #record: SessionRecord;
  #live: LiveTurn = IDLE_TURN;
  #turn: { readonly controller: AbortController; readonly ended: Promise<void> } | undefined;
  /** A completion was posted and the agent waits for the user's word. */
  #waiting = false;
  #closed = false;
  #contextTokens = 0;
  #contextWindow = 0;

  constructor(record: SessionRecord, ports: SessionPorts) {
    this.#record = record;
    this.#ports = ports;
    this.#entries = ports.store.entries(record.id);
    this.#mendTranscript();
    for (const text of record.inbox) this.#inbox.push({ kind: 'text', text });
    for (const { id } of ports.completions.waitingFor(record.id))
      this.#inbox.push({ kind: 'completion', delegationId: id });
  }

  readonly onDidChange: Event<SessionChange> = this.#changed.event;

  get id(): string {
    return this.#record.id;
  }

  get record(): SessionRecord {
    return this.#record;
  }

  get entries(): readonly StoredEntry[] {
    return this.#entries;
  }

  get live(): LiveTurn {
    return this.#live;
  }

  get state(): 'idle' | 'running' | 'waiting' {
    if (this.#turn !== undefined) return 'running';
    return this.#waiting ? 'waiting' : 'idle';
  }

  /** Messages of the user that wait for the running turn to end. */
  get queued(): readonly string[] {
    return this.#inbox.flatMap((item) => (item.kind === 'text' ? [item.text] : []));
  }

  /** Tokens of the newest prompt and reply, and the model's window; 0 = not known yet. */
  get context(): { readonly tokens: number; readonly window: number } {
    return { tokens: this.#contextTokens, window: this.#contextWindow };
  }

  /** What the user typed: a turn of its own, now or after what is before it. */
  send(text: string): void {
    if (this.#entries.length === 0 && this.#inbox.length === 0) this.#save({ title: titleFrom(text) });
    this.#inbox.push({ kind: 'text', text });
    this.#inboxChanged();
    this.pump();
  }

  /** Takes back the queued message at this place, from 0. */
  unqueue(index: number): void {
    const items = this.#inbox.filter((item) => item.kind === 'text');
    const item = items[index];
    if (item === undefined) return;
    this.#inbox.splice(this.#inbox.indexOf(item), 1);
    this.#inboxChanged();
  }

  /** A completion waits for this session. */
  receive(delegationId: string): void {
    if (this.#inbox.some((item) => item.kind === 'completion' && item.delegationId === delegationId)) return;
    this.#inbox.push({ kind: 'completion', delegationId });
    this.pump();
  }

  /**
   * Lets the agent go on from where the conversation stands: with a completion that was posted
   * (`completions.wakeAgent: ask`), or after a turn that failed or was stopped.
   */
  goOn(): void {
    if (this.#turn === undefined && !this.#closed && this.#entries.length > 0) this.#start(undefined);
  }

  /** Interrupts the running turn; what it dispatched into the background goes on. Returns whether there was one. */
  stop(): boolean {
    this.#turn?.controller.abort(new Error('Stopped by the user.'));
    return this.#turn !== undefined;
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
    if (this.#turn !== undefined || this.#closed) return;
    const next = this.#inbox.shift();
    if (next !== undefined) this.#start(next);
  }

  #start(item: InboxItem | undefined): void {
    const controller = new AbortController();
    const run = this.#runTurn(item, controller.signal)
      .catch((error: unknown) => {
        this.#ports.onError(`A turn of session ${this.id} failed`, error);
        this.#reportError(error);
      })
      .finally(() => {
        this.#turn = undefined;
        this.#live = IDLE_TURN;
        this.#changed.fire({ type: 'live' });
        this.#save({});
        this.pump();
      });
    this.#turn = { controller, ended: run };
    if (item?.kind === 'text') {
      this.#append({ role: 'user', origin: 'user', text: item.text });
      this.#inboxChanged();
    }
    this.#changed.fire({ type: 'state' });
  }

  async #runTurn(item: InboxItem | undefined, signal: AbortSignal): Promise<void> {
    // The state must be `running` before anything else happens.
    await Promise.resolve();
    const found = await this.#modelOrError();
    if ('model' in found) this.#contextWindow = found.model.contextWindow;
    if (item?.kind === 'completion' && !(await this.#post(item.delegationId))) return;
    this.#waiting = item?.kind === 'completion' && this.#ports.wakeAgent() === 'ask';
    if (this.#waiting) return;
    if ('error' in found) return this.#reportError(found.error);
    const setup = await this.#ports.setUpTurn(this, found.model);
    this.#reportOutcome(await runAgent(this.#agentRun(found.model, setup), signal));
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
    const used = this.#contextTokens || estimateTokens('', this.#messages());
    const free = Math.max(0, (this.#contextWindow || FALLBACK_WINDOW) - used);
    const text = await block(delegation, free);
    return completions.take(delegationId, () => {
      this.#append({ role: 'user', origin: 'completion', delegationId, text });
    });
  }

  #agentRun(model: AgentModel, setup: TurnSetup): Parameters<typeof runAgent>[0] {
    const agent: AgentIdentity = { sessionId: this.id, depth: 0, label: 'Main agent' };
    return {
      model,
      system: setup.system,
      history: this.#messages(),
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
    if (event.type === 'usage') this.#contextTokens = event.tokens.input + event.tokens.output;
    this.#changed.fire({ type: 'live', event });
    if (event.type === 'usage') this.#changed.fire({ type: 'state' });
    if (event.type === 'compacted') {
      this.#report(
        'info',
        `The conversation was near the model's limit: its older ${event.messages} messages were summed up. You still see all of them.`,
      );
    }
  }

  #reportOutcome({ status, exitReason, error = 'The turn failed.', problem }: Outcome): void {
    if (status === 'failed') this.#report('error', error, problem);
    else if (status === 'interrupted') this.#report('info', this.#closed ? CLOSED : 'Stopped.');
    else if (exitReason === 'max_iterations') this.#report('warning', `${error} Send a message to go on.`);
  }

  #reportError(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.#report('error', text, error instanceof ModelError ? error.kind : undefined);
  }

  #report(level: 'info' | 'warning' | 'error', text: string, problem?: ModelProblem): void {
    this.#append({ role: 'notice', level, text, ...(problem === undefined ? {} : { problem }) });
  }

  #messages(): Message[] {
    return this.#entries.flatMap(({ entry }) =>
      entry.role === 'notice' || entry.role === 'dispatched' ? [] : [entry],
    );
  }

  #append(entry: SessionEntry): void {
    const seq = (this.#entries.at(-1)?.seq ?? -1) + 1;
    // A session is recorded with its first entry: one that was only looked at leaves nothing behind.
    if (seq === 0) this.#ports.store.save(this.#record);
    const stored = this.#ports.store.append(this.id, seq, entry);
    this.#entries.push(stored);
    if (entry.role === 'assistant') this.#live = replyAppended(this.#live);
    if (entry.role === 'tool') this.#live = { ...this.#live, tools: [] };
    this.#changed.fire({ type: 'entry', stored });
  }

  /** A turn that a crash cut off may have left calls without results: every call gets one before anything else is said. */
  #mendTranscript(): void {
    const last = this.#messages().at(-1);
    if (last === undefined) return;
    const open = last.role === 'assistant' ? toolCallsOf(last) : [];
    if (last.role === 'assistant' && open.length === 0) return;
    if (open.length > 0) {
      const results = open.map(
        ({ id, name }) => ({ callId: id, toolName: name, status: 'interrupted', text: TOOL_CUT_OFF }) as const,
      );
      this.#append({ role: 'tool', results });
    } else if (last.role === 'user' && last.origin === 'completion' && this.#ports.wakeAgent() === 'ask') {
      this.#waiting = true;
      return;
    }
    if (this.#entries.at(-1)?.entry.role === 'notice') return;
    this.#report('warning', `${CLOSED} Nothing is repeated by itself: send a message to go on.`);
  }

  #inboxChanged(): void {
    this.#save({ inbox: this.queued });
  }

  #save(change: Partial<SessionRecord>): void {
    this.#record = { ...this.#record, ...change, updatedAt: this.#ports.clock.now() };
    if (this.#entries.length > 0 || this.#inbox.length > 0) this.#ports.store.save(this.#record);
    this.#changed.fire({ type: 'state' });
  }
}

const CLOSED = 'VS Code was closed while the agent worked.';
const TOOL_CUT_OFF = `${CLOSED} The tool may have taken effect in part: look before you repeat it.`;
/** Tokens; only to budget a block while no model can be had. */
const FALLBACK_WINDOW = 128_000;

function titleFrom(text: string): string {
  const line = text.trim().split('\n', 1)[0] ?? '';
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}
