import assert from 'node:assert/strict';
import type { ModelRequest } from '../fakes/modelServerWords';
import { directedModel, MAIN, type AskedRequest, type DirectedModel } from './support/directedModel';
import { openWorkbench, type Workbench } from './support/workbench';

const REQUEST = 'Delegate these in the background: summarise src/cart.ts; count the TODOs in src; list the tests';
const CART = 'Summarise src/cart.ts';
const TODOS = 'Count the TODOs in src';
const TESTS = 'List the tests';

interface Agents {
  readonly id: string;
  readonly cart: AskedRequest;
  readonly todos: AskedRequest;
  readonly tests: AskedRequest;
}

describe('the main job, with a real endpoint', () => {
  let model: DirectedModel;
  let workbench: Workbench;

  beforeEach(async () => {
    model = await directedModel();
    workbench = await openWorkbench({ settings: model.settings, forOneTest: true });
    await workbench.showFanout();
  });

  /** The user asks, the agent delegates and ends its turn; each child has used a tool and thinks. */
  async function delegateThree(): Promise<Agents> {
    await workbench.say(REQUEST);
    (await model.next(MAIN)).call('delegate_task', { tasks: [CART, TODOS, TESTS].map((goal) => ({ goal })) });
    const dispatched = await model.next(MAIN);
    const handle = JSON.parse(dispatched.results[0] ?? '') as Record<string, unknown>;
    assert.deepEqual([handle['status'], handle['mode'], handle['count']], ['dispatched', 'background', 3]);
    dispatched.answer('Three agents are **at work**.');
    (await model.next(CART)).call('read_file', { path: 'src/cart.ts' });
    (await model.next(TODOS)).call('search_text', { pattern: 'TODO', path: 'src' });
    (await model.next(TESTS)).call('find_files', { pattern: 'test/**' });
    const [cart, todos, tests] = await Promise.all([model.next(CART), model.next(TODOS), model.next(TESTS)]);
    return { id: String(handle['delegation_id']), cart, todos, tests };
  }

  it('C1 C15 shows one delegation with three agents at work while the user goes on chatting', async () => {
    const { id, cart } = await delegateThree();
    const top = workbench.rows('0/3 done');
    await top.waitFor();
    assert.equal(await top.getAttribute('aria-level'), '1');
    assert.match((await top.textContent()) ?? '', /^3 tasks: Summarise src\/cart\.ts; Count the TODOs in src; List/);
    await workbench.rows(`${CART}thinking`).waitFor();
    cart.begin('The cart is');
    await workbench.rows(`${CART}writing`).waitFor();
    await workbench.cards(new RegExp(`^${id} running 3 tasks: `)).waitFor();
    assert.equal(await workbench.rows().count(), 4);
    await workbench.page.getByRole('button', { name: 'Fanout: 1 delegation running' }).waitFor();

    await workbench.say('What is in money.ts?');
    const meanwhile = await model.next(MAIN);
    const finish = meanwhile.begin('Cents and ');
    await workbench.chat().getByRole('button', { name: 'Stop', exact: true }).waitFor();
    finish('their format.');
    await workbench.chat().getByRole('log').getByText('Cents and their format.').waitFor();
    await workbench.chat().getByRole('button', { name: 'Jump to latest' }).waitFor({ state: 'detached' });
    await workbench.rows('0/3 done').waitFor();
    await workbench.screenshot('outcome-running');
  });

  it('C19 C20 cancels one agent from its context menu, and the others go on', async () => {
    const { id, cart, todos, tests } = await delegateThree();
    await workbench.pickFromMenu(workbench.rows(new RegExp(`^${TODOS}`)), 'Cancel');
    assert.equal(await todos.request.ended, 'client-closed');
    await workbench.rows(`${TODOS}interrupted`).waitFor();

    cart.answer('A cart holds lines.');
    tests.answer('Three test files.');
    await workbench.cards(new RegExp(`^${id} completed `)).waitFor();
    const block = (await model.next(MAIN)).request.messages.at(-1)?.text ?? '';
    assert.match(block, /TASK 1\/3: Summarise src\/cart\.ts ✓[^]*TASK 2\/3: Count the TODOs in src ✗[^]*TASK 3\/3/);
    assert.match(block, /Status: interrupted/);
  });

  it('C6 C7 C25 C32 brings all three results in one card, and the agent takes it from there', async () => {
    const { id, cart, todos, tests } = await delegateThree();
    tests.answer('Three test files.');
    await workbench.rows('1/3 done').waitFor();
    todos.answer('Five of them.');
    await workbench.rows('2/3 done').waitFor();
    cart.answer('# The cart\n\nA cart holds **lines**.');

    const completed = await model.next(MAIN);
    assertLegal(completed.request);
    const block = completed.request.messages.at(-1)?.text ?? '';
    assert.match(block, new RegExp(`^\\[Delegation ${id} finished: completed, 3 tasks\\]`));
    assert.match(block, /TASK 1\/3[^]*A cart holds[^]*TASK 2\/3[^]*Five of them[^]*TASK 3\/3[^]*Three test files/);
    completed.answer('All **three** are done.');
    await workbench.chat().getByText('All three are done.').waitFor();

    const card = workbench.cards(id);
    assert.equal(await card.count(), 1);
    assert.match((await card.getAttribute('aria-label')) ?? '', new RegExp(`^${id} completed 3 tasks: `));
    await card.getByRole('button', { name: CART }).click();
    await card.getByRole('heading', { name: 'The cart' }).waitFor();
    assert.equal(await card.locator('strong', { hasText: 'lines' }).count(), 1);
    assert.equal(await workbench.rows(/^3 tasks/).count(), 1);
    for (const theme of ['Light Modern', 'Dark High Contrast', 'Dark Modern']) {
      await workbench.setColorTheme(theme);
      await workbench.screenshot(`outcome-${theme.replaceAll(' ', '-').toLowerCase()}`);
    }
  });
});

/** Roles alternate, and each call has its result right after it (SPEC 4.1). */
function assertLegal({ messages }: ModelRequest): void {
  const called = messages.flatMap(({ toolCalls }) => toolCalls.map(({ id }) => id));
  const answered = messages.flatMap(({ toolResults }) => toolResults.map(({ id }) => id));
  assert.deepEqual(answered, called);
  assert.deepEqual(
    messages.map(({ role }) => role),
    ['user', 'assistant', 'tool', 'assistant', 'user'],
  );
}
