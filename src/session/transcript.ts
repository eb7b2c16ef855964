import type { Message, UserMessage } from '../agent/messages';
import { answerOpenCalls } from '../agent/messages';
import type { SessionEntry } from '../store/entries';
import type { SessionRecord, SessionStore, StoredEntry } from '../store/sessionStore';
import { CLOSED, notice } from './notices';

/** All that was said and shown in a session. It only grows: no entry is ever changed (SPEC 4.1). */
export class Transcript {
  readonly #sessionId: string;
  readonly #store: SessionStore;
  readonly #entries: StoredEntry[];
  #nextSeq: number;

  constructor(sessionId: string, store: SessionStore) {
    this.#sessionId = sessionId;
    this.#store = store;
    this.#entries = store.entries(sessionId);
    this.#nextSeq = store.nextSeq(sessionId);
  }

  get entries(): readonly StoredEntry[] {
    return this.#entries;
  }

  /** What the model sees of it. */
  get messages(): Message[] {
    return this.#entries.flatMap(({ entry }) => (isMessage(entry) ? [entry] : []));
  }

  /** What the view gave this name was said in it. */
  holds(typedId: string): boolean {
    return this.#entries.some(({ entry }) => entry.role === 'user' && entry.typedId === typedId);
  }

  /** The user has typed something. */
  get holdsTyped(): boolean {
    return this.#entries.some(({ entry }) => entry.role === 'user' && entry.origin === 'user');
  }

  /** The newest of what the model sees. */
  get lastMessage(): Message | undefined {
    const last = this.#entries.findLast(({ entry }) => isMessage(entry))?.entry;
    return last !== undefined && isMessage(last) ? last : undefined;
  }

  /** The agent has not answered the newest completion. */
  get endsWithCompletion(): boolean {
    const last = this.lastMessage;
    return last?.role === 'user' && last.origin === 'completion';
  }

  /** Somebody else wrote to it since it was read. */
  get isStale(): boolean {
    return this.#store.nextSeq(this.#sessionId) > this.#nextSeq;
  }

  /**
   * Writes the next entry; together with the session's record, both or neither, where that changes with it. It becomes
   * a part of the conversation by {@link add}, once its transaction is through: what is rolled back was never said.
   */
  write(entry: SessionEntry, record?: SessionRecord): StoredEntry {
    return record
      ? this.#store.appendAndSave(record, this.#nextSeq, entry)
      : this.#store.append(this.#sessionId, this.#nextSeq, entry);
  }

  add(stored: StoredEntry): void {
    this.#nextSeq = stored.seq + 1;
    this.#entries.push(stored);
  }
}

/**
 * What has to be said before a session that a crash cut off can go on: every call gets its one result, and the user is
 * told. Nothing where its last turn had ended.
 */
export function mending(entries: readonly StoredEntry[]): readonly SessionEntry[] {
  const at = entries.findLastIndex(({ entry }) => isMessage(entry));
  const last = entries[at]?.entry;
  if (last === undefined || !isMessage(last)) return [];
  const answers = answerOpenCalls([last], TOOL_CUT_OFF);
  if (last.role === 'assistant' && answers === undefined) return [];
  // A turn that fails or is stopped says so after its last message.
  if (answers === undefined && entries.slice(at).some(({ entry }) => entry.role === 'notice')) return [];
  return [
    ...(answers === undefined ? [] : [answers]),
    notice('warning', `${CLOSED} Nothing is repeated by itself: let the agent go on, or send a message.`),
  ];
}

/** What the agent answers when it shall go on from its own partial words: a prompt must not end with them. */
export const GO_ON: UserMessage = { role: 'user', origin: 'continue', text: 'Go on from where you were cut off.' };

const TOOL_CUT_OFF = `${CLOSED} The tool may have taken effect in part: look before you repeat it.`;

function isMessage(entry: SessionEntry): entry is Message {
  return entry.role !== 'notice' && entry.role !== 'dispatched';
}
