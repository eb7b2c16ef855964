import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Delegation } from '../../../src/delegation/delegation';
import type { Worktree } from '../../../src/delegation/worktree';
import { DelegationStore } from '../../../src/store/delegationStore';
import { Housekeeping } from '../../../src/store/housekeeping';
import { TranscriptStore } from '../../../src/store/transcriptStore';
import { delegates } from '../../fakes/agentScript';
import { ManualClock } from '../../fakes/manualClock';
import { TestEngine } from '../../fakes/testEngine';
import { done, finished } from '../delegation/blockHarness';
import { memoryDatabase } from '../delegation/poolHarness';

const idOf = (n: number) => `deleg_${String(n).padStart(8, '0')}`;

/** A store with so many finished delegations, numbered in order of dispatch, and each one's full text in a folder. */
function crowdedStore(folder: string, count: number) {
  const db = memoryDatabase();
  const clock = new ManualClock();
  const store = new DelegationStore(db, clock);
  const transcripts = new TranscriptStore(db, clock);
  mkdirSync(folder, { recursive: true });
  const add = (n: number, more: Partial<Delegation> = {}, worktree?: Worktree) => {
    const over = finished([done('a', 'A')]);
    const [child] = over.children;
    assert.ok(child);
    const id = idOf(n);
    const children = [{ ...child, id: `${id}.1`, ...(worktree === undefined ? {} : { worktree }) }];
    store.save({ ...over, id, dispatchedAt: n, delivery: 'delivered', ...more, children }, children);
    transcripts.append(`${id}.1`, { role: 'user', origin: 'task', text: 'Look.' });
    writeFileSync(join(folder, `${id}.1.md`), 'the full text');
  };
  for (let n = 1; n <= count; n++) add(n);
  const errors: string[] = [];
  const onError = (message: string) => void errors.push(message);
  return { db, clock, store, transcripts, add, errors, onError };
}

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => idOf(from + index));
const listed = (store: DelegationStore) => store.load().map(({ id }) => id);

describe('what an older version or a killed window left', () => {
  let folder: string;
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'fanout-housekeeping-')), 'results');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('C39 is not listed, but for the newest 50, and what is not over or not delivered', () => {
    const { store, add } = crowdedStore(folder, 0);
    add(1, { status: 'running', delivery: 'none' });
    add(2, { delivery: 'pending' });
    add(3, { status: 'queued', delivery: 'none' });
    add(4, { delivery: 'none', mode: 'sync' });
    for (let n = 5; n <= 60; n++) add(n);
    assert.deepEqual(listed(store), [...numbers(1, 3), ...numbers(11, 60)]);
  });

  it('C39 stays as long as it holds changes that nobody took, however old', () => {
    const { store, clock, onError, add } = crowdedStore(folder, 60);
    for (const [n, state] of [
      [1, 'ready'],
      [2, 'working'],
      [3, 'applied'],
      [4, 'discarded'],
    ] as const) {
      add(n, {}, { path: `/worktrees/${n}`, repository: '/r', base: 'b', state, files: [] });
    }
    assert.deepEqual(listed(store), [...numbers(1, 2), ...numbers(11, 60)]);
    assert.deepEqual(store.worktrees(), {
      open: ['/worktrees/1', '/worktrees/2'],
      closed: ['/worktrees/3', '/worktrees/4'],
    });
    const housekeeping = new Housekeeping({ store, resultsFolder: folder, clock, onError });
    housekeeping.start();
    clock.advance(60_000);
    housekeeping.dispose();
    assert.deepEqual(listed(store), [...numbers(1, 2), ...numbers(11, 60)]);
  });

  it('C39 is listed with all that is below what is listed, and without what is below the rest', () => {
    const { store, add } = crowdedStore(folder, 52);
    add(100, { parentChildId: `${idOf(2)}.1`, mode: 'sync', delivery: 'none' });
    add(101, { parentChildId: `${idOf(3)}.1`, mode: 'sync', delivery: 'none' });
    add(102, { parentChildId: `${idOf(101)}.1`, mode: 'sync', delivery: 'none' });
    assert.deepEqual(listed(store), [...numbers(3, 52), ...numbers(101, 102)]);
  });

  it('C39 goes a little at a time, with its transcripts and full texts, and not while the window opens', async () => {
    const { db, clock, store, transcripts, add, onError, errors } = crowdedStore(folder, 95);
    add(200, { parentChildId: `${idOf(1)}.1`, mode: 'sync', delivery: 'none' });
    writeFileSync(join(folder, 'of-the-user.md'), '');
    const housekeeping = new Housekeeping({ store, resultsFolder: folder, clock, onError });
    housekeeping.start();
    const count = () => db.all('SELECT id FROM delegations').length;
    assert.equal(count(), 96);
    clock.advance(10_000);
    const after = count();
    assert.ok(after > 51 && after < 96, `${after} are left after the first time`);
    clock.advance(10_000);
    await housekeeping.settled();
    assert.deepEqual(listed(store), numbers(46, 95));
    assert.equal(count(), 50);
    assert.deepEqual([transcripts.load(`${idOf(45)}.1`).length, transcripts.load(`${idOf(200)}.1`).length], [0, 0]);
    assert.deepEqual(readdirSync(folder).toSorted(), [...numbers(46, 95).map((id) => `${id}.1.md`), 'of-the-user.md']);
    assert.deepEqual([clock.pending, errors], [0, []]);
  });

  it('is left alone where there is nothing to clear, or the window closes before', () => {
    const few = crowdedStore(folder, 50);
    new Housekeeping({ ...few, resultsFolder: folder }).start();
    assert.equal(few.clock.pending, 0);
    const many = crowdedStore(folder, 51);
    const housekeeping = new Housekeeping({ ...many, resultsFolder: folder });
    housekeeping.start();
    housekeeping.dispose();
    many.clock.advance(60_000);
    assert.equal(many.db.all('SELECT id FROM delegations').length, 51);
  });
});

describe('the full text of a result', () => {
  it('C39 is kept as long as its delegation is listed, and goes with it', async () => {
    const long = 'A very long report. '.repeat(1000);
    await using fanout = new TestEngine({
      main: [delegates('a'), 'It runs.', delegates('b'), 'It runs.'],
      children: { a: [long], b: [long] },
      delegation: { maxSummaryChars: 2000 },
    });
    const results = join(fanout.path(''), '..', 'results');
    for (const text of ['Delegate a.', 'Delegate b.']) {
      await fanout.say(text);
      await fanout.over();
      await fanout.idle();
    }
    const [first, second] = fanout.engine.pool.list();
    assert.ok(first && second);
    assert.deepEqual(readdirSync(results).toSorted(), [`${first.id}.1.md`, `${second.id}.1.md`].toSorted());
    assert.ok(fanout.engine.pool.remove(first.id));
    await fanout.engine.close();
    assert.deepEqual(readdirSync(results), [`${second.id}.1.md`]);
  });
});
