import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { ChatPage } from '../fakes/chatPage';
import { assistant, many, snapshotOf, user } from '../unit/webview/viewData';
import { launchBrowser } from '../vscode/browser';

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
