import assert from 'node:assert/strict';
import type { Change, ToView } from '../../../src/protocol';
import { type ChatState, EMPTY_STATE } from '../../../src/webview/chatState';
import { keyOf } from '../../../src/webview/elementKeys';
import { reduce, withoutError } from '../../../src/webview/state';
import { assistant, delegationView, SESSION, snapshotOf, user } from './viewData';

const delta = (seq: number, ...changes: Change[]): ToView => ({ type: 'delta', seq, changes });
const after = (...messages: ToView[]): ChatState => messages.reduce(reduce, EMPTY_STATE);
const begun: ToView = {
  type: 'snapshot',
  seq: 7,
  snapshot: snapshotOf([user('u1', 'Hi'), assistant('a1', 'Hel', true)]),
};

describe('the state of the chat view', () => {
  it('takes in a snapshot whole', () => {
    const state = after(begun);
    assert.equal(state.session?.id, 's1');
    assert.deepEqual(
      state.items.map(({ id }) => id),
      ['u1', 'a1'],
    );
  });

  it('appends text to the item that streams and keeps the identity of all others', () => {
    const before = after(begun);
    const state = reduce(before, delta(8, { op: 'text', id: 'a1', delta: 'lo' }));
    assert.deepEqual(state.items[1], assistant('a1', 'Hello', true));
    assert.equal(state.items[0], before.items[0]);
    assert.equal(state.cards, before.cards);
  });

  it('appends to the part of an item that its kind streams', () => {
    const tool = {
      kind: 'tool',
      id: 't',
      name: 'run',
      target: '',
      status: 'running',
      input: 'in',
      output: 'a',
    } as const;
    const state = after(
      begun,
      delta(
        8,
        { op: 'put', item: tool },
        { op: 'put', item: { kind: 'reasoning', id: 'r', text: 'x', streaming: true } },
        { op: 'text', id: 't', delta: 'b' },
        { op: 'text', id: 'r', delta: 'y' },
        { op: 'text', id: 'u1', delta: 'never' },
        { op: 'text', id: 'gone', delta: 'never' },
      ),
    );
    assert.deepEqual(state.items.slice(2), [
      { ...tool, output: 'ab' },
      { kind: 'reasoning', id: 'r', text: 'xy', streaming: true },
    ]);
    assert.deepEqual(state.items[0], user('u1', 'Hi'));
  });

  it('puts a known item where it stands and a new one at the end', () => {
    const state = after(
      begun,
      delta(8, { op: 'put', item: user('u1', 'Hello') }, { op: 'put', item: assistant('a2', 'New') }),
    );
    assert.deepEqual(state.items, [user('u1', 'Hello'), assistant('a1', 'Hel', true), assistant('a2', 'New')]);
  });

  it('hands the element of a reply that streamed over to its message, and gives what streams next another one', () => {
    // X16
    const key = (state: ChatState, id: string) => keyOf(state, assistant(id, ''));
    let state = reduce(EMPTY_STATE, {
      type: 'snapshot',
      seq: 1,
      snapshot: snapshotOf([assistant('live', 'One', true)]),
    });
    const end = (id: string, markdown: string, seq: number) => {
      const changes: Change[] = [
        { op: 'remove', id: 'live' },
        { op: 'put', item: assistant(id, markdown) },
      ];
      state = reduce(state, { type: 'delta', seq, changes });
    };
    end('m1', 'One and the rest', 2);
    assert.equal(key(state, 'm1'), 'live');
    const next = assistant('live', 'Two', true);
    state = reduce(state, { type: 'delta', seq: 3, changes: [{ op: 'put', item: next }] });
    const second = key(state, 'live');
    assert.notEqual(second, 'live');
    end('m2', 'Two', 4);
    assert.equal(key(state, 'm2'), second);
    state = reduce(state, { type: 'delta', seq: 5, changes: [{ op: 'put', item: assistant('live', 'Three', true) }] });
    end('m3', 'Something else', 6);
    assert.equal(key(state, 'm3'), 'm3');
    assert.equal(key(state, 'm1'), 'live');
  });

  it('removes an item', () => {
    assert.deepEqual(after(begun, delta(8, { op: 'remove', id: 'u1' })).items, [assistant('a1', 'Hel', true)]);
  });

  it('replaces what comes whole: session, sessions, models, approvals, paused', () => {
    const approval = {
      id: 'ap',
      agent: 'Main agent',
      kind: 'command',
      action: 'run a command',
      subject: 'ls',
    } as const;
    const state = after(
      begun,
      delta(
        8,
        { op: 'session', session: { ...SESSION, state: 'running' } },
        { op: 'sessions', sessions: [{ id: 's1', title: 'A', updatedAt: 1, running: true }] },
        { op: 'models', models: [{ name: 'offline', label: 'Offline', detail: '' }] },
        { op: 'approvals', approvals: [approval] },
        { op: 'paused', paused: true },
      ),
    );
    assert.equal(state.session?.state, 'running');
    assert.equal(state.sessions.length, 1);
    assert.equal(state.models.length, 1);
    assert.deepEqual(state.approvals, [approval]);
    assert.equal(state.paused, true);
  });

  it('keeps the newest word on each delegation, and forgets one that is removed', () => {
    const state = after(
      begun,
      delta(
        8,
        { op: 'delegation', delegation: delegationView('d1') },
        { op: 'delegation', delegation: delegationView('d2') },
      ),
      delta(
        9,
        { op: 'delegation', delegation: delegationView('d1', { status: 'completed' }) },
        { op: 'forget', delegationId: 'd2' },
      ),
    );
    assert.deepEqual([...state.delegations.keys()], ['d1']);
    assert.equal(state.delegations.get('d1')?.status, 'completed');
  });

  it('is stale from the first missing delta on, until a snapshot comes', () => {
    const missed = after(begun, delta(9, { op: 'remove', id: 'u1' }));
    assert.equal(missed.stale, true);
    assert.equal(missed.items.length, 2);
    assert.equal(reduce(missed, delta(8, { op: 'remove', id: 'u1' })), missed);
    const renewed = reduce(missed, { ...begun, seq: 20 });
    assert.equal(renewed.stale, false);
    assert.equal(reduce(renewed, delta(21, { op: 'remove', id: 'u1' })).items.length, 1);
  });

  it('is stale when a delta comes before any snapshot', () => {
    assert.equal(after(delta(1, { op: 'paused', paused: true })).stale, true);
  });

  it('C32 shows a delegation as one card: where it was dispatched, then where its completion is', () => {
    const dispatched = after(
      begun,
      delta(8, { op: 'put', item: { kind: 'delegation', id: 'i1', delegationId: 'd1' } }),
    );
    assert.deepEqual([...dispatched.cards], [['d1', 'i1']]);
    const completion = { kind: 'completion', id: 'i2', delegationId: 'd1', at: 0 } as const;
    const completed = reduce(dispatched, delta(9, { op: 'put', item: completion }));
    assert.deepEqual([...completed.cards], [['d1', 'i2']]);
    const replayed = reduce(completed, delta(10, { op: 'put', item: completion }));
    assert.deepEqual([...replayed.cards], [['d1', 'i2']]);
    assert.deepEqual([...reduce(replayed, delta(11, { op: 'remove', id: 'i2' })).cards], [['d1', 'i1']]);
  });

  it('puts older items before the known ones, each once', () => {
    const state = after(begun, { type: 'older', items: [user('u0', 'First'), user('u1', 'Hi')], hasOlder: true });
    assert.deepEqual(
      state.items.map(({ id }) => id),
      ['u0', 'u1', 'a1'],
    );
    assert.equal(state.hasOlder, true);
  });

  it('keeps summaries that were asked for, and drops them with the next snapshot', () => {
    const state = after(begun, { type: 'summary', childId: 'd1.1', markdown: 'Done' });
    assert.equal(state.summaries.get('d1.1'), 'Done');
    assert.equal(reduce(state, begun).summaries.size, 0);
  });

  it('drops the error once the workspace is trusted', () => {
    const told = (seq: number, trusted: boolean): ToView => ({
      type: 'snapshot',
      seq,
      snapshot: snapshotOf([], { trusted }),
    });
    const refused = after(told(1, false), { type: 'error', message: 'Not trusted.' });
    assert.equal(reduce(refused, told(2, false)).error, 'Not trusted.');
    assert.equal(reduce(refused, told(2, true)).error, undefined);
  });

  it('keeps an error until it is dismissed', () => {
    const state = after(begun, { type: 'error', message: 'No' }, delta(8));
    assert.equal(state.error, 'No');
    assert.equal(withoutError(state).error, undefined);
  });
});
