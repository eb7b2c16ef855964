import assert from 'node:assert/strict';
import type { ToHost, ToView } from '../../../src/protocol';
import { Chat } from '../../../src/webview/chat';
import type { Port } from '../../../src/webview/port';
import { assistant, SESSION, snapshotOf, user } from './viewData';

/** A host that only writes down what it is told. */
class RecordingPort implements Port {
  readonly posted: ToHost[] = [];
  memory: unknown;
  #tell: (message: ToView) => void = () => {};

  constructor(memory?: unknown) {
    this.memory = memory;
  }

  post(message: ToHost): void {
    this.posted.push(message);
  }

  listen(listener: (message: ToView) => void): void {
    this.#tell = listener;
  }

  recall(): unknown {
    return this.memory;
  }

  remember(memory: unknown): void {
    this.memory = memory;
  }

  tell(message: ToView): void {
    this.#tell(message);
  }
}

/** A chat whose frames are drawn when the test says so. */
function open(memory?: unknown) {
  const port = new RecordingPort(memory);
  const frames: (() => void)[] = [];
  const chat = new Chat(port, (run) => frames.push(run));
  chat.start();
  const draw = (): void => {
    for (const run of frames.splice(0)) run();
  };
  return { port, chat, frames, draw };
}

const snapshot = (seq: number, more: Parameters<typeof snapshotOf>[1] = {}): ToView => ({
  type: 'snapshot',
  seq,
  snapshot: snapshotOf([user('u1', 'Hi'), assistant('a1', '', true)], more),
});

describe('the chat in the view', () => {
  it('asks for the session that it showed last', () => {
    assert.deepEqual(open().port.posted, [{ type: 'ready' }]);
    assert.deepEqual(open({ sessionId: 's9' }).port.posted, [{ type: 'ready', sessionId: 's9' }]);
  });

  it('shows a hundred deltas in one frame', () => {
    const { port, chat, frames, draw } = open();
    port.tell(snapshot(1));
    for (let seq = 2; seq <= 101; seq++) {
      port.tell({ type: 'delta', seq, changes: [{ op: 'text', id: 'a1', delta: 'x' }] });
    }
    assert.equal(frames.length, 1);
    assert.equal(chat.state.value.items.length, 0);
    draw();
    assert.deepEqual(chat.state.value.items[1], assistant('a1', 'x'.repeat(100), true));
  });

  it('asks for a new snapshot once when a delta is missing', () => {
    const { port } = open();
    port.tell(snapshot(1));
    port.tell({ type: 'delta', seq: 3, changes: [] });
    port.tell({ type: 'delta', seq: 4, changes: [] });
    assert.deepEqual(port.posted.slice(1), [{ type: 'ready', sessionId: 's1' }]);
  });

  it('keeps the draft, what is open and the scroll position for its next life', () => {
    const first = open();
    first.port.tell(snapshot(1));
    first.draw();
    first.chat.draft.value = 'half a sent';
    first.chat.toggle('a1');
    first.chat.rememberScroll({ itemId: 'u1', offset: 12 });
    const second = open(first.port.memory);
    assert.equal(second.chat.draft.value, 'half a sent');
    assert.deepEqual([...second.chat.expanded.value], ['a1']);
    assert.deepEqual(second.chat.scroll, { itemId: 'u1', offset: 12 });
    assert.deepEqual(second.port.posted, [{ type: 'ready', sessionId: 's1' }]);
  });

  it('begins another session folded and at its end, with the draft kept', () => {
    const { port, chat, draw } = open({
      sessionId: 's1',
      draft: 'mine',
      expanded: ['a1'],
      scroll: { itemId: 'u1', offset: 0 },
    });
    port.tell(snapshot(1, { session: { ...SESSION, id: 's2' } }));
    draw();
    assert.equal(chat.expanded.value.size, 0);
    assert.equal(chat.scroll, undefined);
    assert.equal(chat.draft.value, 'mine');
  });

  it('starts from nothing where what was kept is not readable', () => {
    const { chat } = open({ draft: 5, expanded: 'no', scroll: { itemId: 1 } });
    assert.equal(chat.draft.value, '');
    assert.equal(chat.expanded.value.size, 0);
    assert.equal(chat.scroll, undefined);
  });

  it('sends what is in the box, trimmed, and nothing where it is blank', () => {
    const { port, chat } = open();
    chat.draft.value = '  \n';
    chat.sendDraft();
    chat.draft.value = ' go \n';
    chat.sendDraft();
    const sent = port.posted.slice(1).map((message) => (message.type === 'send' ? message.text : message.type));
    assert.deepEqual(sent, ['go']);
    assert.equal(chat.draft.value, '');
  });

  it('keeps what was written in an untrusted workspace, where nobody takes it', () => {
    const { port, chat } = open();
    port.tell(snapshot(1, { trusted: false }));
    chat.draft.value = 'go';
    chat.sendDraft();
    assert.deepEqual(port.posted.at(-1), { type: 'send', text: 'go' });
    assert.equal(chat.draft.value, 'go');
  });

  it('recalls the last message of the user', () => {
    const { port, chat } = open();
    assert.equal(chat.recallLast(), false);
    port.tell(snapshot(1));
    assert.equal(chat.recallLast(), true);
    assert.equal(chat.draft.value, 'Hi');
  });

  it('asks once for what is older than its first item, and drops an answer that belongs to another session', () => {
    const { port, chat, draw } = open();
    port.tell(snapshot(1, { hasOlder: true }));
    chat.askForOlder();
    chat.askForOlder();
    assert.deepEqual(port.posted.slice(1), [{ type: 'older', beforeId: 'u1' }]);
    port.tell({ type: 'snapshot', seq: 2, snapshot: snapshotOf([user('other', 'Yo')], { hasOlder: true }) });
    port.tell({ type: 'older', items: [user('u0', 'First')], hasOlder: false });
    draw();
    assert.equal(chat.state.value.items.length, 1);
    chat.askForOlder();
    port.tell({ type: 'older', items: [user('o0', 'First')], hasOlder: false });
    draw();
    assert.deepEqual(
      chat.state.value.items.map(({ id }) => id),
      ['o0', 'other'],
    );
  });

  it('puts inserted text after the draft and asks for the focus', () => {
    const { port, chat } = open({ draft: 'See' });
    port.tell({ type: 'insert', text: '@src/a.ts ' });
    port.tell({ type: 'insert', text: 'too' });
    assert.equal(chat.draft.value, 'See\n@src/a.ts too');
    assert.equal(chat.focusRequests.value, 2);
  });
});
