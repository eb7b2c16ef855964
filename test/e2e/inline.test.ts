import assert from 'node:assert/strict';
import { directedModel, MAIN, type AskedRequest, type DirectedModel } from './support/directedModel';
import { openWorkbench, type Workbench } from './support/workbench';

const CART = 'Summarise src/cart.ts';
const TESTS = 'List the tests';

describe('a delegation that runs inline, in a turn of the chat', () => {
  let model: DirectedModel;
  let workbench: Workbench;
  let cart: AskedRequest;
  let tests: AskedRequest;

  /** The cart has the only slot; the turn waits for the tests. */
  beforeEach(async () => {
    model = await directedModel();
    const settings = { ...model.settings, 'fanout.delegation.maxAsyncDelegations': 1 };
    workbench = await openWorkbench({ settings, forOneTest: true });
    await workbench.showFanout();
    await workbench.say('Delegate both.');
    (await model.next(MAIN)).answer({
      calls: [CART, TESTS].map((goal) => ({ name: 'delegate_task', input: { goal } })),
    });
    [cart, tests] = await Promise.all([model.next(CART), model.next(TESTS)]);
  });

  /** The turn goes on: what its second call was answered. */
  async function handle(): Promise<{ readonly turn: AskedRequest; readonly id: string }> {
    const turn = await model.next(MAIN);
    const answer = JSON.parse(turn.results[1] ?? '') as Record<string, unknown>;
    assert.deepEqual([answer['status'], answer['mode']], ['dispatched', 'background']);
    return { turn, id: String(answer['delegation_id']) };
  }

  it('C57 moves to the background by a button of its card, and its results come as a completion', async () => {
    const card = workbench.cards(TESTS);
    await card.getByText('in this turn').waitFor();
    await workbench.rows(`${TESTS}inline`).waitFor();
    await workbench.screenshot('inline-running');
    const button = card.getByRole('button', { name: 'Move to Background' });
    await button.focus();
    await workbench.page.keyboard.press('Enter');
    const { turn, id } = await handle();
    turn.answer('Both are at work.');
    await button.waitFor({ state: 'detached' });
    assert.equal(await card.getByText('in this turn').count(), 0);

    tests.answer('Three test files.');
    const completed = await model.next(MAIN);
    assert.match(completed.request.messages.at(-1)?.text ?? '', new RegExp(`^\\[Delegation ${id} finished: completed`));
    completed.answer('The tests are listed.');
    await workbench.cards(new RegExp(`^${id} completed`)).waitFor();
    cart.answer('A cart holds lines.');
    (await model.next(MAIN)).answer('Both are done.');
    await workbench.chat().getByText('Both are done.').waitFor();
  });

  it('C57 moves to the background by its row', async () => {
    const row = workbench.rows(`${TESTS}inline`);
    await row.waitFor();
    await workbench.pickFromMenu(row, 'Move to Background');
    const { turn } = await handle();
    await row.waitFor({ state: 'detached' });
    turn.answer('Both are at work.');
    await workbench.chat().getByText('Both are at work.').waitFor();
    await workbench.command('Fanout: Move to Background');
    await workbench.notifications('waits for no delegation').waitFor();
  });

  it('C56 moves to the background by itself when the user goes on chatting', async () => {
    await workbench.say('What is in money.ts?');
    const { turn } = await handle();
    turn.answer('Both are at work.');
    const next = await model.next(MAIN);
    assert.equal(next.request.messages.at(-1)?.text, 'What is in money.ts?');
    next.answer('Cents and their format.');
    await workbench.chat().getByText('Cents and their format.').waitFor();
    assert.equal(await workbench.rows('inline').count(), 0);
    await workbench.screenshot('inline-moved');
  });
});
