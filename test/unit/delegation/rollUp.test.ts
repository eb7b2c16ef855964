import assert from 'node:assert/strict';
import { completionBlock } from '../../../src/delegation/block';
import type { Delegation } from '../../../src/delegation/delegation';
import { isOver } from '../../../src/delegation/delegation';
import { nestedAmong, resultsOf, totalsOf } from '../../../src/delegation/result';
import { GatedChildren } from '../../fakes/gatedChildren';
import { MortalStore } from '../../fakes/mortalStore';
import { optionsFor } from './blockHarness';
import type { PoolHarness } from './poolHarness';
import {
  attached,
  everythingSettled,
  inBackground,
  memoryDatabase,
  poolHarness,
  whenDelegation,
  whenOver,
} from './poolHarness';

const REQUEST = [
  { type: 'request', priced: true },
  { type: 'usage', tokens: { input: 10, output: 5, cached: 0 }, costUsd: 0.25 },
] as const;

const entry = { tool: 'write_file', args_bytes: 1, result_bytes: 1, status: 'ok' } as const;

const blockOf = ({ pool }: Pick<PoolHarness, 'pool'>, delegation: Delegation) =>
  completionBlock(delegation, optionsFor({ nestedIn: nestedAmong(pool.list()) })).text;

/**
 * An orchestrator with an orchestrator below it: `l1` has ended with a finding and a file, `l2` is at work, and so is
 * `leaf`, two levels down, beside `found`, which has ended.
 */
async function tree(options: Parameters<typeof poolHarness>[0] = {}) {
  const harness = poolHarness({ ...options, settings: { maxSpawnDepth: 3 } });
  const { id } = inBackground(harness, 'lead');
  const lead = await harness.children.held('lead');
  for (const change of REQUEST) lead.progress(change);
  lead.progress({ type: 'text', delta: 'I have asked others.' });
  const below = (goals: readonly string[], parent: typeof lead, depth: number) =>
    attached(harness, goals, { wait: 'sync', parentChildId: parent.child.id, depth }, parent.signal).delegation;
  const first = below(['l1', 'l2', 'mid'], lead, 2);
  const l1 = await harness.children.held('l1');
  for (const change of REQUEST) l1.progress(change);
  l1.progress({ type: 'tool-finished', entry, filesWritten: ['deep/notes.md'] });
  l1.release('grand finding');
  (await harness.children.held('l2')).progress({ type: 'text', delta: 'half a finding' });
  const mid = await harness.children.held('mid');
  const second = below(['found', 'leaf'], mid, 3);
  await harness.children.release('found', 'great-grand finding');
  await harness.children.held('leaf');
  await whenDelegation(harness.pool, first.id, ({ children }) => children[0]?.state.status === 'completed');
  await whenDelegation(harness.pool, second.id, ({ children }) => children[0]?.state.status === 'completed');
  return { ...harness, id, lead };
}

const FINDINGS = ['grand finding', 'half a finding', 'great-grand finding'];

function assertRolledUp(harness: Pick<PoolHarness, 'pool'>, over: Delegation): void {
  const text = blockOf(harness, over);
  for (const finding of FINDINGS) assert.ok(text.includes(`~~~\n${finding}\n~~~`), `${finding} is missing in\n${text}`);
  assert.match(text, /\nDelegated by \S+ to \S+: "l1" ✓\nStatus: completed/);
  assert.match(text, /\nDelegated by \S+ to \S+: "l2" ✗\nStatus: (interrupted|unknown)/);
  assert.match(text, /\nFiles written: deep\/notes\.md\n/);
  const [lead] = resultsOf(over, () => '', nestedAmong(harness.pool.list()));
  assert.ok(lead !== undefined);
  assert.deepEqual(
    lead.nested?.map(({ goal, nested = [] }) => [goal, nested.map((one) => [one.goal, one.summary])]),
    [
      ['l1', []],
      ['l2', []],
      [
        'mid',
        [
          ['found', 'great-grand finding'],
          ['leaf', ''],
        ],
      ],
    ],
  );
  assert.deepEqual(lead.files_written, ['deep/notes.md']);
}

