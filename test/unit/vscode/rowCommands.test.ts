import assert from 'node:assert/strict';
import { commandTable } from '../../../src/vscode/commandTable';
import { DelegationRows } from '../../../src/vscode/delegationRows';
import { attached, inBackground, neverAborted, SESSION, whenDelegation, whenOver } from '../delegation/poolHarness';
import { commandHarness } from './commandHarness';

describe('a command on a row', () => {
  it('takes a row of the tree, an id, or else the selected row', async () => {
    const harness = commandHarness();
    const { id } = inBackground(harness, ['One', 'Two', 'Three']);
    await harness.children.held('Three');
    const rows = new DelegationRows({ pool: harness.pool, approvals: harness.approvals, clock: harness.clock });
    const [root] = rows.roots();
    const [, , third] = root?.children ?? [];
    const statuses = () => harness.pool.get(id)?.children.map(({ state }) => state.status);
    await commandTable(harness.ports).cancel(third);
    assert.deepEqual(statuses(), ['running', 'running', 'interrupted']);
    await commandTable(harness.ports).cancel(`${id}.2`);
    assert.deepEqual(statuses(), ['running', 'interrupted', 'interrupted']);
    const selected = root?.children[0]?.row;
    const tree = { ...harness.ports.tree, selected };
    await commandTable({ ...harness.ports, tree }).cancel(undefined);
    assert.deepEqual(statuses(), ['interrupted', 'interrupted', 'interrupted']);
  });

  it('says so where there is nothing to act on', async () => {
    const { ports, prompts } = commandHarness();
    const table = commandTable(ports);
    await table.cancel(undefined);
    await table.retry('deleg_00000000');
    assert.deepEqual(prompts.messages, [
      'Select a delegation in the Fanout view first.',
      'deleg_00000000 is not listed any more.',
    ]);
  });
});

