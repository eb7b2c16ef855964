import assert from 'node:assert/strict';
import fc from 'fast-check';
import { NoticeCommand, RowAction, ToHost } from '../../../src/protocol';
import { TestChat } from '../../fakes/testChat';
import { TestEngine } from '../../fakes/testEngine';

const word = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.constantFrom('', '__proto__', 'constructor', '\ud83d', '/stop', '../..'),
);
const value = fc.oneof(word, fc.integer(), fc.double(), fc.boolean(), fc.constant(null), fc.array(word), fc.object());
const types = ToHost.options.map((option) => option.shape.type.value);
const fields = fc.record(
  {
    sessionId: value,
    typedId: value,
    text: value,
    index: value,
    approvalId: value,
    decision: fc.oneof(value, fc.constantFrom('approve', 'always', 'deny')),
    reason: value,
    name: value,
    requestId: value,
    kind: fc.oneof(value, fc.constantFrom('command', 'file', 'message', 'steer')),
    query: value,
    beforeId: value,
    childId: value,
    id: value,
    action: fc.oneof(value, fc.constantFrom(...RowAction.options)),
    command: fc.oneof(value, fc.constantFrom(...NoticeCommand.options)),
    path: value,
    line: value,
    href: value,
  },
  { requiredKeys: [] },
);
const almost = fc.tuple(
  fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...types) }, { weight: 1, arbitrary: word }),
  fields,
);
const message = fc.oneof(
  { weight: 1, arbitrary: fc.anything() },
  { weight: 4, arbitrary: almost.map(([type, rest]): unknown => ({ ...rest, type })) },
);

describe('Whatever a chat view sends', () => {
  it('throws nothing, and has no effect where it is not a message of the protocol', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 12 }), async (messages) => {
        await using fanout = new TestEngine({ main: [] });
        const chat = await TestChat.open(fanout);
        const look = () => {
          const { error: _error, ...shown } = chat.look();
          const { sessions, pool } = fanout.engine;
          return structuredClone([
            shown,
            chat.asked,
            sessions.list(),
            sessions.front().entries,
            pool.list(),
            pool.paused,
          ]);
        };
        for (const sent of messages) {
          const isValid = ToHost.safeParse(sent).success;
          await fanout.idle();
          const before = isValid ? undefined : look();
          await chat.end.receive(sent);
          if (before === undefined) continue;
          assert.deepEqual(look(), before);
          assert.ok((chat.look().error ?? '').length < 1000);
        }
        assert.deepEqual(fanout.faults, []);
      }),
      { numRuns: 40 },
    );
  });
});