// P5
describe('an orchestrator that does not come to its end', () => {
  for (const [how, end] of [
    ['cancelled', ({ pool, id }) => void pool.cancel(id)],
    ['cancelled by Stop All', ({ pool }) => void pool.cancelAll()],
    ['crashed', ({ lead }) => lead.crash(new Error('a bug'))],
    [
      'out of budget',
      ({ lead }) =>
        lead.end({
          status: 'interrupted',
          exitReason: 'budget',
          summary: 'So far.',
          truncated: true,
          error: 'Used up.',
        }),
    ],
    [
      'out of iterations',
      ({ lead }) =>
        lead.end({ status: 'completed', exitReason: 'max_iterations', summary: 'So far.', truncated: true }),
    ],
  ] satisfies [string, (harness: Awaited<ReturnType<typeof tree>>) => void][])
    it(`C61 hands up what those below it had found: ${how}`, async () => {
      const harness = await tree();
      end(harness);
      const over = await whenOver(harness.pool, harness.id);
      harness.pool.cancelAll();
      for (const { id } of harness.pool.list()) harness.pool.cancel(id);
      assertRolledUp(harness, over);
    });

  it('C61 hands it up where it stalled and nothing of it listens any more', async () => {
    const harness = await tree({ children: new GatedChildren({ stubborn: true }) });
    const { idleSeconds, graceSeconds } = harness.settings.stall;
    // Those furthest down first: who waits for others does not stall.
    for (let level = 0; level < 3; level++) {
      harness.clock.advance(idleSeconds * 1000);
      harness.clock.advance(graceSeconds * 1000);
      await everythingSettled();
    }
    const over = await whenOver(harness.pool, harness.id);
    const text = blockOf(harness, over);
    for (const finding of FINDINGS) assert.ok(text.includes(finding));
  });

  it('C61 hands it up after a crash of VS Code', async () => {
    const db = memoryDatabase();
    let mortal: MortalStore | undefined;
    const before = await tree({ db, wrap: (store) => (mortal = new MortalStore(store)) });
    // What streamed is recorded with the step that it belongs to.
    (await before.children.held('l2')).progress({ type: 'tool-finished', entry, filesWritten: [] });
    mortal?.kill();
    const after = poolHarness({ db });
    const over = after.pool.get(before.id) ?? assert.fail();
    assert.equal(over.status, 'unknown');
    assertRolledUp(after, over);
  });

  it('tells nothing twice where it came to its end', async () => {
    const harness = await tree();
    for (const goal of ['l2', 'leaf', 'mid']) await harness.children.release(goal, goal);
    harness.lead.release('All of it in my words.');
    const over = await whenOver(harness.pool, harness.id);
    assert.doesNotMatch(blockOf(harness, over), /grand finding/);
    assert.equal(resultsOf(over, () => '', nestedAmong(harness.pool.list()))[0]?.nested, undefined);
  });

  it('C36 C61 holds what it hands up to the budget, with the path of the full text', async () => {
    const harness = poolHarness({ settings: { maxSpawnDepth: 2 } });
    const { id } = inBackground(harness, 'lead');
    const lead = await harness.children.held('lead');
    const parent = { wait: 'sync', parentChildId: lead.child.id, depth: 2 } as const;
    const nested = attached(harness, ['long', 'rest'], parent, lead.signal).delegation;
    await harness.children.release('long', 'x'.repeat(50_000));
    await whenDelegation(harness.pool, nested.id, ({ children }) => children[0]?.state.status === 'completed');
    harness.pool.cancel(id);
    const over = await whenOver(harness.pool, id);
    const block = completionBlock(over, optionsFor({ totalChars: 5000, nestedIn: nestedAmong(harness.pool.list()) }));
    assert.ok(block.text.length < 8000);
    assert.ok(block.text.includes(`the full text: /store/${nested.id}.1.md`));
    assert.deepEqual(
      block.cut.map((child) => child.id),
      [`${nested.id}.1`],
    );
  });
});

// P13
describe('what is below an orchestrator', () => {
  it('C62 counts in its result, its delegation and its block: calls, tokens, cost and files', async () => {
    const harness = await tree();
    for (const goal of ['l2', 'leaf', 'mid']) await harness.children.release(goal, goal);
    harness.lead.release('Done.');
    const over = await whenOver(harness.pool, harness.id);
    assert.ok(harness.pool.list().every(({ status }) => isOver(status)));
    const nestedIn = nestedAmong(harness.pool.list());
    const whole = { modelCalls: 2, tokens: { input: 20, output: 10, cached: 0 }, costUsd: 0.5 };
    assert.deepEqual(totalsOf(over, nestedIn), { ...whole, filesWritten: ['deep/notes.md'] });
    const [lead] = resultsOf(over, () => '', nestedIn);
    assert.deepEqual(
      [lead?.model_calls, lead?.tokens, lead?.cost_usd, lead?.files_written],
      [2, whole.tokens, 0.5, ['deep/notes.md']],
    );
    assert.match(
      blockOf(harness, over),
      /model calls: 2 · .* · tokens: 20 in, 10 out · cost \$0\.50\nFiles written: deep\/notes\.md/,
    );
  });
});

// P26
describe('a request that was cut off in the middle', () => {
  it('is counted, and its cost is unknown: after a crash', async () => {
    const db = memoryDatabase();
    let mortal: MortalStore | undefined;
    const harness = poolHarness({ db, wrap: (store) => (mortal = new MortalStore(store)) });
    const { id } = inBackground(harness, 'a');
    const a = await harness.children.held('a');
    for (const change of REQUEST) a.progress(change);
    a.progress({ type: 'request', priced: true });
    a.progress({ type: 'sent' });
    mortal?.kill();
    const after = poolHarness({ db });
    const over = after.pool.get(id) ?? assert.fail();
    const { modelCalls, costUsd } = totalsOf(over, nestedAmong([]));
    assert.deepEqual([over.status, modelCalls, costUsd], ['unknown', 2, null]);
    assert.match(blockOf(after, over), /model calls: 2 · .* · cost unknown/);
  });

  it('is counted, and its cost is unknown: where the child is cancelled; one that only waits costs nothing', async () => {
    const harness = poolHarness();
    const { id } = inBackground(harness, ['out', 'waits']);
    for (const goal of ['out', 'waits']) {
      const held = await harness.children.held(goal);
      for (const change of REQUEST) held.progress(change);
      held.progress({ type: 'request', priced: true });
      held.progress(goal === 'out' ? { type: 'sent' } : { type: 'waiting', activity: 'waiting for a place' });
    }
    harness.pool.cancel(id);
    const over = await whenOver(harness.pool, id);
    assert.deepEqual(
      resultsOf(over, () => '').map(({ cost_usd }) => cost_usd),
      [null, 0.25],
    );
  });

  it('C48 does not make the budget forget what is known to have been spent', async () => {
    const harness = poolHarness({ settings: { budget: { tokens: 0, usd: 0.25 } } });
    const { id } = inBackground(harness, ['a', 'b']);
    const a = await harness.children.held('a');
    for (const change of REQUEST) a.progress(change);
    a.progress({ type: 'sent' });
    harness.pool.cancel(`${id}.1`);
    assert.match((await harness.children.held('b')).hooks.refuseRequest() ?? '', /\$0\.25 of \$0\.25/);
  });
});