describe('the row commands', () => {
  it('start no agent in an untrusted workspace, and say why', async () => {
    const harness = commandHarness({ untrusted: true });
    const { id } = inBackground(harness, 'One');
    await harness.children.release('One', 'Done.');
    await whenOver(harness.pool, id);
    const table = commandTable(harness.ports);
    for (const start of [table.retry, table.continue, table.deliverHere]) await start(id);
    assert.equal(harness.pool.list().length, 1);
    assert.deepEqual(harness.done, []);
    assert.equal(harness.prompts.messages.length, 3);
    assert.match(harness.prompts.messages[0] ?? '', /^Nothing was started: this workspace is not trusted/);
  });

  it('C57 move what a turn waits for to the background: by its row, or by the palette all of the session in front', async () => {
    // P8
    const harness = commandHarness();
    const { ports, prompts, pool } = harness;
    const table = commandTable(ports);
    ['a', 'b', 'c'].forEach((goal) => inBackground(harness, goal));
    const ids = ['d', 'e'].map((goal) => attached(harness, goal).delegation.id);
    const modes = () => ids.map((id) => pool.get(id)?.mode);
    const rows = new DelegationRows({ pool, approvals: harness.approvals, clock: harness.clock });
    const row = rows.roots().find(({ row: { id } }) => id === ids[0]);
    assert.match(row?.row.contextValue ?? '', /\.inline\b/);
    await table.moveToBackground(row);
    assert.deepEqual(modes(), ['background', 'inline']);
    await table.moveToBackground(undefined);
    assert.deepEqual([modes(), prompts.messages], [['background', 'background'], []]);
    await table.moveToBackground(ids[0]);
    await table.moveToBackground(undefined);
    assert.match(prompts.messages[0] ?? '', /^No turn waits for “d”/);
    assert.match(prompts.messages[1] ?? '', /waits for no delegation/);
  });

  it('cancel, retry, copy and remove what is over, and say what cannot be done', async () => {
    const harness = commandHarness();
    const { ports, prompts, done, pool, completions } = harness;
    const table = commandTable(ports);
    const { id } = inBackground(harness, 'Sum up');
    await harness.children.held('Sum up');
    await table.retry(id);
    await table.remove(id);
    await harness.children.release('Sum up', 'All is well.');
    await whenOver(pool, id);
    await table.cancel(id);
    await table.remove(id);
    assert.deepEqual(prompts.messages, [
      '“Sum up” is not over yet.',
      '“Sum up” stays listed: it is not over.',
      '“Sum up” is over already; nothing was cancelled.',
      '“Sum up” stays listed: its results still wait for their session.',
    ]);
    await table.copyResult(id);
    completions.take(id, () => {});
    await table.remove(id);
    assert.equal(pool.get(id), undefined);
    assert.deepEqual(done, ['copy All is well.']);
  });

  it('copy the results of a batch, each below its goal', async () => {
    const harness = commandHarness();
    const { id } = inBackground(harness, ['One', 'Two']);
    await harness.children.release('One', 'First.');
    await harness.children.release('Two', 'Second.');
    await whenOver(harness.pool, id);
    await commandTable(harness.ports).copyResult(id);
    assert.deepEqual(harness.done, ['copy # One\n\nFirst.\n\n# Two\n\nSecond.\n']);
  });

  it('continue what was cut off at a click, and what was done with a word on what is still to do', async () => {
    const harness = commandHarness({ answers: ['And the tests?'] });
    const table = commandTable(harness.ports);
    const { id } = inBackground(harness, 'Sum up');
    await harness.children.held('Sum up');
    harness.pool.cancel(id);
    await table.continue(id);
    const [, second] = harness.pool.list();
    assert.ok(second);
    (await harness.children.held('Sum up', 2)).release('All is well.');
    await whenOver(harness.pool, second.id);
    await table.continue(second.id);
    assert.deepEqual(
      harness.pool.list().map(({ children }) => children[0]?.task.continues),
      [undefined, { childId: `${id}.1`, message: '' }, { childId: `${second.id}.1`, message: 'And the tests?' }],
    );
  });

  // P22
  it('retry and continue for the session in front what belongs to one that was deleted', async () => {
    const harness = commandHarness({ addressee: 'session-2' });
    const { id } = inBackground(harness, 'One');
    harness.pool.cancel(id);
    const table = commandTable(harness.ports);
    await table.retry(id);
    await table.continue(id);
    const sessions = harness.pool.list().map(({ sessionId }) => sessionId);
    assert.deepEqual(sessions, [SESSION, 'session-2', 'session-2']);
  });

  // P4
  it('ask before they begin again what is done while its siblings run', async () => {
    const harness = commandHarness({ answers: [undefined, 'Begin Again'] });
    const { id } = inBackground(harness, ['One', 'Two']);
    await harness.children.release('One', 'First.');
    await harness.children.held('Two');
    await whenDelegation(harness.pool, id, ({ children }) => children[0]?.state.status === 'completed');
    const { retry } = commandTable(harness.ports);
    await retry(`${id}.1`);
    assert.equal(harness.children.started.length, 2, 'dismissed: nothing was begun');
    await retry(`${id}.1`);
    assert.equal(harness.prompts.confirmed.length, 2);
    assert.equal((await harness.children.held('One', 2)).child.id, `${id}.3`);
  });

  // U4
  it('begin all of a batch again only when asked, or those that failed alone', async () => {
    const harness = commandHarness({ answers: [undefined, 'All 3 tasks', 'Only those that are not done'] });
    const { id } = inBackground(harness, ['One', 'Two', 'Three']);
    (await harness.children.held('Two')).crash(new Error('no'));
    for (const goal of ['One', 'Three']) await harness.children.release(goal, 'Done.');
    await whenOver(harness.pool, id);
    const { retry, retryFailed } = commandTable(harness.ports);
    const goals = () =>
      harness.pool
        .list()
        .slice(1)
        .map(({ children }) => children.map(({ task }) => task.goal));
    await retry(id);
    assert.deepEqual(goals(), []);
    await retry(id);
    await retry(id);
    await retryFailed(id);
    assert.deepEqual(goals(), [['One', 'Two', 'Three'], ['Two'], ['Two']]);
    const [, whole] = harness.pool.list();
    for (const goal of ['One', 'Two', 'Three']) (await harness.children.held(goal, 2)).release('Done.');
    await whenOver(harness.pool, whole?.id ?? '');
    await retryFailed(whole?.id);
    assert.match(harness.prompts.messages.at(-1) ?? '', /left to begin again/);
  });

  it('retry afresh and show the new row', async () => {
    const harness = commandHarness();
    const { id } = inBackground(harness, 'Again');
    (await harness.children.held('Again')).crash(new Error('no'));
    await whenOver(harness.pool, id);
    await commandTable(harness.ports).retry(id);
    const [, again] = harness.pool.list();
    assert.deepEqual(harness.done, [`show ${again?.id}`]);
  });

  it('steer a running agent with what is typed', async () => {
    const harness = commandHarness({ answers: ['Leave the tests alone'] });
    const { id } = inBackground(harness, 'Refactor');
    const held = await harness.children.held('Refactor');
    await commandTable(harness.ports).steer(id);
    assert.deepEqual(held.hooks.takeSteer(), ['Leave the tests alone']);
  });

  it('decide the approval that the row showed, and no later one', async () => {
    const harness = commandHarness({ answers: ['Too risky'] });
    const { ports, prompts, approvals } = harness;
    const table = commandTable(ports);
    const { id } = inBackground(harness, 'Clean');
    await harness.children.held('Clean');
    const agent = { sessionId: 's', depth: 1, delegationId: id, childId: `${id}.1`, label: 'Clean' };
    const ask = (subject: string) =>
      approvals.request(agent, { kind: 'command', action: 'run a command', subject }, neverAborted());
    const rows = new DelegationRows({ pool: harness.pool, approvals, clock: harness.clock });
    const first = ask('npm test');
    const [row] = rows.roots();
    assert.ok(row);
    approvals.decide(approvals.pending()[0]?.id ?? '', 'approve');
    assert.deepEqual(await first, { approved: true });
    const second = ask('rm -rf dist');
    await table.approve(row);
    assert.match(prompts.messages[0] ?? '', /waits for no such approval any more/);
    assert.equal(approvals.pending().length, 1);
    const shown = new DelegationRows({ pool: harness.pool, approvals, clock: harness.clock }).roots()[0];
    await table.deny(shown);
    assert.deepEqual(await second, { approved: false, reason: 'Too risky' });
  });

  it('open the transcript, and the changes of an agent', async () => {
    const harness = commandHarness({ answers: ['src/b.ts'] });
    const table = commandTable(harness.ports);
    const { id } = inBackground(harness, 'Edit');
    const held = await harness.children.held('Edit');
    await table.openChanges(id);
    const entry = { tool: 'edit_file', args_bytes: 1, result_bytes: 1, status: 'ok' } as const;
    held.progress({ type: 'tool-finished', entry, filesWritten: ['src/a.ts', 'src/b.ts'] });
    await table.openTranscript(id);
    await table.openChanges(id);
    assert.deepEqual(harness.prompts.messages, ['“Edit” wrote no files.']);
    assert.deepEqual(harness.done, [`open transcript ${id}.1`, 'open change src/b.ts']);
  });

  it('C31 deliver what was left without a session to the one in front', async () => {
    const harness = commandHarness();
    const { id } = inBackground(harness, 'Orphan', { sessionId: 'gone' });
    await harness.children.release('Orphan', 'Done.');
    await whenOver(harness.pool, id);
    harness.completions.orphan('gone');
    assert.equal(harness.pool.get(id)?.delivery, 'undelivered');
    await commandTable(harness.ports).deliverHere(id);
    assert.deepEqual(
      harness.completions.waitingFor('session-1').map((waiting) => waiting.id),
      [id],
    );
    assert.deepEqual(harness.done, ['open chat']);
  });
});
