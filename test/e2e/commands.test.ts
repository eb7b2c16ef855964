import assert from 'node:assert/strict';
import { ModelServer } from '../fakes/modelServer';
import { directedModel, MAIN, type DirectedModel } from './support/directedModel';
import { openWorkbench, type Workbench } from './support/workbench';

const ROUNDING = 'Find where prices are rounded';
const ORDERS = 'Explain the orders';
const README = 'Check the README';

/** Some of those that need a row. */
const ROW_ONLY = ['Approve', 'Cancel', 'Copy Result', 'Deny…'];

describe('commands', () => {
  let model: DirectedModel;
  let workbench: Workbench;

  beforeEach(async () => {
    model = await directedModel();
    workbench = await openWorkbench({ settings: model.settings, forOneTest: true });
    await workbench.showFanout();
  });

  async function delegateTask(goal: string): Promise<void> {
    await workbench.command('Fanout: Delegate Task…');
    await workbench.answerBox('Delegate Task', goal);
  }

  async function delegateTasks(...goals: readonly string[]): Promise<void> {
    await workbench.command('Fanout: Delegate Tasks…');
    for (const [i, goal] of [...goals, ''].entries()) await workbench.answerBox(`task ${i + 1}`, goal);
  }

  /** What the palette offers of Fanout, without its name; the first of it, as far as it is drawn. */
  async function palette(): Promise<string[]> {
    await workbench.page.keyboard.press('F1');
    await workbench.quickInput().fill('>Fanout: ');
    await workbench.quickPick('Fanout: Delegate Task…').waitFor();
    const labels = await workbench.page.locator('.quick-input-list .label-name').allTextContents();
    await workbench.page.keyboard.press('Escape');
    await workbench.quickInput().waitFor({ state: 'hidden' });
    return labels.flatMap((label) => (label.startsWith('Fanout: ') ? [label.slice('Fanout: '.length)] : []));
  }

  it('C18 C52 delegates, pauses, goes on, begins a new session and clears up from the palette', async () => {
    const offered = await palette();
    assert.deepEqual(
      ROW_ONLY.filter((title) => offered.includes(title)),
      [],
    );
    await delegateTasks(ROUNDING, ORDERS);
    const [rounding, orders] = await Promise.all([model.next(ROUNDING), model.next(ORDERS)]);
    await workbench.rows('0/2 done').waitFor();

    await workbench.command('Fanout: Pause');
    await workbench.notifications('Paused: nothing new starts until you resume. 1 delegation still running.').waitFor();
    await delegateTask(README);
    const refused = workbench.notifications('Nothing was delegated: delegating is paused');
    await refused.waitFor();
    await workbench.command('Fanout: Resume');
    await delegateTask(README);
    const readme = await model.next(README);

    await workbench.say('Hello');
    (await model.next(MAIN)).answer('Hello yourself.');
    await workbench.command('Fanout: New Session');
    await workbench.chat().getByText('Hand work to background agents').waitFor();
    rounding.answer('In money.ts.');
    orders.answer('They have numbers.');
    await workbench
      .rows(/^2 tasks/)
      .locator('.codicon-pass')
      .first()
      .waitFor();
    const turn = await model.next(MAIN);
    await workbench.rows(/^Check the README/).waitFor();
    await workbench.command('Fanout: Clear Finished');
    await workbench.rows(/^2 tasks/).waitFor({ state: 'detached' });

    await workbench.command('Fanout: Stop All');
    await workbench.notifications('Stopped 1 turn and 1 delegation.').waitFor();
    assert.equal(await turn.request.ended, 'client-closed');
    assert.equal(await readme.request.ended, 'client-closed');
    await workbench.command('Fanout: Open Log');
    await workbench.page.locator('.panel').getByText('Fanout is ready.').waitFor();
  });

  it('C40 C41 lists the agents, shows one in the tree, and stops them all from the chat', async () => {
    await delegateTask(ROUNDING);
    await model.next(ROUNDING);
    await delegateTasks(ORDERS, README);
    await Promise.all([model.next(ORDERS), model.next(README)]);
    const chat = workbench.chat();
    await workbench.say('/agents');
    const list = chat.getByRole('list', { name: 'Agents' });
    await list.waitFor();
    assert.deepEqual(
      (await list.getByRole('button').allTextContents()).map((text) => text.replace(/running.*/, '')),
      [`2 tasks: ${ORDERS}; ${README}`, ORDERS, README, ROUNDING, ROUNDING],
    );
    await list.getByRole('button').filter({ hasText: README }).last().click();
    await workbench.page.locator('.sidebar [role=treeitem][aria-selected=true]', { hasText: README }).waitFor();
    await workbench.screenshot('agents');

    await workbench.say('Wait a moment');
    const turn = await model.next(MAIN);
    await workbench.say('/stop');
    await chat.getByText('Stopped this turn and 2 delegations.').waitFor();
    assert.equal(await turn.request.ended, 'client-closed');
    await chat.getByText('The agent waits for you before it goes on with these results.').first().waitFor();
    await chat.getByRole('button', { name: 'Continue with the results' }).waitFor();

    await workbench.say('/help');
    await chat.getByText('List every delegation and agent with its state').waitFor();
    await workbench.say('/model acme/larger');
    await chat.getByText('acme/larger', { exact: false }).last().waitFor();
    await workbench.say('/model');
    await workbench.quickPick(/Offline/).click();
    await chat.getByRole('button', { name: 'Offline' }).waitFor();
    await workbench.say('/new');
    await chat.getByText('Hand work to background agents').waitFor();
  });

  it('C51 steers, retries, copies and opens transcripts from the tree, with keys alone as well', async () => {
    await delegateTask(ROUNDING);
    const first = await model.next(ROUNDING);
    const row = workbench.rows(new RegExp(`^${ROUNDING}`));
    await workbench.pickFromMenu(row, 'Steer…');
    await workbench.answerBox('Steer', 'Only in src');
    // Answered after all that was asked before it.
    await workbench.say('/agents');
    await workbench.chat().getByRole('list', { name: 'Agents' }).waitFor();
    first.call('search_text', { pattern: 'round', path: 'src' });
    const steered = await model.next(ROUNDING);
    assert.match(steered.request.messages.at(-1)?.text ?? '', /Only in src/);
    steered.answer('In `percentOf`.');
    (await model.next(MAIN)).answer('Good.');
    await row.locator('.codicon-pass').waitFor();

    await workbench.pickFromMenu(row, 'Copy Result');
    await workbench.page.waitForFunction(`navigator.clipboard.readText().then((text) => text === 'In \`percentOf\`.')`);
    await workbench.pickFromMenu(row, 'Retry');
    const again = await model.next(ROUNDING);
    assert.equal(again.request.messages.length, 1);
    await row.nth(1).waitFor();

    const { page } = workbench;
    await row.first().click();
    await page.locator('.editor-group-container').getByText('state: running').waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator('.editor-group-container').getByText('state: completed').waitFor();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.locator('.editor-group-container').getByText('state: running').waitFor();
    await page.keyboard.press('Delete');
    assert.equal(await again.request.ended, 'client-closed');
    await workbench.rows(`${ROUNDING}interrupted`).waitFor();
    (await model.next(MAIN)).answer('As you like.');
    await page.keyboard.press('Delete');
    await workbench.rows(`${ROUNDING}interrupted`).waitFor({ state: 'detached' });
    assert.equal(await row.count(), 1);
  });
});

