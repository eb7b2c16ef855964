import assert from 'node:assert/strict';
import { directedModel, MAIN, type DirectedModel } from './support/directedModel';
import { openWorkbench, type Workbench } from './support/workbench';

const CART = 'Read the cart';
const ORDERS = 'Read the orders';

describe('reloading', () => {
  let model: DirectedModel;
  let workbench: Workbench;

  beforeEach(async () => {
    model = await directedModel();
    workbench = await openWorkbench({ settings: model.settings, forOneTest: true });
    await workbench.showFanout();
  });

  async function delegateBoth() {
    await workbench.say('Read both.');
    (await model.next(MAIN)).call('delegate_task', { tasks: [CART, ORDERS].map((goal) => ({ goal })) });
    (await model.next(MAIN)).answer('Two agents read.');
    return Promise.all([model.next(CART), model.next(ORDERS)]);
  }

  it('C32 keeps the conversation, its results and the draft, each shown once', async () => {
    const [cart, orders] = await delegateBoth();
    cart.answer('A cart of lines.');
    orders.answer('Orders have numbers.');
    (await model.next(MAIN)).answer('Both were **read**.');
    const chat = workbench.chat();
    await chat.getByText('Both were read.').waitFor();
    await chat.getByRole('button', { name: 'Stop', exact: true }).waitFor({ state: 'detached' });
    const name = await workbench.cards().getAttribute('aria-label');
    const conversation = await chat.getByRole('log').innerText();
    await workbench.messageBox().fill('Half a thought');

    await workbench.page.getByRole('tab', { name: /^Explorer/ }).click();
    await workbench.messageBox().waitFor({ state: 'hidden' });
    await workbench.showFanout();
    assert.equal(await workbench.messageBox().inputValue(), 'Half a thought');
    await chat.getByText('Both were read.').waitFor();
    assert.equal(await chat.getByRole('log').innerText(), conversation);

    await workbench.reload();
    await chat.getByText('Both were read.').waitFor();
    assert.equal(await workbench.messageBox().inputValue(), 'Half a thought');
    assert.equal(await workbench.cards().count(), 1);
    assert.equal(await workbench.cards().getAttribute('aria-label'), name);
    await workbench.rows(/^2 tasks/).waitFor();
    assert.equal(await workbench.rows(/^2 tasks/).count(), 1);
    await workbench.cards().getByRole('button', { name: CART }).click();
    await workbench.cards().getByText('A cart of lines.').last().waitFor();
    await workbench.say('And now?');
    const next = await model.next(MAIN);
    assert.deepEqual(
      next.request.messages.map(({ role }) => role),
      ['user', 'assistant', 'tool', 'assistant', 'user', 'assistant', 'user'],
    );
    next.answer('Done.');
  });

  it('C38 tells once that VS Code was closed while agents ran, with what they had', async () => {
    const [cart, orders] = await delegateBoth();
    cart.answer('A cart of lines.');
    await workbench.rows('1/2 done').waitFor();
    orders.begin('So far: orders have');
    await workbench.rows(`${ORDERS}writing`).waitFor();

    await workbench.reload();
    const completed = await model.next(MAIN);
    const block = completed.request.messages.at(-1)?.text ?? '';
    assert.match(block, /TASK 1\/2: Read the cart ✓[^]*A cart of lines\.[^]*TASK 2\/2: Read the orders ✗/);
    assert.match(block, /VS Code was closed while this ran[^]*So far: orders have/);
    completed.answer('I see what is left.');
    await workbench.chat().getByText('I see what is left.').waitFor();
    assert.equal(await workbench.cards().count(), 1);
    await workbench.rows(/^2 tasks/).waitFor();
    await workbench
      .rows(/^2 tasks/)
      .locator('.codicon-sync')
      .waitFor({ state: 'detached' });
    await workbench.page.getByRole('button', { name: 'Fanout: nothing is running' }).waitFor();
    await workbench.screenshot('closed-while-running');

    await workbench.reload();
    await workbench.chat().getByText('I see what is left.').waitFor();
    await workbench.say('Is there more?');
    const later = await model.next(MAIN);
    const blocks = later.request.messages.filter(({ text }) => text.startsWith('[Delegation '));
    assert.equal(blocks.length, 1);
    later.answer('No.');
  });

  it('C38 tells in one notification where the chat is not in sight', async () => {
    await delegateBoth();
    await workbench.chat().getByText('Two agents read.').waitFor();
    await workbench.page.getByRole('tab', { name: /^Explorer/ }).click();
    await workbench.messageBox().waitFor({ state: 'hidden' });
    await workbench.reload();
    (await model.next(MAIN)).answer('I see what is left.');
    const told = workbench.notifications('1 delegation ended when VS Code was closed. What came of it is in the chat.');
    await told.getByRole('button', { name: 'Open Chat' }).click();
    await workbench.chat().getByText('I see what is left.').waitFor();
    assert.equal(await workbench.cards().count(), 1);
  });

  it('C37 tells once what an agent had done when the process of all extensions was killed', async () => {
    const [cart, orders] = await delegateBoth();
    cart.answer('A cart of lines.');
    await workbench.rows('1/2 done').waitFor();
    // The shell's parent is the extension host; no end of ours is more sudden.
    orders.call('run_command', { command: 'kill -9 $PPID' });
    await workbench.approvals(ORDERS).getByRole('button', { name: 'Approve' }).click();

    const completed = await model.next(MAIN);
    const block = completed.request.messages.at(-1)?.text ?? '';
    assert.match(block, /^\[Delegation deleg_\w{8} finished: unknown, 2 tasks\]/);
    assert.match(block, /TASK 1\/2: Read the cart ✓[^]*A cart of lines\.[^]*TASK 2\/2: Read the orders ✗/);
    completed.answer('I see what is left.');
    await workbench.reload();
    await workbench.chat().getByText('I see what is left.').waitFor();
    assert.equal(await workbench.cards().count(), 1);
    await workbench.cards().getByRole('button', { name: 'Continue delegation' }).click();
    const again = await model.next(ORDERS);
    assert.match(again.request.messages.at(-1)?.text ?? '', /You go on from an earlier run of yours/);
    again.answer('Orders have numbers.');
    const last = await model.next(MAIN);
    assert.match(last.request.messages.at(-1)?.text ?? '', /Orders have numbers\./);
    last.answer('Now all is read.');
    await workbench.chat().getByText('Now all is read.').waitFor();
  });
});
