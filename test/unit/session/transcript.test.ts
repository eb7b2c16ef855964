import assert from 'node:assert/strict';
import { mending } from '../../../src/session/transcript';
import type { SessionEntry } from '../../../src/store/entries';
import type { StoredEntry } from '../../../src/store/sessionStore';

const user: SessionEntry = { role: 'user', origin: 'user', text: 'Hi.' };
const said: SessionEntry = { role: 'assistant', model: 'm', parts: [{ type: 'text', text: 'Hello.' }] };
const asked: SessionEntry = {
  role: 'assistant',
  model: 'm',
  parts: ['c1', 'c2'].map((id) => ({ type: 'tool-call', call: { id, name: 'run_command', input: {} } })),
};
const answered: SessionEntry = { role: 'tool', results: [] };
const stopped: SessionEntry = { role: 'notice', level: 'info', text: 'Stopped.' };
const dispatched: SessionEntry = { role: 'dispatched', delegationId: 'deleg_00000001' };

const rolesOfMending = (...entries: readonly SessionEntry[]) =>
  mending(entries.map((entry, seq): StoredEntry => ({ seq, at: 0, entry }))).map(({ role }) => role);

describe('mending a conversation', () => {
  const table: readonly (readonly [string, readonly SessionEntry[], readonly string[]])[] = [
    ['that is empty', [], []],
    ['that only has notices', [stopped], []],
    ['whose last turn ended', [user, said], []],
    ['whose last turn was stopped', [user, stopped], []],
    ['whose last turn was stopped before something was dispatched', [user, stopped, dispatched], []],
    ['that waits for a reply', [user], ['notice']],
    ['that waits for a reply after a tool', [user, asked, answered], ['notice']],
    ['that waits for tools', [user, asked], ['tool', 'notice']],
    ['that waits for a tool that dispatched', [user, asked, dispatched], ['tool', 'notice']],
  ];
  for (const [what, entries, expected] of table) {
    it(`${what} adds ${expected.join(' and ') || 'nothing'}`, () => {
      assert.deepEqual(rolesOfMending(...entries), expected);
    });
  }

  it('gives every open call its one result', () => {
    const [tool] = mending([{ seq: 0, at: 0, entry: asked }]);
    assert.ok(tool?.role === 'tool');
    assert.deepEqual(
      tool.results.map(({ callId, status }) => [callId, status]),
      [
        ['c1', 'interrupted'],
        ['c2', 'interrupted'],
      ],
    );
  });
});
