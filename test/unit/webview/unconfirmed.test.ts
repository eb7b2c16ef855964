import assert from 'node:assert/strict';
import type { ToHost, ToView } from '../../../src/protocol';
import { Chat } from '../../../src/webview/chat';
import { SESSION, snapshotOf } from './viewData';

/** A page on a memory that survives it. */
function openPage(memory?: unknown) {
  const page = { posted: [] as ToHost[], memory, tell: (_message: ToView): void => {} };
  const chat = new Chat(
    {
      post: (message) => page.posted.push(message),
      listen: (listener) => (page.tell = listener),
      recall: () => page.memory,
      remember: (kept) => (page.memory = kept),
    },
    (run) => run(),
  );
  chat.start();
  const snapshot = (seq: number, queued: readonly string[] = []) =>
    page.tell({ type: 'snapshot', seq, snapshot: snapshotOf([], { session: { ...SESSION, queued } }) });
  const again = () => page.posted.filter((message) => message.type === 'sendAgain');
  const lastTypedId = (): string => {
    const last = page.posted.findLast((message) => 'typedId' in message);
    return last && 'typedId' in last ? (last.typedId ?? '') : '';
  };
  return { page, chat, snapshot, again, lastTypedId };
}

type Page = ReturnType<typeof openPage>;

function type({ chat }: Page, text: string): void {
  chat.draft.value = text;
  chat.sendDraft();
}

describe('what the user typed and no host confirmed', () => {
  it('is sent again by the next life of the view, once, under its name', () => {
    const first = openPage();
    first.snapshot(1);
    type(first, 'one');
    type(first, 'two');
    const second = openPage(first.page.memory);
    assert.deepEqual(second.again(), [], 'not before there is a host that listens');
    second.snapshot(1);
    second.snapshot(2);
    assert.deepEqual(
      second.again().map(({ kind, text, sessionId }) => [kind, text, sessionId]),
      [
        ['message', 'one', 's1'],
        ['message', 'two', 's1'],
      ],
    );
    assert.equal(second.again()[1]?.typedId, first.lastTypedId());
    assert.equal(second.chat.draft.value, '');
  });

  it('is sent again to a host that begins anew under a page that lives on', () => {
    const page = openPage();
    page.snapshot(1);
    page.snapshot(2);
    type(page, 'one');
    page.snapshot(3);
    assert.deepEqual(page.again(), []);
    page.snapshot(1);
    assert.equal(page.again().length, 1);
  });

  it('is forgotten when it is taken', () => {
    const first = openPage();
    first.snapshot(1);
    type(first, 'one');
    first.page.tell({ type: 'taken', typedId: first.lastTypedId() });
    const second = openPage(first.page.memory);
    second.snapshot(1);
    assert.deepEqual(second.again(), []);
  });

  it('comes back into the message box where it is not taken, behind what is there, and is not sent any more', () => {
    const page = openPage();
    page.snapshot(1);
    type(page, 'one');
    page.chat.draft.value = 'and';
    page.page.tell({ type: 'returned', typedId: page.lastTypedId() });
    page.page.tell({ type: 'returned', typedId: page.lastTypedId() });
    assert.equal(page.chat.draft.value, 'and\none');
    const next = openPage(page.page.memory);
    next.snapshot(1);
    assert.deepEqual([next.again(), next.chat.draft.value], [[], 'and\none']);
  });

  it('may be a word to an agent, or the reason of a denial', () => {
    const first = openPage();
    first.snapshot(1);
    first.chat.steer('deleg_1.1', 'Faster.');
    first.chat.deny('a1', 'Not there.');
    first.chat.deny('a2', '');
    const second = openPage(first.page.memory);
    second.snapshot(1);
    assert.deepEqual(
      second.again().map(({ kind, text }) => [kind, text]),
      [
        ['steer', 'Faster.'],
        ['reason', 'Not there.'],
      ],
    );
  });

  it('is not sent again where the user took it back', () => {
    const first = openPage();
    first.snapshot(1);
    type(first, 'one');
    first.snapshot(2, ['one']);
    first.chat.takeBack(0);
    assert.deepEqual(first.page.posted.at(-1), { type: 'unqueue', index: 0 });
    const second = openPage(first.page.memory);
    second.snapshot(1);
    assert.deepEqual(second.again(), []);
  });

  it('is left out of a memory that is not readable', () => {
    for (const unconfirmed of [
      5,
      [1, null, {}, { typedId: 'a', kind: 'other', text: 'x' }, { typedId: 1, text: 'x' }],
    ]) {
      const page = openPage({ unconfirmed });
      page.snapshot(1);
      assert.deepEqual(page.again(), []);
    }
  });
});
