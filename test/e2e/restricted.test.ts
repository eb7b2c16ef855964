import assert from 'node:assert/strict';
import { directedModel, MAIN, type DirectedModel } from './support/directedModel';
import { openWorkbench } from './support/workbench';

describe('a folder that is not trusted', () => {
  let model: DirectedModel;

  before(async () => {
    model = await directedModel();
  });

  it('runs nothing and says why, until it is trusted', async () => {
    const workbench = await openWorkbench({ settings: model.settings, trust: true, forOneTest: true });
    const { page } = workbench;
    await workbench.showFanout();
    const chat = workbench.chat();
    await chat.getByText('This workspace is not trusted, so nothing runs here.').waitFor();
    await page.locator('.sidebar').getByText('This folder is in Restricted Mode.').waitFor();
    await workbench.screenshot('restricted');
    await workbench.say('Read src/cart.ts');
    await chat.getByRole('alert').getByText('no agent runs in it').waitFor();
    assert.equal(await workbench.messageBox().inputValue(), 'Read src/cart.ts');
    await workbench.command('Fanout: Delegate Task…');
    await workbench.notifications('Nothing was delegated: this workspace is not trusted').waitFor();

    await chat.getByRole('button', { name: 'Manage trust' }).click();
    await page.getByRole('button', { name: 'Trust', exact: true }).first().click();
    await chat.getByText('This workspace is not trusted').first().waitFor({ state: 'detached' });
    await workbench.say('Read src/cart.ts');
    (await model.next(MAIN)).call('read_file', { path: 'src/cart.ts' });
    const read = await model.next(MAIN);
    assert.match(read.results[0] ?? '', /emptyCart/);
    read.answer('It was read.');
    await chat.getByText('It was read.').waitFor();
  });
});

describe('a window without a folder', () => {
  it('chats, and tools say that no folder is open', async () => {
    const model = await directedModel();
    const workbench = await openWorkbench({ settings: model.settings, folder: null, forOneTest: true });
    await workbench.showFanout();
    await workbench.page
      .locator('.sidebar')
      .getByText('Agents work in the folder that is open, and none is.')
      .waitFor();
    await workbench.say('Read src/cart.ts');
    (await model.next(MAIN)).call('read_file', { path: 'src/cart.ts' });
    const refused = await model.next(MAIN);
    assert.match(refused.results[0] ?? '', /No folder is open in VS Code, so there are no files to work on\./);
    refused.answer('Open a folder first.');
    const chat = workbench.chat();
    await chat.getByText('Open a folder first.').waitFor();
    await chat.getByRole('button', { name: /read_file src\/cart\.ts/ }).click();
    await chat.getByText('No folder is open in VS Code, so there are no files to work on.').waitFor();
    await workbench.screenshot('no-folder');
  });
});
