/**
 * The tables, one step per version; `PRAGMA user_version` holds the number of steps that a file has seen. A step is
 * never changed once it was released: a new one is added. Steps change what tables there are and move no data, as
 * activation waits for them: what has to be moved is noted as work, and done a little at a time (see searchFill.ts).
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
  `
  -- What DelegationStore.load asks for, so that it reads what is listed and not all that was ever kept.
  ALTER TABLE delegations ADD COLUMN parent TEXT
    GENERATED ALWAYS AS (CASE WHEN json_valid(body) THEN body ->> '$.parentChildId' END) VIRTUAL;
  CREATE INDEX delegations_by_parent ON delegations (parent) WHERE parent IS NOT NULL;
  CREATE INDEX delegations_by_time ON delegations (dispatched_at) WHERE parent IS NULL;
  CREATE INDEX delegations_unfinished ON delegations (status) WHERE status IN ('queued', 'running');
  CREATE INDEX sessions_queued ON sessions (id) WHERE inbox <> '[]';
  CREATE INDEX completions_waiting ON completions (seq) WHERE delivered_at IS NULL;

  -- Where a text that can be searched stands: a message of a session, or a child. The text has the same rowid in search.
  CREATE TABLE places (
    id INTEGER PRIMARY KEY,
    session_id TEXT,
    seq INTEGER,
    child_id TEXT UNIQUE,
    UNIQUE (session_id, seq)
  ) STRICT;
  CREATE VIRTUAL TABLE search USING fts5 (text, tokenize = 'unicode61 remove_diacritics 2');

  -- What can be searched of a row, NULL for nothing; the start of very long texts only. A damaged row has no text.
  CREATE VIEW message_texts AS SELECT session_id, seq, substr(
    CASE WHEN json_valid(body) THEN CASE
      WHEN body ->> '$.role' = 'user' AND body ->> '$.origin' IN ('user', 'completion') THEN body ->> '$.text'
      WHEN body ->> '$.role' = 'assistant' THEN (
        SELECT group_concat(body ->> (fullkey || '.text'), char(10)) FROM json_each(body, '$.parts')
        WHERE body ->> (fullkey || '.type') = 'text'
      )
    END END, 1, 100000) AS text
  FROM messages;
  CREATE VIEW child_texts AS SELECT id AS child_id, substr(
    CASE WHEN json_valid(body) AND body ->> '$.state.summary' IS NOT NULL
      THEN coalesce(body ->> '$.task.goal', '') || char(10) || (body ->> '$.state.summary')
    END, 1, 100000) AS text
  FROM children;

  -- Triggers, so that whatever writes a row keeps the search in step in the same transaction: an older Fanout that still
  -- runs in another window, too. A row's text goes when its place goes, and its place goes with the row.
  CREATE TRIGGER places_delete AFTER DELETE ON places BEGIN
    DELETE FROM search WHERE rowid = OLD.id;
  END;
  CREATE TRIGGER messages_insert AFTER INSERT ON messages BEGIN
    INSERT INTO places (session_id, seq)
      SELECT session_id, seq FROM message_texts WHERE session_id = NEW.session_id AND seq = NEW.seq AND text <> '';
    INSERT INTO search (rowid, text) SELECT places.id, text FROM places JOIN message_texts USING (session_id, seq)
      WHERE places.session_id = NEW.session_id AND places.seq = NEW.seq;
  END;
  CREATE TRIGGER messages_delete AFTER DELETE ON messages BEGIN
    DELETE FROM places WHERE session_id = OLD.session_id AND seq = OLD.seq;
  END;
  CREATE TRIGGER children_insert AFTER INSERT ON children BEGIN
    INSERT INTO places (child_id) SELECT child_id FROM child_texts WHERE child_id = NEW.id AND text <> '';
    INSERT INTO search (rowid, text) SELECT places.id, text FROM places JOIN child_texts USING (child_id)
      WHERE places.child_id = NEW.id;
  END;
  -- A child that runs is written at every step, and has no summary yet.
  CREATE TRIGGER children_update AFTER UPDATE OF body ON children
  WHEN CASE WHEN json_valid(NEW.body) THEN NEW.body ->> '$.state.summary' END IS NOT NULL BEGIN
    DELETE FROM places WHERE child_id = NEW.id;
    INSERT INTO places (child_id) SELECT child_id FROM child_texts WHERE child_id = NEW.id AND text <> '';
    INSERT INTO search (rowid, text) SELECT places.id, text FROM places JOIN child_texts USING (child_id)
      WHERE places.child_id = NEW.id;
  END;
  CREATE TRIGGER children_delete AFTER DELETE ON children BEGIN
    DELETE FROM places WHERE child_id = OLD.id;
  END;
  `,
  `
  -- Children whose changes nobody has taken yet, without reading all that is kept: what they belong to stays listed.
  ALTER TABLE children ADD COLUMN worktree TEXT
    GENERATED ALWAYS AS (CASE WHEN json_valid(body) THEN body ->> '$.worktree.state' END) VIRTUAL;
  CREATE INDEX children_with_changes ON children (delegation_id) WHERE worktree IN ('working', 'ready');
  `,
  `
  -- How far a child has come: written at each of its steps, and so kept apart from the body, which is written when it is
  -- made, starts and ends. An older Fanout has it in the body; a row here counts for more.
  CREATE TABLE child_progress (
    child_id TEXT PRIMARY KEY REFERENCES children (id) ON DELETE CASCADE,
    body TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- What the lists in a child's progress hold ('toolTrace', 'filesWritten'), an item a row, as JSON: they only ever grow.
  CREATE TABLE child_lists (
    child_id TEXT NOT NULL REFERENCES children (id) ON DELETE CASCADE,
    list TEXT NOT NULL,
    seq INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (child_id, list, seq)
  ) STRICT, WITHOUT ROWID;

  -- Texts from before there was a search that are not in it yet: of a session those below seq, or a child (without seq).
  CREATE TABLE unsearched (
    id TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    seq INTEGER
  ) STRICT, WITHOUT ROWID;
  INSERT INTO unsearched (id, at) SELECT children.id, dispatched_at FROM children
    JOIN delegations ON delegations.id = delegation_id WHERE NOT EXISTS (SELECT 1 FROM places);
  INSERT INTO unsearched (id, at, seq)
    SELECT id, updated_at, (SELECT max(seq) + 1 FROM messages WHERE session_id = id) AS above FROM sessions
    WHERE NOT EXISTS (SELECT 1 FROM places) AND above IS NOT NULL ON CONFLICT DO NOTHING;
  `,
];
