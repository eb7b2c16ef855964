import assert from 'node:assert/strict';
import type { ModelProblem, ToolCall } from '../../../src/agent/messages';
import type { SessionEntry } from '../../../src/store/entries';
import type { StoredEntry } from '../../../src/store/sessionStore';
import { itemsOf, itemsOfEntry, liveToolItem, type ItemContext } from '../../../src/vscode/chatItems';

const context: ItemContext = {
  targetOf: ({ name }) => `target of ${name}`,
  unreadAfter: Infinity,
  isListed: () => true,
};
const stored = (...entries: readonly SessionEntry[]): StoredEntry[] =>
  entries.map((entry, seq) => ({ seq, at: 1000 + seq, entry }));

const call = (id: string, name: string, input: unknown = {}): ToolCall => ({ id, name, input });
const asks = (...calls: readonly ToolCall[]): SessionEntry => ({
  role: 'assistant',
  model: 'm',
  parts: calls.map((one) => ({ type: 'tool-call', call: one })),
});
const answers = (status: 'ok' | 'error', text: string, ...calls: readonly ToolCall[]): SessionEntry => ({
  role: 'tool',
  results: calls.map(({ id, name }) => ({ callId: id, toolName: name, status, text })),
});
const notice = (problem?: ModelProblem): SessionEntry => ({
  role: 'notice',
  level: 'error',
  text: 'No.',
  ...(problem === undefined ? {} : { problem }),
});

describe('the items of a conversation', () => {
  it('are the same whenever they are asked, each entry under ids of its own', () => {
    const entries = stored(
      { role: 'user', origin: 'user', text: 'Hi.' },
      {
        role: 'assistant',
        model: 'm',
        parts: [
          { type: 'reasoning', text: 'Hm.' },
          { type: 'text', text: 'Hello.' },
        ],
      },
    );
    assert.deepEqual(
      itemsOf(entries, context).map(({ id }) => id),
      ['m0', 'm1.0', 'm1.1'],
    );
    assert.deepEqual(itemsOf(entries, context), itemsOf(structuredClone(entries), context));
  });

  it('show a call once: running, then with its result in its place', () => {
    const one = call('c1', 'read_file', { path: 'a.ts' });
    const two = call('c2', 'list_files');
    const running = itemsOf(stored(asks(one, two)), context);
    assert.deepEqual(
      running.map((item) => item.kind === 'tool' && item.status),
      ['running', 'running'],
    );
    const done = itemsOf(stored(asks(one, two), answers('ok', 'text', one, two)), context);
    assert.deepEqual(done[0], {
      kind: 'tool',
      id: 'm0:c1',
      name: 'read_file',
      target: 'target of read_file',
      status: 'ok',
      input: '{\n  "path": "a.ts"\n}',
      output: 'text',
    });
    assert.deepEqual(
      done.map(({ id }) => id),
      running.map(({ id }) => id),
    );
  });

  it('show a delegation as a card, and as a tool call only where it was refused', () => {
    const one = call('c1', 'delegate_task', { goal: 'a' });
    const dispatched: SessionEntry = { role: 'dispatched', delegationId: 'deleg_00000001' };
    assert.deepEqual(itemsOf(stored(asks(one), dispatched, answers('ok', '{}', one)), context), [
      { kind: 'delegation', id: 'm1', delegationId: 'deleg_00000001' },
    ]);
    const [refused] = itemsOf(stored(asks(one), answers('error', '{"error":"full"}', one)), context);
    assert.ok(refused?.kind === 'tool' && refused.status === 'error');
  });

  it('bound what a tool was given and gave', () => {
    const one = call('c1', 'write_file', { content: 'x'.repeat(50_000) });
    const [item] = itemsOf(stored(asks(one), answers('ok', 'y'.repeat(50_000), one)), context);
    assert.ok(item?.kind === 'tool');
    assert.ok(item.input.length < 21_000 && item.output.length < 21_000);
    assert.match(item.output, /30000 more characters\]$/);
  });

  it('leave out what only the model reads', () => {
    const hidden = stored(
      { role: 'user', origin: 'summary', text: 'Summary', keeps: 1 },
      { role: 'user', origin: 'continue', text: 'Go on.' },
    );
    assert.deepEqual(itemsOf(hidden, context), []);
  });

  it('mark the completions that the agent has not read', () => {
    const completion = (id: string): SessionEntry => ({
      role: 'user',
      origin: 'completion',
      delegationId: id,
      text: 'block',
    });
    const entries = stored(
      completion('a'),
      { role: 'assistant', model: 'm', parts: [{ type: 'text', text: 'Ok.' }] },
      completion('b'),
    );
    const waiting = itemsOf(entries, { ...context, unreadAfter: 1 }).map((item) => 'waiting' in item);
    assert.deepEqual(waiting, [false, false, true]);
    const [gone] = itemsOfEntry(entries[0] ?? assert.fail(), undefined, { ...context, isListed: () => false });
    assert.ok(gone?.kind === 'completion' && gone.text === 'block');
  });

  it('hold what is shown beside the transcript where it was asked', () => {
    const picture = (n: number, afterSeq: number) => ({
      afterSeq,
      item: { kind: 'agents', id: `agents${n}`, rows: [] } as const,
    });
    const entries = stored(notice(), notice(), notice());
    const ids = itemsOf(entries, context, [picture(0, -1), picture(1, 1), picture(2, 1), picture(3, 2)]).map(
      ({ id }) => id,
    );
    assert.deepEqual(ids, ['agents0', 'm0', 'm1', 'agents1', 'agents2', 'm2', 'agents3']);
  });

  it('show the output of a tool while it runs', () => {
    const one = call('c1', 'run_command');
    const entries = stored(asks(one));
    const item = liveToolItem({ call: one, target: 'ls', output: 'a.ts' }, entries);
    assert.ok(item?.kind === 'tool');
    assert.deepEqual([item.id, item.status, item.output], ['m0:c1', 'running', 'a.ts']);
  });

  const help: readonly (readonly [ModelProblem | undefined, readonly string[]])[] = [
    [undefined, []],
    ['auth', ['setApiKey']],
    ['no-model', ['selectModel', 'openSettings']],
    ['not-found', ['selectModel', 'openSettings']],
    ['network', ['openSettings']],
    ['bad-request', ['selectModel']],
    ['context-overflow', ['selectModel']],
    ['rate-limit', []],
    ['overload', []],
    ['cut', []],
    ['server', []],
    ['refused', []],
  ];
  for (const [problem, first] of help) {
    it(`offer ${[...first, 'retryTurn', 'openLog'].join(', ')} where the trouble is ${problem ?? 'none of the model’s'}`, () => {
      const [item] = itemsOf(stored(notice(problem)), context);
      assert.ok(item?.kind === 'notice');
      assert.deepEqual(
        item.actions?.map(({ command }) => command),
        [...first, 'retryTurn', 'openLog'],
      );
    });
  }
});
