import { randomUUID } from 'node:crypto';
import type { DelegationPool } from '../delegation/pool';
import type { SessionRecord } from '../store/sessionStore';
import type { Event } from '../util/emitter';
import { Emitter } from '../util/emitter';
import type { SessionPorts } from './sessionPorts';
import { Session } from './session';

export interface SessionsPorts extends SessionPorts {
  /** Another living window has the session. */
  readonly isElsewhere: (sessionId: string) => boolean;
}

/** All conversations of a workspace: those in memory, and those that only the store knows yet. */
export class Sessions {
  readonly #ports: SessionsPorts;
  /** Read when they are first asked for: there may be thousands, and activation does not wait for them. */
  #records: Map<string, SessionRecord> | undefined;
  readonly #loaded = new Map<string, Session>();
  /** Gone for the user; their turns end before their rows go. */
  readonly #leaving = new Set<string>();
  readonly #changed = new Emitter<void>();
  #frontId: string | undefined;
  #closed = false;

  constructor(ports: SessionsPorts, pool: DelegationPool) {
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
      if (parentChildId === undefined) this.get(sessionId)?.note({ role: 'dispatched', delegationId: id });
    });
  }

  /** A session came, went, or changed what the list shows of it. */
  readonly onDidChange: Event<void> = this.#changed.event;

  /** The one used last first. */
  list(): readonly SessionRecord[] {
    const records = [...this.#known.keys()].flatMap((id) => this.#loaded.get(id)?.record ?? this.#known.get(id) ?? []);
    return records.sort((a, b) => b.updatedAt - a.updatedAt);
  }

  get(id: string): Session | undefined {
    const loaded = this.#loaded.get(id);
    if (loaded !== undefined) return loaded;
    const record = this.#known.get(id);
    return record === undefined ? undefined : this.#load(record);
  }

  isRunning(id: string): boolean {
    return this.#loaded.get(id)?.state === 'running';
  }

  /** The session that the user looked at last; a new one where there is none. */
  front(): Session {
    this.#frontId ??= [...this.#known.keys()].find((id) => !this.#ports.isElsewhere(id));
    return (this.#frontId === undefined ? undefined : this.get(this.#frontId)) ?? this.create();
  }

  /** A session is shown here that another window has. */
  get readsAlong(): boolean {
    return [...this.#loaded.values()].some((session) => session.state === 'elsewhere');
  }

  /** The front session, or a new one where another window has that: what is dispatched here belongs to this window. */
  own(): Session {
    const front = this.front();
    return front.state === 'elsewhere' ? this.create() : front;
  }

  /** Returns the session, or the front one where it is gone. */
  bringToFront(id: string): Session {
    if (this.#known.has(id)) this.#frontId = id;
    return this.front();
  }

  /** A new, empty session in front; an empty one that is there already serves as well. */
  create(): Session {
    const empty = [...this.#loaded.values()].find(
      (session) => session.entries.length === 0 && session.queued.length === 0 && session.state !== 'elsewhere',
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
    const session = this.#loaded.get(id);
    if (this.#ports.isElsewhere(id)) throw new Error('This session is open in another window. Delete it there.');
    this.#known.delete(id);
    this.#loaded.delete(id);
    if (this.#frontId === id) this.#frontId = this.list()[0]?.id;
    this.#ports.completions.orphan(id);
    this.#leaving.add(id);
    this.#changed.fire();
    await session?.close();
    this.#ports.store.delete(id);
    this.#leaving.delete(id);
  }

  /** Another window wrote or ended: what it had is read anew, and taken up where it is gone. */
  refresh(): void {
    const stored = this.#stored();
    for (const [id, record] of stored) {
      this.#known.set(id, this.#loaded.get(id)?.record ?? record);
      this.#loaded.get(id)?.refresh(record);
    }
    for (const id of [...this.#known.keys()]) {
      const isUnsaved = this.#loaded.has(id) && this.#loaded.get(id)?.state !== 'elsewhere';
      if (stored.has(id) || isUnsaved) continue;
      this.#known.delete(id);
      this.#loaded.delete(id);
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

  /** Halts every session; returns how many turns were interrupted. */
  halt(): number {
    return [...this.#loaded.values()].filter((session) => session.halt()).length;
  }

  /** Interrupts every turn; resolves when all have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#loaded.values()].map((session) => session.close()));
  }

  get #known(): Map<string, SessionRecord> {
    return (this.#records ??= this.#stored());
  }

  #stored(): Map<string, SessionRecord> {
    const records = this.#ports.store.list().filter(({ id }) => !this.#leaving.has(id));
    return new Map(records.map((record) => [record.id, record]));
  }

  #load(record: SessionRecord): Session {
    this.#known.set(record.id, record);
    const session = new Session(record, this.#ports);
    this.#loaded.set(record.id, session);
    session.onDidChange((change) => {
      if (change.type === 'state') this.#changed.fire();
    });
    return session;
  }

  #freshRecord(): SessionRecord {
    const now = this.#ports.clock.now();
    return { id: randomUUID(), title: 'New session', model: '', createdAt: now, updatedAt: now, inbox: [] };
  }
}
