import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import type { ChatItem, ChildView } from '../../src/protocol';
import { ChatPage } from '../fakes/chatPage';
import { assistant, delegationView, many, SESSION, snapshotOf, user } from '../unit/webview/viewData';
import { launchBrowser } from '../vscode/browser';

const ID = 'deleg_1a2b3c4d';

const child = (n: number, more: Partial<ChildView> = {}): ChildView => ({
  id: `${ID}.${n}`,
  goal: `Task ${n}`,
  status: 'running',
  activity: 'read_file src/a.ts',
  approvals: 0,
  model: 'offline',
  modelCalls: 1,
  tokens: 1200,
  costUsd: null,
  filesWritten: [],
  delegations: [],
  ...more,
});

describe('the chat view', () => {
  let browser: Browser;
  let chat: ChatPage;

  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());
  beforeEach(async () => {
    chat = await ChatPage.open(browser);
  });
  afterEach(async () => {
    await chat.close();
  });

  it('says it is ready, and shows the conversation under the page policy without a complaint', async () => {
    await chat.awaitPosted('ready');
    await chat.snapshot(
      snapshotOf([user('u', 'Hi'), assistant('a', '| a |\n|--:|\n| 1 |\n\n```ts\nconst a = 1;\n```')]),
    );
    await chat.page.getByRole('log', { name: 'Conversation' }).getByText('const a = 1;').waitFor();
    assert.deepEqual(chat.complaints, []);
  });

  it('lets nothing harmful through, and loads no picture', async () => {
    const evil =
      '<img src=x onerror="window.hit=1"> [x](javascript:window.hit=1) ![p](https://127.0.0.1:1/p.png)\n\n' +
      '<script>window.hit=1</script>\n\n```"><img src=x onerror=window.hit=1>\nx\n```';
    await chat.snapshot(snapshotOf([assistant('a', evil)]));
    const log = chat.page.getByRole('log');
    await log.getByText('onerror').first().waitFor();
    assert.equal(await log.locator('img, script').count(), 0);
    assert.equal(await chat.page.evaluate('window.hit'), undefined);
    assert.deepEqual(chat.complaints, []);
  });

  it('lists the models that hold what is typed, and picks among them', async () => {
    const models = ['offline', 'acme/large', 'acme/small', 'local/large'].map((name) => ({
      name,
      label: name,
      detail: '',
    }));
    await chat.snapshot(snapshotOf([], { models }));
    await chat.page.getByRole('button', { name: 'Offline' }).click();
    const list = chat.page.getByRole('listbox', { name: 'Models' });
    await list.press('l');
    await list.press('a');
    await list.press('x');
    await list.getByText('Nothing holds “lax”').waitFor();
    await list.press('Backspace');
    await list.getByText('With “la”').waitFor();
    assert.deepEqual(await list.getByRole('option').allTextContents(), ['acme/large', 'local/large']);
    await list.press('ArrowDown');
    await list.press('Enter');
    assert.deepEqual(await chat.awaitPosted('pickModel'), { type: 'pickModel', name: 'local/large' });
  });

  it('asks for a new snapshot when a delta was lost', async () => {
    await chat.snapshot(snapshotOf([user('u', 'Hi')]));
    chat.lose();
    await chat.change({ op: 'remove', id: 'u' });
    assert.deepEqual((await chat.posted()).at(-1), { type: 'ready', sessionId: 's1' });
  });

  it('shows one card for a delegation, live first, with its results later', async () => {
    const article = chat.page.getByRole('article', { name: ID });
    await chat.snapshot(
      snapshotOf([{ kind: 'delegation', id: 'd', delegationId: ID }], {
        delegations: [delegationView(ID, { title: '2 tasks: a; b', children: [child(1), child(2)] })],
      }),
    );
    assert.equal(await article.getAttribute('aria-label'), `${ID} running 2 tasks: a; b`);
    await article
      .getByRole('listitem', { name: 'Task 2' })
      .getByRole('button', { name: 'Cancel', exact: true })
      .click();
    assert.deepEqual(await chat.awaitPosted('act'), { type: 'act', action: 'cancel', id: `${ID}.2` });
    await article.getByRole('listitem', { name: 'Task 1' }).getByRole('button', { name: 'Steer' }).click();
    await article.getByRole('textbox', { name: 'Steer' }).fill('Look in lib too');
    await chat.page.keyboard.press('Enter');
    assert.deepEqual(await chat.awaitPosted('steer'), { type: 'steer', childId: `${ID}.1`, text: 'Look in lib too' });

    const over = { status: 'completed', activity: '', headline: 'Found it' } as const;
    await chat.change(
      {
        op: 'delegation',
        delegation: delegationView(ID, {
          title: '2 tasks: a; b',
          status: 'completed',
          delivery: 'delivered',
          children: [
            child(1, { ...over, filesWritten: ['src/b.ts'] }),
            child(2, { ...over, status: 'failed', error: 'No luck' }),
          ],
        }),
      },
      { op: 'put', item: { kind: 'completion', id: 'c', delegationId: ID, at: 0 } },
    );
    assert.equal(await article.count(), 1);
    assert.equal(await article.getAttribute('aria-label'), `${ID} completed 2 tasks: a; b`);
    await article.getByRole('button', { name: 'Task 1' }).click();
    assert.deepEqual(await chat.awaitPosted('summary'), { type: 'summary', childId: `${ID}.1` });
    await chat.tell({ type: 'summary', childId: `${ID}.1`, markdown: 'It is **here**.' });
    await article.getByText('It is here.').waitFor();
    await article.getByRole('button', { name: 'src/b.ts' }).click();
    assert.deepEqual(await chat.awaitPosted('openFile'), { type: 'openFile', path: 'src/b.ts' });
    await chat.page.getByRole('button', { name: 'Results below' }).waitFor();
  });

  it('keeps approvals in sight, never takes the focus, and posts each decision', async () => {
    await chat.snapshot(snapshotOf(many(60)));
    const message = chat.page.getByRole('textbox', { name: 'Message' });
    await message.fill('typing');
    const approval = {
      id: 'ap',
      agent: 'Main agent',
      kind: 'command',
      action: 'run a command',
      subject: 'npm test',
    } as const;
    await chat.change({ op: 'approvals', approvals: [approval, { ...approval, id: 'ap2', subject: 'ls' }] });
    assert.equal(await chat.page.evaluate('document.activeElement.ariaLabel'), 'Message');
    assert.ok((await chat.distanceToEnd()) < 2);
    const group = chat.page.getByRole('group', { name: 'Main agent: run a command npm test' });
    await group.getByRole('textbox', { name: 'Reason' }).fill('Too slow');
    await group.getByRole('button', { name: 'Deny', exact: true }).click();
    assert.deepEqual(await chat.awaitPosted('decide'), {
      type: 'decide',
      approvalId: 'ap',
      decision: 'deny',
      reason: 'Too slow',
    });
    const other = chat.page.getByRole('group', { name: 'Main agent: run a command ls' });
    await other.getByRole('button', { name: 'Approve', exact: true }).click();
    assert.deepEqual((await chat.posted()).at(-1), { type: 'decide', approvalId: 'ap2', decision: 'approve' });
  });

  it('sends with Enter, breaks a line with Shift+Enter, recalls with Up, and completes commands', async () => {
    await chat.snapshot(snapshotOf([]));
    const message = chat.page.getByRole('textbox', { name: 'Message' });
    await message.fill('one');
    await message.press('Shift+Enter');
    await message.pressSequentially('two');
    await message.press('Enter');
    assert.deepEqual(await chat.awaitPosted('send'), { type: 'send', text: 'one\ntwo' });
    assert.equal(await message.inputValue(), '');

    await chat.change({ op: 'put', item: user('u', 'one\ntwo') });
    await message.press('ArrowUp');
    assert.equal(await message.inputValue(), 'one\ntwo');

    await message.fill('');
    await message.pressSequentially('/ag');
    const { requestId, kind, query } = await chat.awaitPosted('suggest');
    assert.deepEqual([kind, query], ['command', 'ag']);
    await chat.tell({
      type: 'suggestions',
      requestId,
      suggestions: [{ insert: '/agents', label: '/agents', detail: 'All' }],
    });
    await chat.page.getByRole('option', { name: '/agents' }).waitFor();
    await message.press('Tab');
    assert.equal(await message.inputValue(), '/agents ');
    await message.press('Enter');
    assert.deepEqual((await chat.posted()).at(-1), { type: 'send', text: '/agents' });
  });

  it('stops, queues, takes back, continues, resumes, and picks a model', async () => {
    const session = { ...SESSION, state: 'running', queued: ['later'] } as const;
    const models = [
      { name: 'offline', label: 'Offline', detail: '' },
      { name: 'acme/large', label: 'Large', detail: 'acme' },
    ];
    await chat.snapshot(snapshotOf([], { session, models, paused: true }));
    await chat.page.getByRole('button', { name: 'Stop', exact: true }).click();
    await chat.page.getByRole('button', { name: 'Take back' }).click();
    await chat.page.getByRole('button', { name: 'Resume' }).click();
    await chat.page.getByRole('button', { name: 'Offline' }).click();
    await chat.page.getByRole('listbox', { name: 'Models' }).press('ArrowDown');
    await chat.page.keyboard.press('Enter');
    await chat.change({ op: 'session', session: { ...SESSION, state: 'waiting' } });
    await chat.page.getByRole('button', { name: 'Continue with the results' }).click();
    assert.deepEqual((await chat.posted()).slice(1), [
      { type: 'stop' },
      { type: 'unqueue', index: 0 },
      { type: 'resume' },
      { type: 'pickModel', name: 'acme/large' },
      { type: 'wake' },
    ]);
  });

  it('opens and deletes sessions, the latter only when asked twice', async () => {
    const sessions = [
      { id: 's1', title: 'A session', updatedAt: 0, running: false },
      { id: 's2', title: 'Another', updatedAt: 0, running: false },
    ];
    await chat.snapshot(snapshotOf([], { sessions }));
    await chat.page.getByRole('button', { name: 'Sessions', exact: true }).click();
    await chat.page.getByRole('button', { name: 'Delete A session' }).click();
    await chat.page.getByRole('button', { name: 'Delete?' }).click();
    await chat.page.getByRole('button', { name: /^Another/ }).click();
    assert.deepEqual((await chat.posted()).slice(1), [
      { type: 'deleteSession', sessionId: 's1' },
      { type: 'openSession', sessionId: 's2' },
    ]);
  });

  it('comes back from a reload with the draft, what was open and the place', async () => {
    const items = many(200);
    const tool = { kind: 'tool', id: 't', name: 'run', target: 'x', status: 'ok', input: 'in', output: 'out' } as const;
    await chat.snapshot(snapshotOf([tool, ...items]));
    await chat.page.getByRole('textbox', { name: 'Message' }).fill('half a thought');
    await chat.scrollTo(0);
    const height = await chat.page.evaluate<number>(`document.querySelector('.scroller').scrollHeight`);
    await chat.page.getByRole('button', { name: 'run x' }).click();
    // What grows above the place that is looked at moves it along: it has to be measured first.
    await chat.until(`document.querySelector('.scroller').scrollHeight > ${height}`);
    await chat.scrollTo(500);
    await chat.until(`JSON.parse(sessionStorage.getItem('state')).scroll?.itemId.startsWith('i')`);
    await chat.page.reload();
    assert.deepEqual(await chat.awaitPosted('ready'), { type: 'ready', sessionId: 's1' });
    await chat.snapshot(snapshotOf([tool, ...items]));
    assert.equal(await chat.page.getByRole('textbox', { name: 'Message' }).inputValue(), 'half a thought');
    await chat.until(`Math.abs(document.querySelector('.scroller').scrollTop - 500) < 1`);
    await chat.page.getByText('out', { exact: true }).waitFor();
  });

  it('shows an error in a banner, and a fault of its own as well, never a blank page', async () => {
    await chat.snapshot(snapshotOf([user('u', 'Hi')]));
    await chat.tell({ type: 'error', message: 'That session is gone.' });
    await chat.page.getByRole('alert').getByText('That session is gone.').waitFor();
    await chat.page.getByRole('button', { name: 'Dismiss' }).click();
    await chat.change({ op: 'put', item: { kind: 'agents', id: 'broken' } as unknown as ChatItem });
    await chat.page.getByText('This entry cannot be shown').waitFor();
    await chat.page.getByText('Hi', { exact: true }).waitFor();
    await chat.page.evaluate(`setTimeout(() => { throw new Error('a loose end'); })`);
    await chat.page.getByRole('alert').getByText('a loose end').waitFor();
    // U2
    assert.match((await chat.awaitPosted('fault')).text, /a loose end/);
    await chat.page.getByRole('button', { name: 'Reload View' }).click();
    await chat.awaitPosted('reload');
  });
});
