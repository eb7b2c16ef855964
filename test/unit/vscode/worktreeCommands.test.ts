import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { ChangedFile, Worktree } from '../../../src/delegation/worktree';
import { commandTable } from '../../../src/vscode/commandTable';
import { inBackground, whenOver } from '../delegation/poolHarness';
import type { CommandHarnessOptions } from './commandHarness';
import { commandHarness } from './commandHarness';

const WROTE = { One: ['a.ts'], Two: ['b.ts', 'c.ts'] };
const BOTH = '2 tasks: One; Two';

/** A delegation whose two agents left changes in worktrees. */
async function isolated(options: CommandHarnessOptions = {}) {
  const changes: Record<string, readonly ChangedFile[]> = {};
  const harness = commandHarness({ ...options, changes });
  const { id, children } = inBackground(harness, ['One', 'Two']);
  for (const child of children) {
    await harness.children.release(child.task.goal, 'Done.');
    const files = WROTE[child.task.goal as keyof typeof WROTE].map((path) => ({ path, change: 'modified' }) as const);
    changes[child.id] = files;
    record(harness, child.id, { state: 'ready', files });
  }
  await whenOver(harness.pool, id);
  harness.completions.take(id, () => {});
  return { ...harness, id, table: commandTable(harness.ports) };
}

function record(
  { pool }: ReturnType<typeof commandHarness>,
  childId: string,
  change: Pick<Worktree, 'state' | 'files'>,
) {
  pool.recordWorktree(childId, { path: `/worktrees/${childId}`, repository: '/shop', base: '1', ...change });
}

describe('the commands on changes in worktrees', () => {
  it('show them side by side, of one agent or of all', async () => {
    const { table, done, id } = await isolated();
    await table.openChanges(id);
    await table.openChanges(`${id}.1`);
    await table.openWorktree(`${id}.2`);
    assert.deepEqual(done, [
      `Changes of “${BOTH}”: /worktrees/${id}.1/a.ts, /worktrees/${id}.2/b.ts, /worktrees/${id}.2/c.ts`,
      `Changes of “One”: /worktrees/${id}.1/a.ts`,
      `open folder /worktrees/${id}.2`,
    ]);
  });

  it('apply those of one agent or of all, and say which files', async () => {
    const { table, done, prompts, id } = await isolated();
    await table.applyChanges(id);
    await table.applyChanges(`${id}.2`);
    assert.deepEqual(done, [`apply ${id}.1, ${id}.2`, `apply ${id}.2`]);
    assert.deepEqual(prompts.messages, [
      `Applied the changes of “${BOTH}”: a.ts, b.ts, c.ts.`,
      'Applied the changes of “Two”: b.ts, c.ts.',
    ]);
  });

  it('say of a conflict what was applied and what was not, and lead to it', async () => {
    const applied = (ids: readonly string[]) => ({ kind: 'conflict', childId: ids[1] ?? '', files: ['b.ts'] }) as const;
    const { table, done, prompts, id } = await isolated({ applied, wait: true });
    const told = table.applyChanges(id);
    await setImmediate();
    assert.deepEqual(prompts.messages, [
      'Nothing of “Two” was applied: b.ts changed in another way in the meantime. Its worktree is kept. The changes of 1 other agent were applied.',
    ]);
    prompts.shown[0]?.click('Open Changes');
    await told;
    assert.equal(done.at(-1), `Changes of “Two”: /worktrees/${id}.2/b.ts, /worktrees/${id}.2/c.ts`);
  });

  // T4
  it('name what git could not apply, say that it is kept, and lead to it', async () => {
    const left = [{ path: 'lib', change: 'added', reason: 'it is a repository of its own' }] as const;
    for (const [kind, begins] of [
      ['applied', 'Applied the changes of “One”: a.ts. '],
      ['conflict', 'Nothing of “One” was applied: '],
    ] as const) {
      const applied = ([childId = '']: readonly string[]) =>
        kind === 'applied' ? { kind, files: ['a.ts'], left } : { kind, childId, files: ['lib'], left };
      const { table, done, prompts, id } = await isolated({ applied, wait: true });
      const told = table.applyChanges(`${id}.1`);
      await setImmediate();
      const text = prompts.messages[0] ?? '';
      assert.ok(text.startsWith(`${begins}lib cannot be applied`), text);
      assert.ok(text.includes(left[0].reason) && text.includes('is kept'), text);
      prompts.shown[0]?.click('Open Worktree');
      await told;
      assert.equal(done.at(-1), `open folder /worktrees/${id}.1`);
    }
  });

  it('say of a worktree that is gone that nothing was applied', async () => {
    const applied = (ids: readonly string[]) => ({ kind: 'gone', childId: ids[0] ?? '' }) as const;
    const { table, prompts, id } = await isolated({ applied });
    await table.applyChanges(id);
    assert.deepEqual(prompts.messages, ['The worktree of “One” is not there any more, so nothing of it was applied.']);
  });

  it('discard only what the user confirms', async () => {
    const { table, done, prompts, id } = await isolated({ answers: [undefined, 'Discard'] });
    await table.discardChanges(id);
    assert.deepEqual(done, []);
    await table.discardChanges(`${id}.1`);
    assert.deepEqual(done, [`discard ${id}.1`]);
    assert.deepEqual(prompts.confirmed, [`Discard the changes of “${BOTH}”?`, 'Discard the changes of “One”?']);
  });

  it('keep a delegation listed whose changes nobody took, unless they go with it', async () => {
    const harness = await isolated({ answers: [undefined, 'Discard and Remove'] });
    const { table, pool, done, id } = harness;
    await table.remove(id);
    assert.ok(pool.get(id));
    await table.clearFinished(undefined);
    assert.ok(pool.get(id));
    for (const n of [1, 2]) assert.equal(pool.get(id)?.children[n - 1]?.worktree?.state, 'ready');
    harness.ports.worktrees.discard = (ids) => {
      for (const child of ids) record(harness, child, { state: 'discarded', files: [] });
      return Promise.resolve();
    };
    await table.remove(id);
    assert.equal(pool.get(id), undefined);
    assert.deepEqual(done, []);
  });

  it('say so where there is nothing to apply or to discard', async () => {
    const harness = commandHarness();
    const { id } = inBackground(harness, 'One');
    await harness.children.release('One', 'Done.');
    await whenOver(harness.pool, id);
    const table = commandTable(harness.ports);
    await table.applyChanges(id);
    await table.discardChanges(id);
    await table.openWorktree(id);
    assert.deepEqual(harness.prompts.messages, [
      '“One” has no changes to apply.',
      '“One” has no changes to discard.',
      '“One” has no worktree.',
    ]);
  });
});