describe('a provider that does not accept the key', () => {
  it('says so, with the way to another key', async () => {
    const server = await ModelServer.start(({ headers }) =>
      headers['authorization'] === 'Bearer right' ? 'Welcome.' : { status: 401 },
    );
    const workbench = await openWorkbench({
      settings: {
        'fanout.model': 'acme/large',
        'fanout.providers': [
          { id: 'acme', kind: 'openai-compatible', baseUrl: `${server.url}/v1`, models: [{ id: 'large' }] },
        ],
      },
      forOneTest: true,
    });
    const setKey = async (key: string) => {
      await workbench.quickPick(/acme/).click();
      await workbench.answerBox('API key of acme', key);
    };
    await workbench.showFanout();
    await workbench.command('Fanout: Set API Key…');
    await setKey('sk-wrong-key');
    await workbench.say('Hello');
    const told = workbench.chat().getByRole('note').filter({ hasText: 'acme did not accept the API key' });
    await told.waitFor();
    assert.doesNotMatch((await told.textContent()) ?? '', /sk-wrong-key/);
    await workbench.screenshot('wrong-key');
    await told.getByRole('button', { name: 'Set API Key…' }).click();
    await setKey('right');
    await told.getByRole('button', { name: 'Try Again' }).click();
    await workbench.chat().getByText('Welcome.').waitFor();
    await server.close();
  });
});
