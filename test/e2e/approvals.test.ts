import assert from 'node:assert/strict';
import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import { directedModel, MAIN, type AskedRequest, type DirectedModel } from './support/directedModel';
import { openWorkbench, type Workbench } from './support/workbench';

const CHILD = 'Run the tests';
const OTHER = 'Read the cart';

describe('approvals', () => {
  let model: DirectedModel;
  let workbench: Workbench;

  beforeEach(async () => {
    model = await directedModel();
    workbench = await openWorkbench({ settings: model.settings, forOneTest: true });
    await workbench.showFanout();
  });

  async function delegate(...goals: readonly string[]): Promise<void> {
    await workbench.say('Go.');
    const [main] = [await model.next(MAIN)];
    main.call('delegate_task', { tasks: goals.map((goal) => ({ goal })) });
    (await model.next(MAIN)).answer('They work.');
    await workbench.chat().getByText('They work.').waitFor();
  }

  const run = (asked: AskedRequest, command: string) => asked.call('run_command', { command });

  it('C28 asks in the chat, in the tree and in a notification, and takes nothing else for the answer', async () => {
    await delegate(CHILD);
    run(await model.next(CHILD), 'echo first > ran.txt && cat ran.txt');
    const asking = workbench.approvals(`${CHILD}: run a command echo first`);
    await asking.waitFor();
    await workbench
      .notifications(`“${CHILD}” wants to run a command: echo first > ran.txt && cat ran.txt`)
      .getByRole('button', { name: 'Approve' })
      .waitFor();
    await workbench.rows(`${CHILD}waits for your approval to run a command: echo first`).waitFor();
    await workbench.page.getByRole('tab', { name: '1 approval waiting for you' }).first().waitFor();
    await workbench.screenshot('approval');

    await workbench.say('yes, approve');
    (await model.next(MAIN)).answer('I only read that.');
    await workbench.command('Fanout: Delegate Task…');
    await workbench.answerBox('Delegate Task', OTHER);
    (await model.next(OTHER)).answer('Lines.');
    (await model.next(MAIN)).answer('The cart was read.');
    await workbench.chat().getByText('The cart was read.').waitFor();
    await assert.rejects(access(path.join(workbench.folder ?? '', 'ran.txt')), 'the command ran unasked');

    await asking.getByRole('button', { name: 'Approve', exact: true }).click();
    const ran = await model.next(CHILD);
    assert.match(ran.results[0] ?? '', /^first\s+Exit code 0\./);
    await asking.waitFor({ state: 'detached' });
    ran.answer('They pass.');
    await workbench.cards(`completed ${CHILD}`).waitFor();
  });

  it('takes a denial with its reason to the agent, and an approval from the tree', async () => {
    await delegate(CHILD, OTHER);
    run(await model.next(CHILD), 'rm -r src');
    const asking = workbench.approvals(`${CHILD}: run a command rm -r src`);
    await asking.getByRole('textbox', { name: 'Reason' }).fill('It is still needed');
    await asking.getByRole('button', { name: 'Deny', exact: true }).click();
    const denied = await model.next(CHILD);
    assert.match(denied.results[0] ?? '', /denied[^]*It is still needed/i);

    run(denied, 'echo from the tree');
    const row = workbench.rows(`${CHILD}waits for your approval to run a command: echo from the tree`);
    await workbench.pickFromMenu(row, 'Approve');
    const approved = await model.next(CHILD);
    assert.match(approved.results[0] ?? '', /^from the tree/);

    run(approved, 'echo in secret');
    await workbench.pickFromMenu(
      workbench.rows(`${CHILD}waits for your approval to run a command: echo in secret`),
      'Deny…',
    );
    await workbench.answerBox('Deny', 'Not now');
    assert.match((await model.next(CHILD)).results[0] ?? '', /Not now/);
    await workbench.notifications('echo in secret').getByRole('button', { name: 'Approve', exact: true }).click();
    await workbench.notifications('This was decided elsewhere').waitFor();
  });

  it('shows the changes of an edit, and asks no more once it is always allowed', async () => {
    const file = path.join(workbench.folder ?? '', 'src', 'money.ts');
    await workbench.say('Use dollars');
    (await model.next(MAIN)).call('read_file', { path: 'src/money.ts' });
    const edits = (search: string, replace: string) => ({ path: 'src/money.ts', edits: [{ search, replace }] });
    (await model.next(MAIN)).call('edit_file', edits('`€${', '`$${'));
    const asking = workbench.approvals('Main agent: edit a file src/money.ts');
    await asking.getByText('return `$${(amount / 100).toFixed(2)}`;').waitFor();
    await workbench.screenshot('approval-edit');
    await asking.getByRole('button', { name: 'Always in this session' }).click();
    (await model.next(MAIN)).call('edit_file', edits('than the euro', 'than the dollar'));
    (await model.next(MAIN)).answer('Dollars it is.');
    await workbench.chat().getByText('Dollars it is.').waitFor();
    const text = await readFile(file, 'utf8');
    assert.match(text, /`\$\$\{/);
    assert.match(text, /than the dollar/);
    assert.equal(await workbench.approvals(/./).count(), 0);
  });
});
