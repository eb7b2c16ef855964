import { isDeepStrictEqual } from 'node:util';
import { systemClock, type Clock } from '../util/clock';
import { Emitter, type Event } from '../util/emitter';
import { askAt, LOCAL_SERVERS, type LocalModel, type LocalServerKind, type ProbeMemory } from './localProbes';
import { networkFault } from './networkFault';

/** A model server that answers on this machine; it speaks OpenAI's chat completions below `baseUrl`. */
export interface LocalServer {
  readonly id: string;
  readonly label: string;
  readonly baseUrl: string;
  readonly models: readonly LocalModel[];
}

/** What one look at a place found: a server, that there is none, or one that does not say in time. */
type Finding = { readonly type: 'found'; readonly server: LocalServer } | { readonly type: 'absent' | 'busy' };

/** A server that generates may need seconds to name its models. */
const PATIENCE_MS = 10_000;
/** So long a list of models waits for servers that are slow to answer. */
const SOON_MS = 600;
/** What was seen so short a time ago is not looked at again. */
const FRESH_MS = 2_000;

export interface LocalServersOptions {
  readonly kinds?: readonly LocalServerKind[];
  readonly clock?: Clock;
}

/**
 * The model servers of this machine, found once and remembered: many ask for them at once, and a server that is busy
 * answers late or not at all. One that was there is gone only when two looks in a row found nothing in its place.
 */
export class LocalServers {
  readonly #kinds: readonly LocalServerKind[];
  readonly #clock: Clock;
  readonly #servers = new Map<string, LocalServer>();
  /** Those whose place was empty at the last look. */
  readonly #missed = new Set<string>();
  readonly #memory: ProbeMemory = new Map();
  readonly #changed = new Emitter<void>();
  #look: Promise<void> | undefined;
  #lookedAt = -Infinity;

  constructor({ kinds = LOCAL_SERVERS, clock = systemClock }: LocalServersOptions = {}) {
    this.#kinds = kinds;
    this.#clock = clock;
  }

  /** Servers came, went, or have other models. */
  readonly onDidChange: Event<void> = this.#changed.event;

  /** What was found up to now, in the order of the kinds, each with at least one model to talk to. */
  get known(): readonly LocalServer[] {
    return this.#kinds.flatMap(({ id }) => this.#servers.get(id) ?? []);
  }

  /**
   * The same, after a look where there is none yet, or not the one of `id`: the first look waits for slow ones, too. What
   * is known already is looked at again on the quiet.
   */
  async find(id?: string): Promise<readonly LocalServer[]> {
    const isFirst = this.#lookedAt === -Infinity;
    const look = this.#lookAgain();
    const isKnown = id === undefined ? this.#servers.size > 0 : this.#servers.has(id);
    if (!isKnown) await (isFirst ? look : this.#within(SOON_MS, look));
    return this.known;
  }

  /** What answers without much ado, for a list. */
  async soon(): Promise<readonly LocalServer[]> {
    await this.#within(SOON_MS, this.#lookAgain());
    return this.known;
  }

  /** Never rejects. One look serves all who ask while it lasts. */
  #lookAgain(): Promise<void> {
    if (this.#look === undefined && this.#clock.now() - this.#lookedAt < FRESH_MS) return Promise.resolve();
    this.#look ??= this.#lookAround().finally(() => {
      this.#look = undefined;
      this.#lookedAt = this.#clock.now();
    });
    return this.#look;
  }

  async #lookAround(): Promise<void> {
    const over = new AbortController();
    const deadline = this.#clock.after(PATIENCE_MS, () => over.abort());
    // Each is remembered as soon as it answers: a slow one holds up nobody but itself.
    await Promise.all(this.#kinds.map(async (kind) => this.#remember(kind.id, await this.#examine(kind, over.signal))));
    deadline.dispose();
  }

  #remember(id: string, finding: Finding): void {
    const before = this.#servers.get(id);
    if (finding.type === 'found') this.#servers.set(id, finding.server);
    if (finding.type === 'absent' && this.#missed.has(id)) this.#servers.delete(id);
    if (finding.type === 'absent') this.#missed.add(id);
    else this.#missed.delete(id);
    if (!isDeepStrictEqual(before, this.#servers.get(id))) this.#changed.fire();
  }

  #within(ms: number, look: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.after(ms, resolve);
      void look.then(() => {
        timer.dispose();
        resolve();
      });
    });
  }

  async #examine({ id, label, origin, probe }: LocalServerKind, signal: AbortSignal): Promise<Finding> {
    try {
      const models = await probe(askAt(origin, signal), this.#memory);
      const talking = models?.filter((model) => !/embed|rerank|whisper/i.test(model.id)) ?? [];
      if (talking.length === 0) return { type: 'absent' };
      return { type: 'found', server: { id, label, baseUrl: `${origin}/v1`, models: talking } };
    } catch (error) {
      // Nothing listens there, or what does has no time for us.
      return { type: networkFault(error)?.kind === 'network' ? 'absent' : 'busy' };
    }
  }
}
