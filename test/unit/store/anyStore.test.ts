import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import * as fc from 'fast-check';
import type { Codec } from '../../../src/store/codecs/codec';
import { childCodec, delegationCodec } from '../../../src/store/codecs/delegationCodec';
import { entryCodec, messageCodec } from '../../../src/store/codecs/entryCodec';
import { delegates, gate } from '../../fakes/agentScript';
import { TestEngine } from '../../fakes/testEngine';

const TABLES = {
  messages: { codec: entryCodec, owner: 'session_id' },
  delegations: { codec: delegationCodec, owner: 'id' },
  children: { codec: childCodec, owner: 'delegation_id' },
  transcripts: { codec: messageCodec, owner: 'child_id' },
} as const satisfies Record<string, { codec: Codec<never> | Codec<object>; owner: string }>;
type Table = keyof typeof TABLES;

const ODDITIES: readonly unknown[] = [undefined, null, 0, -1.5, 'odd', '', true, [], [null], {}, { odd: 1 }];
const list = { calls: [{ name: 'list_files', input: { path: '.' } }] };

/** A store with one of everything: what came back, what waits, what ran when the window died, what was typed. */
async function everything(): Promise<Buffer> {
  await using fanout = new TestEngine({
    delegation: { maxAsyncDelegations: 5 },
    main: [
      list,
      'Listed.',
      delegates('a', 'b'),
      'They run.',
      'They are done.',
      delegates('c'),
      delegates('d'),
      gate().answer,
    ],
    children: { a: [list, 'done a'], b: ['done b'], c: [list, gate().answer], d: ['done d'] },
  });
  fanout.engine.start();
  await fanout.say('List.');
  await fanout.say('Delegate a and b.');
  await fanout.over();
  await fanout.idle();
  const other = fanout.engine.sessions.create();
  other.send('Delegate c and d.');
  await fanout.mainRequest(8);
  await fanout.over();
  other.send('And then?');
  fanout.engine.closeStore();
  return readFileSync(fanout.storeFile);
}

/** All places in a value, its own left out. */
function placesIn(value: unknown): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[key], ...placesIn(inner).map((path) => [key, ...path])]);
}

/** The value with something else at a place; with nothing there for undefined. */
function spoilt(value: unknown, path: readonly string[], oddity: unknown): unknown {
  const copy = structuredClone(value);
  const parent = path.slice(0, -1).reduce<unknown>(within, copy);
  const key = path.at(-1) ?? '';
  if (oddity === undefined) Reflect.deleteProperty(parent as object, key);
  else Reflect.set(parent as object, key, oddity);
  return copy;
}

function within(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

interface StoredRow {
  readonly key: number;
  readonly owner: string;
  readonly body: string;
}

function rowsOf(db: DatabaseSync, table: Table): StoredRow[] {
  const { owner } = TABLES[table];
  return db
    .prepare(`SELECT ${owner} AS owner, body FROM ${table} ORDER BY ${owner}, body`)
    .all()
    .map((row, key) => ({
      key,
      owner: String(row['owner']),
      body: String(row['body']),
    }));
}

// P1
describe('a store with a body that misses something, or holds something odd', () => {
  let store: Buffer;
  before(async () => {
    store = await everything();
  });

  /** What a window shows that opens the store. */
  async function open<T>(bytes: Uint8Array, look: (fanout: TestEngine) => Promise<T> | T): Promise<T> {
    await using fanout = new TestEngine();
    await fanout.engine.close();
    rmSync(fanout.storeFile);
    writeFileSync(fanout.storeFile, bytes);
    fanout.crash({ main: Array.from({ length: 20 }, () => 'Noted.') });
    return await look(fanout);
  }

  function withStore<T>(fanout: TestEngine, use: (db: DatabaseSync) => T): T {
    const db = new DatabaseSync(fanout.storeFile);
    try {
      return use(db);
    } finally {
      db.close();
    }
  }

  it('gives nothing that is not as it should be, whatever is odd in it', async () => {
    const rows = await open(store, (fanout) =>
      withStore(fanout, (db) =>
        Object.fromEntries(Object.keys(TABLES).map((table) => [table, rowsOf(db, table as Table)])),
      ),
    );
    let tried = 0;
    for (const [table, { codec }] of Object.entries(TABLES)) {
      for (const { body } of rows[table] ?? []) {
        const value: unknown = JSON.parse(body);
        for (const path of placesIn(value)) {
          for (const oddity of ODDITIES) {
            const read = tryRead(codec, spoilt(value, path, oddity));
            if (read !== undefined)
              assert.ok((codec as Codec<object>).read(read).isWhole, `${table} ${path.join('.')}`);
            tried++;
          }
        }
      }
    }
    assert.ok(tried > 2000);
  });

  it('C70 opens, shows all the rest as it was, and works', async () => {
    const before = await open(store, (fanout) => shown(fanout));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...(Object.keys(TABLES) as Table[])),
        fc.nat(1000),
        fc.nat(1000),
        fc.constantFrom(...ODDITIES),
        async (table, at, place, oddity) => {
          await using fanout = new TestEngine();
          await fanout.engine.close();
          writeFileSync(fanout.storeFile, store);
          const owner = withStore(fanout, (db) => {
            const rows = rowsOf(db, table);
            const row = rows[at % rows.length] ?? assert.fail();
            const value: unknown = JSON.parse(row.body);
            const places = placesIn(value);
            const path = places[place % places.length] ?? [];
            db.prepare(`UPDATE ${table} SET body = ? WHERE ${TABLES[table].owner} = ? AND body = ?`).run(
              JSON.stringify(spoilt(value, path, oddity)),
              row.owner,
              row.body,
            );
            return row.owner;
          });
          fanout.crash({ main: Array.from({ length: 20 }, () => 'Noted.') });
          const after = shown(fanout);
          const isOthers = ([id]: readonly [string, unknown]) => !owner.startsWith(id);
          assert.deepEqual(after.filter(isOthers), before.filter(isOthers));
          for (const fault of fanout.faults) assert.match(fault, /left out/);
          fanout.engine.start();
          await fanout.say('Does it work?', fanout.engine.sessions.create());
          assert.equal(fanout.session.entries.length, 2);
        },
      ),
      { numRuns: 80 },
    );
  }).timeout(60_000);
});

/** The sessions and delegations as a window shows them that has just opened, each with its id. */
function shown({ engine }: TestEngine): [string, unknown][] {
  return [
    ...engine.pool
      .list()
      .map((delegation): [string, unknown] => [
        delegation.id,
        [delegation, delegation.children.map(({ id }) => engine.transcripts.load(id))],
      ]),
    ...engine.sessions.list().map(({ id }): [string, unknown] => [id, engine.sessions.get(id)?.entries]),
  ];
}

function tryRead(codec: Codec<object>, body: unknown): object | undefined {
  try {
    return codec.read(body).value;
  } catch {
    return undefined;
  }
}
