import assert from 'node:assert/strict';
import { Approvals } from '../../../src/tools/approvals';
import type { RowChange } from '../../../src/vscode/delegationRows';
import { DelegationRows } from '../../../src/vscode/delegationRows';
import type { PoolHarness } from '../delegation/poolHarness';
import { attached, inBackground, neverAborted, poolHarness, whenOver, whenRunning } from '../delegation/poolHarness';

function rowsOf(harness: PoolHarness, visible = true) {
  const approvals = new Approvals(() => ({ edits: 'ask', commands: 'ask', allowedCommands: [] }), harness.clock);
  const rows = new DelegationRows({ pool: harness.pool, approvals, clock: harness.clock });
  const changes: RowChange[] = [];
  rows.onDidChange((change) => changes.push(change));
  rows.roots();
  rows.setVisible(visible);
  const idsOf = (change: RowChange) => change?.map(({ row }) => row.id) ?? 'all';
  return { rows, approvals, changes, told: () => changes.splice(0).map(idsOf) };
}

const usage = { type: 'usage', tokens: { input: 500, output: 0, cached: 0 }, costUsd: 0 } as const;

describe('the rows of the tree', () => {
  it('appear when a delegation is dispatched, and move when it is over', async () => {
    const harness = poolHarness();
    const { rows, told } = rowsOf(harness);
    const first = inBackground(harness, 'First');
    const second = inBackground(harness, 'Second');
    await whenRunning(harness.pool, second.id);
    harness.clock.advance(250);
    assert.deepEqual(told(), ['all']);
    await harness.children.release('Second', 'Done.');
    await whenOver(harness.pool, second.id);
    harness.clock.advance(250);
    assert.deepEqual(told(), ['all']);
    assert.deepEqual(
      rows.roots().map(({ row }) => row.id),
      [first.id, second.id],
    );
  });

  it('change at most four times a second, however much is streamed', async () => {
    const harness = poolHarness();
    const { told } = rowsOf(harness);
    inBackground(harness, 'Write');
    const held = await harness.children.held('Write');
    harness.clock.advance(250);
    told();
    for (let ms = 0; ms < 1000; ms += 10) {
      held.progress(usage);
      harness.clock.advance(10);
    }
    assert.equal(told().length, 4);
  });

  it('are told of only where they look different', async () => {
    const harness = poolHarness();
    const { told } = rowsOf(harness);
    const batch = inBackground(harness, ['One', 'Two']);
    const one = await harness.children.held('One');
    await harness.children.held('Two');
    harness.clock.advance(250);
    told();
    one.progress({ type: 'tool-started', activity: 'list_files' });
    harness.clock.advance(250);
    assert.deepEqual(told(), [[`${batch.id}.1`]]);
    one.progress({ type: 'tool-started', activity: 'list_files' });
    harness.clock.advance(250);
    assert.deepEqual(told(), []);
  });

  it('keep their identity, so that VS Code keeps what is open and selected', async () => {
    const harness = poolHarness();
    const { rows } = rowsOf(harness);
    inBackground(harness, ['One', 'Two']);
    await harness.children.held('Two');
    harness.clock.advance(250);
    const [before] = rows.roots();
    (await harness.children.held('One')).progress(usage);
    harness.clock.advance(250);
    assert.equal(rows.roots()[0], before);
    assert.match(before?.row.description ?? '', /500 tokens/);
    assert.equal(before?.children[0]?.parent, before);
  });

  it('show the elapsed time of what runs, and tick no more when nothing does', async () => {
    const harness = poolHarness();
    const { rows, told } = rowsOf(harness);
    const { id } = inBackground(harness, 'Slow');
    const held = await harness.children.held('Slow');
    harness.clock.advance(250);
    told();
    harness.clock.advance(30_000);
    assert.equal(told().length, 3);
    assert.match(rows.find(id)?.row.description ?? '', /30s/);
    held.release('Done.');
    await whenOver(harness.pool, id);
    harness.clock.advance(60_000);
    assert.equal(told().length, 1);
    assert.equal(harness.clock.pending, 0);
  });

  it('cost nothing while nobody looks, and are up to date when somebody does', async () => {
    const harness = poolHarness();
    const { rows, told } = rowsOf(harness, false);
    const { id } = inBackground(harness, 'Unseen');
    (await harness.children.held('Unseen')).progress(usage);
    assert.deepEqual(told(), []);
    rows.setVisible(true);
    harness.clock.advance(250);
    assert.deepEqual(told(), ['all']);
    assert.equal(rows.roots()[0]?.row.id, id);
  });

  it('find the row of a delegation that was dispatched a moment ago, of its one agent, and of a nested one', async () => {
    const harness = poolHarness();
    const { rows } = rowsOf(harness, false);
    const { id } = inBackground(harness, 'Lead');
    await harness.children.held('Lead');
    const nested = attached(harness, 'Deep', { wait: 'sync', parentChildId: `${id}.1`, depth: 2 });
    assert.equal(rows.find(id)?.row.id, id);
    assert.equal(rows.find(`${id}.1`)?.row.id, id);
    const deep = nested.delegation.id;
    assert.equal(rows.find(`${deep}.1`)?.parent?.row.id, id);
    assert.equal(rows.find(deep)?.row.id, `${deep}.1`);
    assert.equal(rows.find('deleg_00000000'), undefined);
  });

  it('name an approval as soon as an agent waits for it', async () => {
    const harness = poolHarness();
    const { rows, approvals, told } = rowsOf(harness);
    const { id } = inBackground(harness, 'Test');
    await harness.children.held('Test');
    harness.clock.advance(250);
    told();
    const agent = { sessionId: 's', depth: 1, delegationId: id, childId: `${id}.1`, label: 'Test' };
    const waiting = approvals.request(
      agent,
      { kind: 'command', action: 'run a command', subject: 'npm test' },
      neverAborted(),
    );
    harness.clock.advance(250);
    assert.deepEqual(told(), [[id]]);
    const [pending] = approvals.pending();
    assert.equal(rows.find(id)?.row.approvalId, pending?.id);
    approvals.decide(pending?.id ?? '', 'deny');
    await waiting;
    harness.clock.advance(250);
    assert.equal(rows.find(id)?.row.approvalId, undefined);
  });

  it('go when the delegation is removed, with those below', async () => {
    const harness = poolHarness();
    const { rows, told } = rowsOf(harness);
    const { id } = inBackground(harness, ['One', 'Two']);
    await harness.children.release('One', '1');
    await harness.children.release('Two', '2');
    await whenOver(harness.pool, id);
    harness.completions.take(id, () => {});
    harness.clock.advance(250);
    told();
    assert.ok(harness.pool.remove(id));
    harness.clock.advance(250);
    assert.deepEqual(told(), ['all']);
    assert.deepEqual(rows.roots(), []);
    assert.equal(rows.find(`${id}.1`), undefined);
  });

  it('C54 a throwing listener of theirs changes nothing for the pool', async () => {
    const harness = poolHarness();
    const { rows } = rowsOf(harness);
    rows.onDidChange(() => {
      throw new Error('the view is broken');
    });
    const { id } = inBackground(harness, 'Go on');
    await harness.children.held('Go on');
    harness.clock.advance(250);
    await harness.children.release('Go on', 'Done.');
    assert.equal((await whenOver(harness.pool, id)).status, 'completed');
  });
});
