/**
 * The tables, one step per version; `PRAGMA user_version` holds the number of steps that a file has seen. A step is
 * never changed once it was released: a new one is added.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    model TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    -- What the user typed while a turn ran, as a JSON array of strings.
    inbox TEXT NOT NULL DEFAULT '[]'
  ) STRICT;

  -- The transcript of a session: only ever grows. body is a session entry as JSON.
  CREATE TABLE messages (
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (session_id, seq)
  ) STRICT, WITHOUT ROWID;

  -- A delegation outlives its session (its results can be sent to another one), so no reference to sessions.
  CREATE TABLE delegations (
    id TEXT PRIMARY KEY,
    -- What cannot be told from the body at a glance: used to find those that were running.
    status TEXT NOT NULL,
    dispatched_at INTEGER NOT NULL,
    -- The delegation as JSON, less its children.
    body TEXT NOT NULL
  ) STRICT;

  CREATE TABLE children (
    id TEXT PRIMARY KEY,
    delegation_id TEXT NOT NULL REFERENCES delegations (id) ON DELETE CASCADE,
    task_index INTEGER NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX children_of_delegation ON children (delegation_id, task_index);

  CREATE TABLE transcripts (
    child_id TEXT NOT NULL REFERENCES children (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (child_id, seq)
  ) STRICT, WITHOUT ROWID;

  -- seq is the order of completion.
  CREATE TABLE completions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    delegation_id TEXT NOT NULL UNIQUE REFERENCES delegations (id) ON DELETE CASCADE,
    -- NULL: the session was deleted.
    session_id TEXT,
    delivered_at INTEGER
  ) STRICT;
  `,
  `
  -- Which window has a session and what it dispatched. No reference: a deleted session's delegations stay somebody's.
  CREATE TABLE claims (
    session_id TEXT PRIMARY KEY,
    host TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
];
