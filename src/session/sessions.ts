import { randomUUID } from 'node:crypto';
import type { DelegationPool } from '../delegation/pool';
import type { SessionRecord } from '../store/sessionStore';
import type { Event } from '../util/emitter';
import { Emitter } from '../util/emitter';
import type { SessionPorts } from './sessionPorts';
import { Session } from './session';

/** Idle sessions that stay in memory; older ones only for as long as somebody shows them. */
const KEPT = 8;

/** All conversations of a workspace: those in memory, and those that only the store knows yet. */
export class Sessions {
  readonly #ports: SessionPorts;
  /** Read when they are first asked for: there may be thousands, and activation does not wait for them. */
  #records: Map<string, SessionRecord> | undefined;
  /** Weak: one that is at rest and that nobody shows can be read anew, and there are never two objects of one session. */
  readonly #loaded = new Map<string, WeakRef<Session>>();
  /** Those that stay in memory, the one used last at the end. */
  readonly #kept = new Set<Session>();
  /** Gone for the user; their turns end before their rows go. */
  readonly #leaving = new Set<string>();
  readonly #changed = new Emitter<void>();
  #frontId: string | undefined;
  #closed = false;

  constructor(ports: SessionPorts, pool: DelegationPool) {
    this.#ports = ports;
    // A completion goes to the session that dispatched it, whichever is in front, open or not (SPEC 4.3).
    ports.completions.onDidPush(({ delegationId, sessionId }) => {
      // What comes while the window closes waits in the store for the next one.
      if (this.#closed) return;
      const session = this.get(sessionId);
      if (session === undefined) ports.completions.orphan(sessionId);
      else session.receive(delegationId);
    });
    pool.onDidDispatch(({ id, sessionId, parentChildId }) => {
      if (parentChildId !== undefined) return;
      const session = this.get(sessionId);
      session?.note({ role: 'dispatched', delegationId: id });
      // What the user has typed already waits for the turn: nothing may hold it up any more.
      if (session !== undefined && session.queued.length > 0) pool.detach(id);
    });
  }

  /** A session came, went, or changed what the list shows of it. */
  readonly onDidChange: Event<void> = this.#changed.event;

  /** The one used last first. */
  list(): readonly SessionRecord[] {
    return [...this.#known.values()].sort((a, b) => b.updatedAt - a.updatedAt);
  }

  has(id: string): boolean {
    return this.#recordOf(id) !== undefined;
  }

  /** Looking at it has no effect: who works in it opens it. */
  get(id: string): Session | undefined {
    const loaded = this.#inMemory(id);
    if (loaded !== undefined) return loaded;
    const record = this.#recordOf(id);
    return record === undefined ? undefined : this.#load(record);
  }

  isRunning(id: string): boolean {
    return this.#inMemory(id)?.state === 'running';
  }

  /** Turns that run, in all sessions. */
  get running(): number {
    return this.#all().filter(({ state }) => state === 'running').length;
  }

  /** The session that the user looked at last, without opening it; undefined where there is none. */
  get last(): Session | undefined {
    this.#frontId ??= [...this.#known.keys()].find((id) => !this.#ports.isElsewhere(id));
    return this.#frontId === undefined ? undefined : this.get(this.#frontId);
  }

  /** The session that the user looks at; a new one where there is none. */
  front(): Session {
    const front = this.last ?? this.create();
    front.open();
    return front;
  }

  /** A session is shown here that this window does not have. */
  get readsAlong(): boolean {
    return this.#all().some((session) => session.isReadAlong);
  }

  /** The front session, or a new one where that is not this window's: what is dispatched here belongs to this window. */
  own(): Session {
    const front = this.front();
    return front.isReadAlong ? this.create() : front;
  }

  /** The session with this id where it is there still and not another window's, else {@link own}: where results can go. */
  addressee(id: string): string {
    return this.has(id) && !this.#ports.isElsewhere(id) ? id : this.own().id;
  }

  /** Returns the session, or the front one where it is gone. */
  bringToFront(id: string): Session {
    if (this.has(id)) this.#frontId = id;
    return this.front();
  }

  /** A new, empty session in front; an empty one that is there already serves as well. */
  create(): Session {
    const empty = this.#all().find(
      (session) => session.entries.length === 0 && session.queued.length === 0 && !session.isReadAlong,
    );
    const session = empty ?? this.#load(this.#freshRecord());
    this.#frontId = session.id;
    this.#changed.fire();
    return session;
  }

  /**
   * Stops its turn and forgets it. Its delegations go on; their completions wait, undelivered (SPEC 4.3). They stay this
   * window's, so nobody gives up the claim.
   */
  async delete(id: string): Promise<void> {
    const session = this.#inMemory(id);
    if (this.#ports.isElsewhere(id)) throw new Error('This session is open in another window. Delete it there.');
    this.#leaving.add(id);
    this.#forget(id);
    if (this.#frontId === id) this.#frontId = this.list()[0]?.id;
    this.#ports.completions.orphan(id);
    this.#changed.fire();
    await session?.close();
    this.#ports.store.delete(id);
    this.#leaving.delete(id);
  }

  /** Another window wrote or ended: what it had is read anew, and taken up where it is gone. */
  refresh(): void {
    const stored = this.#stored();
    for (const [id, record] of stored) {
      const session = this.#inMemory(id);
      session?.refresh(record);
      this.#known.set(id, session?.record ?? record);
    }
    for (const id of [...this.#known.keys()]) {
      const session = this.#inMemory(id);
      const isUnsaved = session !== undefined && !session.isReadAlong && !session.isAtRest;
      if (!stored.has(id) && !isUnsaved) this.#forget(id);
    }
    this.#changed.fire();
  }

  /** Wakes the sessions that a completion waits for or that have a queued message, after a restart. */
  resume(): void {
    for (const id of new Set([...this.#ports.completions.addressees(), ...this.#ports.store.withQueue()])) {
      const session = this.get(id);
      if (session === undefined) this.#ports.completions.orphan(id);
      else for (const waiting of this.#ports.completions.waitingFor(id)) session.receive(waiting.id);
      session?.pump();
    }
  }

  /** Halts every session. */
  halt(): void {
    for (const session of this.#all()) session.halt();
  }

  /** The window is about to close: what completes from now on waits in the store for the next one. */
  stopListening(): void {
    this.#closed = true;
  }

  /** Interrupts every turn; resolves when all have ended. */
  async close(): Promise<void> {
    this.stopListening();
    await Promise.all(this.#all().map((session) => session.close()));
  }

  get #known(): Map<string, SessionRecord> {
    return (this.#records ??= this.#stored());
  }

  #stored(): Map<string, SessionRecord> {
    const records = this.#ports.store.list().filter(({ id }) => !this.#leaving.has(id));
    return new Map(records.map((record) => [record.id, record]));
  }

  /** Another window may have made it since this one read the list: the store knows. */
  #recordOf(id: string): SessionRecord | undefined {
    const known = this.#known.get(id);
    if (known !== undefined || this.#leaving.has(id)) return known;
    const stored = this.#ports.store.find(id);
    if (stored !== undefined) this.#known.set(id, stored);
    return stored;
  }

  #load(record: SessionRecord): Session {
    this.#known.set(record.id, record);
    const session = new Session(record, this.#ports);
    this.#loaded.set(record.id, new WeakRef(session));
    this.#keep(session);
    session.onDidChange((change) => {
      if (change.type !== 'state') return;
      if (this.#known.has(session.id)) this.#known.set(session.id, session.record);
      this.#keep(session);
      this.#changed.fire();
    });
    return session;
  }

  #inMemory(id: string): Session | undefined {
    return this.#loaded.get(id)?.deref();
  }

  #all(): Session[] {
    return [...this.#loaded.values()].flatMap((reference) => reference.deref() ?? []);
  }

  #keep(session: Session): void {
    if (!this.#known.has(session.id)) return;
    this.#kept.delete(session);
    this.#kept.add(session);
    for (const old of [...this.#kept].slice(0, -KEPT)) {
      if (old.isAtRest && old.id !== this.#frontId) this.#kept.delete(old);
    }
    for (const [id, reference] of this.#loaded) {
      if (reference.deref() === undefined) this.#loaded.delete(id);
    }
  }

  #forget(id: string): void {
    const session = this.#inMemory(id);
    this.#known.delete(id);
    this.#loaded.delete(id);
    if (session !== undefined) this.#kept.delete(session);
  }

  #freshRecord(): SessionRecord {
    const now = this.#ports.clock.now();
    return { id: randomUUID(), title: 'New session', model: '', createdAt: now, updatedAt: now, inbox: [] };
  }
}
