import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import type { Change, ChildView } from '../../src/protocol';
import { ChatPage } from '../fakes/chatPage';
import { assistant, delegationView, many, SESSION, snapshotOf, user } from '../unit/webview/viewData';
import { launchBrowser } from '../vscode/browser';

const END = `(() => {
  const { scrollHeight, clientHeight, scrollTop } = document.querySelector('.scroller');
  return scrollHeight - clientHeight - scrollTop < 2;
})()`;

const APPROVAL = { agent: 'Task 1', kind: 'command', action: 'run a command' } as const;

const tool = { kind: 'tool', id: 't', name: 'run', target: 'x', status: 'ok', input: 'in', output: 'out' } as const;

function childOf(id: string): ChildView {
  return {
    id,
    goal: `Look at all that ${id} is about, and say what there is to mend in it`,
    status: 'queued',
    activity: '',
    approvals: 0,
    model: 'offline',
    modelCalls: 0,
    tokens: 0,
    costUsd: null,
    filesWritten: [],
    delegations: [],
  };
}

describe('a long conversation in the chat view', () => {
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

  it('streams, stays at the end, and leaves the place alone once the reader scrolled up', async () => {
    await chat.snapshot(snapshotOf([...many(100), assistant('s', 'Begin', true)]));
    assert.ok((await chat.distanceToEnd()) < 2);
    await chat.change({ op: 'text', id: 's', delta: '\n\nline'.repeat(40) });
    assert.ok((await chat.distanceToEnd()) < 2);
    await chat.page.locator('.scroller').hover();
    await chat.page.mouse.wheel(0, -900);
    await chat.page.getByRole('button', { name: 'Jump to latest' }).waitFor();
    const before = await chat.scrolled('scrollTop');
    await chat.change({ op: 'text', id: 's', delta: '\n\nline'.repeat(40) }, { op: 'put', item: user('n', 'New') });
    assert.equal(await chat.scrolled('scrollTop'), before);
    await chat.page.getByRole('button', { name: 'Jump to latest' }).click();
    await chat.page.getByText('New', { exact: true }).waitFor();
    assert.ok((await chat.distanceToEnd()) < 2);
  });

  it('follows its end whatever grows, until the reader scrolls up, and again from the end on', async () => {
    // U3
    await chat.snapshot(snapshotOf([...many(100), tool]));
    const children = Array.from({ length: 7 }, (_, n) => childOf(`d.${n}`));
    const card = { kind: 'delegation', id: 'card', delegationId: 'd' } as const;
    // As little room as the side bar has: the card is higher than all of it.
    await chat.page.setViewportSize({ width: 293, height: 560 });
    await chat.until(END);
    const session = { ...SESSION, state: 'running', activity: 'Thinking' } as const;
    const burst: Change[] = [
      { op: 'session', session },
      { op: 'put', item: assistant('before', 'It is put to seven agents', true) },
      { op: 'put', item: card },
      { op: 'delegation', delegation: delegationView('d', { status: 'queued', children: children.slice(0, 1) }) },
      { op: 'text', id: 'before', delta: '\n\nline'.repeat(40) },
      { op: 'delegation', delegation: delegationView('d', { status: 'queued', children }) },
    ];
    // One after the other without a picture in between, and what comes next while the list still measures.
    await Promise.all(burst.map((change) => chat.change(change)));
    assert.ok((await chat.distanceToEnd()) < 2, 'after the card');
    await chat.page.evaluate(`document.querySelector('.delegation').style.setProperty('padding-bottom', '700px')`);
    await chat.until(END);
    const approvals = children.map(({ id }) => ({ ...APPROVAL, id, subject: `npm run ${id}` }));
    await chat.change({ op: 'approvals', approvals });
    assert.ok((await chat.distanceToEnd()) < 2, 'after the approvals');
    await chat.change({ op: 'put', item: assistant('answer', '\n\nline'.repeat(60), true) });
    assert.ok((await chat.distanceToEnd()) < 2, 'after the answer');
    await chat.change({ op: 'approvals', approvals: [] }, { op: 'text', id: 'answer', delta: '\n\nline'.repeat(60) });
    assert.ok((await chat.distanceToEnd()) < 2, 'after the decisions');
    await chat.change({ op: 'put', item: { ...tool, id: 'last' } });
    await chat.page.getByRole('button', { name: 'run x' }).last().click();
    await chat.page.getByText('in', { exact: true }).last().waitFor();
    await chat.until(END);
    await chat.page.locator('.scroller').hover();
    await chat.page.mouse.wheel(0, -12);
    await chat.page.getByRole('button', { name: 'Jump to latest' }).waitFor();
    const before = await chat.scrolled('scrollTop');
    await chat.change({ op: 'put', item: assistant('more', '\n\nline'.repeat(60)) }, { op: 'approvals', approvals });
    assert.equal(await chat.scrolled('scrollTop'), before);
    await chat.page.locator('.scroller').hover();
    await chat.page.mouse.wheel(0, 100_000);
    await chat.until(END);
    await chat.change({ op: 'put', item: assistant('end', '\n\nline'.repeat(60)) });
    assert.ok((await chat.distanceToEnd()) < 2, 'after coming back');
  });

  it('draws nothing of a long reply again at its end', async () => {
    // X16
    const text = Array.from({ length: 800 }, (_, n) => `Paragraph ${n} ${'of many words '.repeat(18)}`).join('\n\n');
    await chat.snapshot(snapshotOf([...many(20), assistant('live', text, true)]));
    await chat.page.evaluate(`
      window.drawn = 0;
      new MutationObserver((changes) => {
        window.drawn += changes.reduce((sum, { addedNodes }) => sum + addedNodes.length, 0);
      }).observe(document.querySelector('.log'), { childList: true, subtree: true });`);
    await chat.change({ op: 'remove', id: 'live' }, { op: 'put', item: assistant('m9.0', text) });
    assert.equal(await chat.page.locator('.assistant.streaming').count(), 0);
    assert.ok((await chat.page.evaluate<number>('window.drawn')) < 10);
    assert.ok((await chat.distanceToEnd()) < 2);
    await chat.change({ op: 'put', item: assistant('live', 'Another', true) });
    await chat.page.locator('.assistant.streaming').getByText('Another').waitFor();
  });

  it('has the button to the end beside what can be clicked, not over it', async () => {
    // U3
    await chat.snapshot(snapshotOf(many(100)));
    await chat.scrollTo(500);
    const [button, scroller] = await Promise.all(
      [chat.page.getByRole('button', { name: 'Jump to latest' }), chat.page.locator('.scroller')].map((part) =>
        part.boundingBox(),
      ),
    );
    assert.ok(button && scroller && button.y >= scroller.y + scroller.height);
  });

  it('keeps a part of 10,000 items in the document and reaches any of them', async () => {
    await chat.snapshot(snapshotOf(many(10_000)));
    assert.ok((await chat.distanceToEnd()) < 2);
    assert.ok((await chat.page.locator('.item').count()) < 200);
    await chat.scrollTo(0);
    await chat.page.getByText('Question 0', { exact: true }).waitFor();
  });

  it('loads what is older at the top, and what was seen stays where it was', async () => {
    const items = many(200);
    await chat.snapshot(snapshotOf(items.slice(100), { hasOlder: true }));
    await chat.scrollTo(120);
    assert.deepEqual(await chat.awaitPosted('older'), { type: 'older', beforeId: 'i100' });
    const seen = chat.page.getByText('Question 104', { exact: true });
    const before = await seen.boundingBox();
    await chat.tell({ type: 'older', items: items.slice(0, 100), hasOlder: false });
    const after = await seen.boundingBox();
    assert.ok(before && after && Math.abs(before.y - after.y) <= 2, `moved from ${before?.y} to ${after?.y}`);
  });

  it('scrolls to a found place, however far up it stands', async () => {
    const items = many(300);
    const found = assistant('m7.0', 'What was looked for');
    await chat.snapshot(snapshotOf(items.slice(200), { hasOlder: true }));
    await chat.tell({ type: 'reveal', place: { entry: 'm7' } });
    assert.deepEqual(await chat.awaitPosted('older'), { type: 'older', beforeId: 'i200' });
    await chat.tell({ type: 'older', items: items.slice(100, 200), hasOlder: true });
    await chat.until(`window.posted.at(-1).beforeId === 'i100'`);
    await chat.tell({ type: 'older', items: [...items.slice(0, 50), found, ...items.slice(50, 100)], hasOlder: false });
    await chat.page.locator('.flash').getByText('What was looked for').waitFor();
    const { y = -1 } = (await chat.page.getByText('What was looked for').boundingBox()) ?? {};
    assert.ok(y > 0 && y < 700, `it stands at ${y}`);
  });
});
