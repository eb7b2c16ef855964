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

  it('C68 in the middle of a fan-out goes on with the same agents, and their results come once', async () => {
    const [cart, orders] = await delegateBoth();
    cart.answer('A cart of lines.');
    await workbench.rows('1/2 done').waitFor();
    orders.begin('So far: orders have');
    await workbench.rows(`${ORDERS}writing`).waitFor();
    const name = await workbench.cards().getAttribute('aria-label');

    await workbench.reload();
    (await model.next(ORDERS)).answer('Orders have numbers.');
    const completed = await model.next(MAIN);
    const block = completed.request.messages.at(-1)?.text ?? '';
    assert.match(block, /TASK 1\/2: Read the cart ✓[^]*A cart of lines\.[^]*TASK 2\/2: Read the orders ✓/);
    assert.match(block, /Orders have numbers\./);
    completed.answer('I see what is left.');
    await workbench.chat().getByText('I see what is left.').waitFor();
    assert.equal(await workbench.cards().count(), 1);
    const idOf = (label: string | null) => label?.split(' ')[0];
    assert.equal(idOf(await workbench.cards().getAttribute('aria-label')), idOf(name));
    await workbench.rows(/^2 tasks/).waitFor();
    await workbench
      .rows(/^2 tasks/)
      .locator('.codicon-sync')
      .waitFor({ state: 'detached' });
    await workbench.page.getByRole('button', { name: 'Fanout: nothing is running' }).waitFor();
    await workbench.screenshot('resumed-after-reload');

    await workbench.reload();
    await workbench.chat().getByText('I see what is left.').waitFor();
    await workbench.say('Is there more?');
    const later = await model.next(MAIN);
    const blocks = later.request.messages.filter(({ text }) => text.startsWith('[Delegation '));
    assert.equal(blocks.length, 1);
    later.answer('No.');
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
    // C69: by one click it goes on in place, from the call that was cut off.
    await workbench.cards().getByRole('button', { name: 'Resume delegation' }).click();
    const again = await model.next(ORDERS);
    assert.match(JSON.stringify(again.request), /look before you repeat it/);
    again.answer('Orders have numbers.');
    const last = await model.next(MAIN);
    assert.match(last.request.messages.at(-1)?.text ?? '', /Orders have numbers\./);
    last.answer('Now all is read.');
    await workbench.chat().getByText('Now all is read.').waitFor();
    assert.equal(await workbench.cards().count(), 1);
    assert.equal(await workbench.rows(/^2 tasks/).count(), 1);
  });
});
