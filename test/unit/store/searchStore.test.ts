import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Database } from '../../../src/store/database';
import { DelegationStore } from '../../../src/store/delegationStore';
import { MIGRATIONS } from '../../../src/store/migrations';
import { SearchFill } from '../../../src/store/searchFill';
import { matchQuery, SearchStore } from '../../../src/store/searchStore';
import type { SessionEntry } from '../../../src/store/entries';
import { SessionStore } from '../../../src/store/sessionStore';
import { ManualClock } from '../../fakes/manualClock';
import { done, finished } from '../delegation/blockHarness';
import { memoryDatabase } from '../delegation/poolHarness';

const said = (text: string): SessionEntry => ({ role: 'user', origin: 'user', text });
const answered = (text: string): SessionEntry => ({
  role: 'assistant',
  model: 'acme/large',
  parts: [
    { type: 'reasoning', text: 'hidden thought' },
    { type: 'text', text },
    { type: 'tool-call', call: { id: 'c', name: 'read_file', input: { path: 'argument.ts' } } },
  ],
});

function newStore(db = memoryDatabase()) {
  const clock = new ManualClock(1000);
  const sessions = new SessionStore(db, clock);
  const search = new SearchStore(db);
  const talk = (id: string, ...entries: readonly SessionEntry[]) => {
    sessions.save({ id, title: `About ${id}`, model: '', createdAt: 0, updatedAt: 0, inbox: [] });
    entries.forEach((entry, seq) => {
      clock.advance(1000);
      sessions.append(id, seq, entry);
    });
  };
  const found = (text: string) => search.find(text, 50).map(({ snippet }) => snippet);
  return { db, clock, sessions, delegations: new DelegationStore(db, clock), search, talk, found };
}

