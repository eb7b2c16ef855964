import { childCodec } from './codecs/delegationCodec';
import { entryCodec } from './codecs/entryCodec';
import type { Database, Row } from './database';
import { readNumber, readText, Reading } from './rows';

/** A place where a text stands in which all words of a search begin. */
export interface SearchHit {
  /** The session that it belongs to; it may have been deleted, where it is a child's. */
  readonly sessionId: string;
  /** Empty where the session was deleted. */
  readonly sessionTitle: string;
  /** Place of the entry in its session; 0 for a child's. */
  readonly seq: number;
  /** The delegation whose results it holds; absent for what the user or the session's own agent said. */
  readonly delegationId?: string;
  /** Who wrote it. */
  readonly author: 'user' | 'agent' | 'results' | 'child';
  /** Some words around the first match, on any number of lines. */
  readonly snippet: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Words of a snippet. */
const SNIPPET_WORDS = 24;

/** Full text search over all sessions' messages and all children's results. The index is kept by triggers. */
export class SearchStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** The newest places, newest first, at most `limit`; none where `text` holds no word. */
  find(text: string, limit: number): SearchHit[] {
    const query = matchQuery(text);
    if (query === undefined) return [];
    const rows = this.#db.all(
      `SELECT session_id, seq, child_id, snippet(search, 0, '', '', '…', ${SNIPPET_WORDS}) AS snippet
       FROM search JOIN places ON places.id = search.rowid WHERE search MATCH ? ORDER BY search.rowid DESC LIMIT ?`,
      query,
      limit,
    );
    const reading = new Reading(this.#db);
    const hits = rows.flatMap((row) =>
      row['child_id'] === null ? this.#inMessage(row, reading) : this.#inChild(row, reading),
    );
    reading.end();
    return withoutDoubles(hits).sort((a, b) => b.at - a.at);
  }

  #inMessage(row: Row, reading: Reading): SearchHit[] {
    const sessionId = readText(row, 'session_id');
    const found = this.#db.all(
      'SELECT title, at, body FROM messages JOIN sessions ON id = session_id WHERE session_id = ? AND seq = ?',
      sessionId,
      readNumber(row, 'seq'),
    );
    return found.flatMap((message) => {
      const body = reading.body(entryCodec, message);
      if (body === undefined) return [];
      const delegationId = body.role === 'user' && body.origin === 'completion' ? body.delegationId : undefined;
      return [
        {
          sessionId,
          sessionTitle: readText(message, 'title'),
          seq: readNumber(row, 'seq'),
          ...(delegationId === undefined ? {} : { delegationId }),
          author: delegationId !== undefined ? 'results' : body.role === 'user' ? 'user' : 'agent',
          snippet: readText(row, 'snippet'),
          at: readNumber(message, 'at'),
        },
      ];
    });
  }

  #inChild(row: Row, reading: Reading): SearchHit[] {
    const found = this.#db.all(
      `SELECT children.body, delegation_id, sessions.id AS session_id, sessions.title
       FROM children JOIN delegations ON delegations.id = delegation_id LEFT JOIN completions USING (delegation_id)
       LEFT JOIN sessions ON sessions.id = coalesce(completions.session_id, delegations.body ->> '$.sessionId')
       WHERE children.id = ? AND json_valid(delegations.body)`,
      readText(row, 'child_id'),
    );
    return found.flatMap((child) => {
      const body = reading.body(childCodec, child);
      if (body === undefined) return [];
      return [
        {
          sessionId: readText(child, 'session_id'),
          sessionTitle: readText(child, 'title'),
          seq: 0,
          delegationId: readText(child, 'delegation_id'),
          author: 'child',
          snippet: readText(row, 'snippet'),
          at: 'endedAt' in body.state ? body.state.endedAt : 0,
        },
      ];
    });
  }
}

/** A child's result stands in the conversation too, once it is delivered: there it is found. */
function withoutDoubles(hits: readonly SearchHit[]): SearchHit[] {
  const delivered = new Set(hits.flatMap(({ author, delegationId }) => (author === 'results' ? [delegationId] : [])));
  return hits.filter(({ author, delegationId }) => author !== 'child' || !delivered.has(delegationId));
}

/**
 * What a user typed as a query of FTS5: each word is quoted, so that nothing of it is syntax, and is found wherever a
 * word begins with it. Undefined where there is no word in it. https://sqlite.org/fts5.html#full_text_query_syntax
 */
export function matchQuery(text: string): string | undefined {
  const words = text.match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu) ?? [];
  return words.length === 0 ? undefined : words.map((word) => `"${word}"*`).join(' ');
}
