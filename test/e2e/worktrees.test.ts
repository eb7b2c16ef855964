import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { directedModel, MAIN, type DirectedModel } from './support/directedModel';
import { makeShop } from './support/folders';
import { openWorkbench, type Workbench } from './support/workbench';

const CART = 'Write notes on the cart';
const ORDERS = 'Write notes on the orders';

describe('agents in worktrees of their own', () => {
  let model: DirectedModel;
  let workbench: Workbench;
  let folder: string;

  beforeEach(async () => {
    model = await directedModel();
    folder = await makeShop();
    const git = (...args: string[]) =>
      execa('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.org', ...args], { cwd: folder });
    await git('init', '--quiet');
    await git('add', '.');
    await git('commit', '--quiet', '--message', 'Shop');
    const settings = { ...model.settings, 'fanout.delegation.isolation': 'worktree' };
    workbench = await openWorkbench({ settings, folder, forOneTest: true });
    await workbench.showFanout();
  });

  it('change nothing of the user until their changes are applied, and keep what conflicts', async () => {
    const notes = path.join(folder, 'NOTES.md');
    await workbench.say('Go.');
    (await model.next(MAIN)).call('delegate_task', { tasks: [{ goal: CART }, { goal: ORDERS }] });
    (await model.next(MAIN)).answer('They work.');
    for (const goal of [CART, ORDERS]) {
      (await model.next(goal)).call('write_file', { path: 'NOTES.md', content: `${goal}: done.\n` });
      // Nobody is asked: the user's files do not change.
      const wrote = await model.next(goal);
      assert.match(wrote.results[0] ?? '', /NOTES\.md/);
      wrote.answer('Written.');
    }
    const told = await model.next(MAIN);
    assert.match(told.request.messages.at(-1)?.text ?? '', /worktree/);
    told.answer('Both wrote notes.');
    assert.equal(existsSync(notes), false);

    const card = workbench.cards(/completed/);
    await card.getByText('2 changed files in 2 worktrees, not in your files yet.').waitFor();
    const batch = workbench.rows(/^2 tasks/);
    await batch.filter({ hasText: '2 files to review' }).waitFor();
    // Not in its middle: the label is longer than the row, and would be scrolled there.
    await batch.click({ position: { x: 60, y: 10 } });
    await workbench.page.keyboard.press('ArrowRight');
    const rowOf = (goal: string) => workbench.rows(new RegExp(`^${goal}`));
    await rowOf(CART).filter({ hasText: '1 file to review' }).waitFor();

    await workbench.pickFromMenu(rowOf(ORDERS), 'Open Changes');
    const diffs = workbench.page.locator('.multiDiffEditor');
    await diffs.getByText('Write notes on the orders: done.').first().waitFor();
    await workbench.screenshot('worktree-changes');

    await workbench.pickFromMenu(rowOf(CART), 'Apply Changes');
    await workbench.notifications(`Applied the changes of “${CART}”: NOTES.md.`).waitFor();
    assert.equal(readFileSync(notes, 'utf8'), `${CART}: done.\n`);
    await rowOf(CART).filter({ hasText: 'applied' }).waitFor();

    await card.getByRole('button', { name: 'Apply' }).click();
    await workbench.notifications(`Nothing of “${ORDERS}” was applied: NOTES.md changed in another way`).waitFor();
    assert.equal(readFileSync(notes, 'utf8'), `${CART}: done.\n`);

    await workbench.pickFromMenu(rowOf(ORDERS), 'Discard Changes…');
    await workbench.page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click();
    await rowOf(ORDERS).filter({ hasText: 'discarded' }).waitFor();
    await workbench.screenshot('worktree-applied');
    const { stdout } = await execa('git', ['worktree', 'list', '--porcelain'], { cwd: folder });
    assert.equal(stdout.match(/^worktree /gm)?.length, 1, stdout);
  });
});