describe('the search over sessions', () => {
  it('finds what the user and the agent said, the newest first, by the beginnings of its words', () => {
    const { search, talk, found } = newStore();
    talk('cart', said('Why does the cart lose its discount?'), answered('The discount is applied twice.'));
    talk('login', said('Nobody can log in.'));
    assert.deepEqual(found('disc'), ['The discount is applied twice.', 'Why does the cart lose its discount?']);
    assert.deepEqual(found('TWICE appl'), ['The discount is applied twice.'], 'all words, in any order and case');
    assert.deepEqual(found('scount'), []);
    const [hit] = search.find('nobody', 50);
    assert.deepEqual(hit, {
      sessionId: 'login',
      sessionTitle: 'About login',
      seq: 0,
      author: 'user',
      snippet: 'Nobody can log in.',
      at: 4000,
    });
  });

  it('finds neither thoughts, nor tool calls, nor what tools and Fanout said', () => {
    const { talk, found } = newStore();
    const results = [{ callId: 'c', toolName: 't', status: 'ok', text: 'printed' }] as const;
    talk('a', answered('text'), { role: 'tool', results }, { role: 'notice', level: 'info', text: 'noticed' });
    for (const word of ['hidden', 'argument', 'printed', 'noticed']) assert.deepEqual(found(word), [], word);
  });

  it('takes whatever is typed as words: nothing of it is syntax', () => {
    const { talk, found } = newStore();
    talk('a', said('Use a AND b, or "c*d", near NOT(x).'), said('naïve Größe 数据 данные'));
    for (const text of ['"', '*', 'a AND', '"c*d', 'NOT(', 'x) OR', 'near(a b', 'text:use', '^use', 'c-d', '{a}', "'"])
      assert.doesNotThrow(() => found(text), text);
    assert.deepEqual(found('"c*d'), ['Use a AND b, or "c*d", near NOT(x).']);
    assert.deepEqual(found('NOT('), ['Use a AND b, or "c*d", near NOT(x).']);
    for (const text of ['naive', 'GROSSE'.replace('SS', 'ß'), '数', 'ДАН']) assert.equal(found(text).length, 1, text);
    assert.equal(matchQuery(' "*^ '), undefined);
    assert.deepEqual(found(' "*^ '), []);
  });

  it('shows some words around the match of a long text, and no more than was asked for', () => {
    const { talk, search } = newStore();
    talk('a', said(`${'before '.repeat(500)}needle${' after'.repeat(500)}`), said('needle'), said('needle'));
    const hits = search.find('needle', 2);
    assert.equal(hits.length, 2);
    const long = search.find('before', 2)[0]?.snippet ?? '';
    assert.ok(long.length < 250, long);
    const around = search.find('needle', 3).at(-1)?.snippet ?? '';
    assert.match(around, /^….*before needle after.*…$/);
  });

  it('finds a child by its goal and its result, with the session that it belongs to', () => {
    const { talk, delegations, search, db } = newStore();
    talk('session-1', said('Go.'));
    const delegation = finished([done('Audit the parser', 'It overflows.')]);
    delegations.save(delegation, delegation.children);
    for (const word of ['parser', 'overfl']) {
      const [hit] = search.find(word, 50);
      assert.equal(hit?.delegationId, delegation.id, word);
      assert.deepEqual([hit.author, hit.sessionId, hit.sessionTitle], ['child', 'session-1', 'About session-1']);
    }
    delegations.readdressCompletion(delegation.id, 'elsewhere');
    assert.deepEqual(
      search.find('overflows', 50).map(({ sessionId, sessionTitle }) => [sessionId, sessionTitle]),
      [['', '']],
      'its session is gone',
    );
    db.run("UPDATE delegations SET body = '{'");
    assert.deepEqual(search.find('overflows', 50), []);
  });

  it('shows a result once that stands in the conversation too', () => {
    const { talk, delegations, search } = newStore();
    const delegation = finished([done('Audit the parser', 'It overflows.')]);
    delegations.save(delegation, delegation.children);
    talk('session-1', {
      role: 'user',
      origin: 'completion',
      delegationId: delegation.id,
      text: 'Result: It overflows.',
    });
    const hits = search.find('overflows', 50);
    assert.deepEqual(
      hits.map(({ author, delegationId }) => [author, delegationId]),
      [['results', delegation.id]],
    );
    delegations.forget(delegation.id);
    assert.equal(search.find('overflows', 50).length, 1, 'the conversation keeps it');
  });

  it('knows of a child that runs nothing, and of one that is over what it came to', () => {
    const { delegations, found } = newStore();
    const over = finished([done('Look', 'Final words.')]);
    const [child] = over.children;
    assert.ok(child);
    const running = { ...child, state: { status: 'running', startedAt: 1 } } as const;
    delegations.save({ ...over, status: 'running', delivery: 'none' }, [running]);
    assert.deepEqual(found('look'), []);
    delegations.save(over, [child]);
    delegations.save(over, [child]);
    assert.equal(found('final').length, 1, 'saved twice, found once');
    delegations.forget(over.id);
    assert.deepEqual(found('final'), []);
  });

  it('forgets a session with all that was found in it, and takes back what was rolled back', () => {
    const { talk, sessions, db, found } = newStore();
    talk('a', said('needle one'), said('needle two'));
    talk('b', said('needle three'));
    assert.throws(
      () =>
        db.transaction(() => {
          sessions.append('b', 1, said('needle four'));
          throw new Error('no');
        }),
      /^Error: no$/,
    );
    sessions.delete('a');
    assert.deepEqual(found('needle'), ['needle three']);
    assert.equal(db.all('SELECT * FROM places').length, 1);
    assert.equal(db.all("SELECT rowid FROM search WHERE search MATCH 'needle'").length, 1);
  });

  it('leaves out what was damaged after it was taken in', () => {
    const reports: string[] = [];
    const { talk, db, found } = newStore(memoryDatabase((sentence) => reports.push(sentence)));
    talk('a', said('needle'));
    db.run("UPDATE messages SET body = '{'");
    assert.deepEqual([found('needle'), reports.length], [[], 1]);
  });
});

describe('the search over what an older version left', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fanout-search-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('finds it, damaged rows apart, and a window with that version keeps the search in step', () => {
    const file = join(folder, 'fanout.db');
    const old = new DatabaseSync(file);
    old.exec(`${MIGRATIONS[0]} PRAGMA user_version = 1; PRAGMA journal_mode = WAL;`);
    const insert = old.prepare('INSERT INTO messages (session_id, seq, at, body) VALUES (?, ?, ?, ?)');
    old.exec("INSERT INTO sessions (id, title, model, created_at, updated_at) VALUES ('s', 'Old', '', 0, 0)");
    insert.run('s', 0, 5, JSON.stringify(said('old needle')));
    for (const [index, body] of ['{"role":', 'null', '7', '{"role":"assistant","parts":"needle"}', '{}'].entries())
      insert.run('s', index + 1, 5, body);
    const db = Database.open(file, (sentence, error) => assert.fail(`${sentence} ${String(error)}`));
    const { found } = newStore(db);
    const clock = new ManualClock();
    new SearchFill(db, clock).start();
    insert.run('s', 9, 6, JSON.stringify(said('new needle')));
    assert.deepEqual(found('needle'), ['new needle'], 'what is new does not wait for what is old');
    clock.advance(10_000);
    db.flush();
    assert.deepEqual(found('needle'), ['new needle', 'old needle']);
    assert.deepEqual(db.all('SELECT * FROM unsearched'), []);
    old.close();
    db.close();
  });
});
