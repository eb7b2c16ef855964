import assert from 'node:assert/strict';
import { openWorkbench, type Workbench } from './support/workbench';

describe('the main job, with no model configured', () => {
  let workbench: Workbench;

  before(async () => {
    workbench = await openWorkbench();
    await workbench.showFanout();
  });
  after(() => workbench.close());

  it('is done by the offline model, which says what it is', async () => {
    const chat = workbench.chat();
    await workbench.page.locator('.sidebar').getByText('No model is configured').waitFor();
    await chat.getByRole('button', { name: /^Delegate these in the background/ }).click();

    const card = workbench.cards(/^deleg_[0-9a-f]{8} completed 3 tasks: /);
    await card.waitFor();
    for (const [goal, found] of [
      [/^summarise src\/cart\.ts/i, 'emptyCart'],
      [/^count the TODOs in src/i, 'discounts.ts'],
      [/^list the tests/i, 'test/cart.test.ts'],
    ] as const) {
      const task = card.getByRole('listitem', { name: goal });
      await task.getByRole('button').first().click();
      await task.getByText(found).first().waitFor();
    }
    assert.equal(await workbench.cards().count(), 1);
    await workbench.rows(/^3 tasks/).waitFor();
    await chat.getByRole('log').getByText('The full reports are in the card above.').waitFor();
    await workbench.screenshot('offline');

    await workbench.say('What do you think of all this?');
    await chat.getByRole('log').getByText('no AI, no network').waitFor();
  });
});
