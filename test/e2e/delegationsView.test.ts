import assert from 'node:assert/strict';
import { ModelServer } from '../fakes/modelServer';
import type { ModelRequest } from '../fakes/modelServerWords';
import { openWorkbench, type Workbench } from './support/workbench';

/** What each agent's first request says its task is: the agents of a test are told apart by it. */
const isFor = (goal: string) => (request: ModelRequest) => request.messages.some(({ text }) => text.includes(goal));

describe('the Delegations view', () => {
  let server: ModelServer;
  let workbench: Workbench;
  const gates = new Map<string, PromiseWithResolvers<void>>();
  const gate = (name: string) => {
    const known = gates.get(name) ?? Promise.withResolvers<void>();
    gates.set(name, known);
    return known;
  };

  before(async () => {
    server = await ModelServer.start(async (request) => {
      const answered = request.messages.some(({ role }) => role === 'tool');
      if (isFor('Run the tests')(request))
        return answered ? 'They ran.' : { calls: [{ name: 'run_command', input: { command: 'node --version' } }] };
      if (isFor('Count the files')(request)) {
        if (!answered) return { calls: [{ name: 'list_files', input: { path: '.' } }] };
        await gate('count').promise;
        return 'There are some.';
      }
      await gate('other').promise;
      return 'Done.';
    });
    workbench = await openWorkbench({
      settings: {
        'fanout.model': 'test/m',
        'fanout.providers': [
          { id: 'test', kind: 'openai-compatible', baseUrl: `${server.url}/v1`, models: [{ id: 'm' }] },
        ],
        'fanout.requests.maxConcurrent': 10,
      },
    });
    await workbench.showFanout();
    await workbench.messageBox().waitFor();
  });

  after(async () => {
    for (const { resolve } of gates.values()) resolve();
    await workbench.close();
    await server.close();
  });

  async function delegate(...goals: readonly string[]): Promise<void> {
    await workbench.command(goals.length === 1 ? 'Fanout: Delegate Task…' : 'Fanout: Delegate Tasks…');
    if (goals.length === 1) await workbench.answerBox('Delegate Task', goals[0] ?? '');
    else for (const [i, goal] of [...goals, ''].entries()) await workbench.answerBox(`task ${i + 1}`, goal);
  }

  it('shows a delegation as it runs, and its agents below it', async () => {
    await delegate('Count the files', 'Something else');
    await workbench.rows('2 tasks: Count the files').waitFor();
    await workbench.rows(/^Count the files/).waitFor();
    await server.waitForRequest((request) => isFor('Count the files')(request) && request.messages.length > 1);
    await workbench.screenshot('tree-running');
    gate('count').resolve();
    await workbench.rows('1/2 done').waitFor();
    await workbench.rows(/^Something else/).hover();
    await workbench
      .rows(/^Something else/)
      .getByRole('button', { name: 'Cancel' })
      .click();
    await workbench.rows('1/2 done').waitFor({ state: 'detached' });
    await workbench.screenshot('tree-over');
  });

  it('asks for an approval in the row, the badge and a notification, and takes the answer from the row', async () => {
    await delegate('Run the tests');
    await workbench.notifications('wants to run a command: node --version').waitFor();
    const row = workbench.rows('waits for your approval to run a command: node --version');
    await row.waitFor();
    await workbench.screenshot('tree-approval');
    assert.deepEqual(
      (await workbench.menuOf(row)).filter((name) => /Approve|Deny/.test(name)),
      ['Approve', 'Approve for This Session', 'Deny…'],
    );
    await workbench.pickFromMenu(row, 'Approve');
    await row.waitFor({ state: 'detached' });
    await server.waitForRequest((request) => request.messages.some(({ toolResults }) => toolResults.length > 0));
    await workbench.notifications('wants to run').getByRole('button', { name: 'Deny' }).click();
    await workbench.notifications('decided elsewhere').waitFor();
    await workbench.screenshot('tree-approved');
  });

  it('offers what fits the state of a row, and tells all in its tooltip', async () => {
    const over = workbench.rows(/^Run the tests/);
    await over.locator('.codicon-pass').waitFor();
    assert.deepEqual(await workbench.menuOf(over), [
      'Retry',
      'Continue',
      'Open Transcript',
      'Copy Result',
      'Show in Chat',
      'Remove',
    ]);
    await delegate('A third one');
    const running = workbench.rows(/^A third one/);
    await running.waitFor();
    assert.deepEqual(await workbench.menuOf(running), ['Cancel', 'Steer…', 'Open Transcript', 'Show in Chat']);
    await running.hover();
    await workbench.page.locator('.monaco-hover').filter({ hasText: 'Model: test/m' }).first().waitFor();
  });

  it('opens the transcript on a click, and obeys the Delete key', async () => {
    const row = workbench.rows(/^A third one/);
    await row.click();
    await workbench.page.getByRole('tab', { name: /deleg_\w{8}\.1\.md/ }).waitFor();
    await workbench.page.keyboard.press('Delete');
    await row.filter({ hasText: 'interrupted' }).waitFor();
    await row.filter({ hasNotText: 'waits' }).waitFor();
    await workbench.page.keyboard.press('Delete');
    await row.waitFor({ state: 'detached' });
  });
});

describe('Fanout in Restricted Mode', () => {
  let workbench: Workbench;

  before(async () => {
    workbench = await openWorkbench({ trust: true });
  });
  after(() => workbench.close());

  it('says why it does nothing, in the view and to who delegates', async () => {
    await workbench.showFanout();
    await workbench.page.locator('.sidebar').getByText('This folder is in Restricted Mode.').waitFor();
    await workbench.command('Fanout: Delegate Task…');
    await workbench.notifications('this workspace is not trusted').waitFor();
    await workbench.chat().getByText('trust').first().waitFor();
    await workbench.screenshot('restricted');
  });
});

describe('the chat in the editor area', () => {
  it('is a tab that comes back after a reload', async () => {
    const workbench = await openWorkbench();
    try {
      await workbench.showFanout();
      await workbench.messageBox().waitFor();
      await workbench.command('Fanout: Open Chat in Editor Area');
      const tab = workbench.page.locator('.editor-group-container').getByRole('tab', { name: 'Fanout' });
      // The view in the side bar is the first of the two.
      const panel = workbench.page.locator('iframe.webview.ready[src*=".fanout"]').nth(1);
      const box = panel.contentFrame().frameLocator('#active-frame').getByRole('textbox', { name: 'Message' });
      await tab.waitFor();
      await box.waitFor();
      // VS Code's own command: it saves the layout first, which the browser's reload may not wait for.
      const reloaded = workbench.page.waitForEvent('load');
      await workbench.command('Developer: Reload Window');
      await reloaded;
      await tab.waitFor();
      await box.waitFor();
      await workbench.screenshot('chat-in-editor');
    } finally {
      await workbench.close();
    }
  });
});
