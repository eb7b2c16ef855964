import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AgentEvent } from '../../../src/agent/events';
import type { Change, ChatItem } from '../../../src/protocol';
import { advanceTurn, IDLE_TURN, OUTPUT_SHOWN } from '../../../src/session/liveTurn';
import type { Session } from '../../../src/session/session';
import type { SessionChange } from '../../../src/session/sessionPorts';
import type { StoredEntry } from '../../../src/store/sessionStore';
import { Emitter } from '../../../src/util/emitter';
import { ChatConnection } from '../../../src/vscode/chatConnection';
import { ChatOutbox } from '../../../src/vscode/chatOutbox';
import { snapshotOf } from '../../../src/vscode/chatSnapshot';
import { applyChange } from '../../../src/webview/changes';
import { EMPTY_STATE } from '../../../src/webview/chatState';
import { ManualClock } from '../../fakes/manualClock';
import { FakePort } from '../../fakes/port';
import { TestChat } from '../../fakes/testChat';
import { TestEngine } from '../../fakes/testEngine';

/** A session in the middle of a turn, whose agent tells what the test says. Counts how often entries are looked at. */
class StreamingSession {
  readonly id = 'streaming';
  readonly record = { id: 'streaming', title: 'Streams', model: '', createdAt: 0, updatedAt: 0 };
  readonly state = 'running';
  readonly canGoOn = false;
  readonly queued: readonly string[] = [];
  readonly context = { tokens: 0, window: 0 };
  readonly #changed = new Emitter<SessionChange>();
  readonly onDidChange = this.#changed.event;
  readonly entries: readonly StoredEntry[];
  live = IDLE_TURN;
  looks = 0;

  constructor(messages: number) {
    const entries = Array.from({ length: messages }, (_, seq): StoredEntry => {
      const calls = seq === messages - 1 ? [{ type: 'tool-call' as const, call: CALL }] : [];
      return {
        seq,
        at: seq,
        entry: { role: 'assistant', parts: [{ type: 'text', text: 'Yes.' }, ...calls], model: '' },
      };
    });
    this.entries = new Proxy(entries, {
      get: (target, key, receiver) => {
        this.looks += 1;
        return Reflect.get(target, key, receiver) as unknown;
      },
    });
  }

  tell(event: AgentEvent): void {
    this.live = advanceTurn(this.live, event);
    this.#changed.fire({ type: 'live', event });
  }
}

const CALL = { id: 'call', name: 'run_command', input: { command: `make ${'x'.repeat(5000)}` } };
const CHUNK = `${'0123456789'.repeat(8)} line\n`;
const CHUNKS = 3735;

/** What it streams, and what goes to the view for it. */
async function posted(messages: number, begin: AgentEvent | undefined, event: AgentEvent) {
  await using fanout = new TestEngine();
  const clock = new ManualClock();
  const session = new StreamingSession(messages);
  const front = session as unknown as Session;
  const view = new FakePort();
  const ports = { ...new TestChat(fanout).ports(), clock };
  const sessions = Object.assign(Object.create(ports.sessions) as typeof ports.sessions, {
    front: () => front,
    has: () => true,
    list: () => [],
    onDidChange: () => ({ dispose: () => undefined }),
  });
  const connection = new ChatConnection(view, { ...ports, sessions });
  connection.ready(undefined);
  if (begin !== undefined) session.tell(begin);
  clock.advance(1000);
  const before = { looks: session.looks, messages: view.messages.length };
  for (let chunk = 0; chunk < CHUNKS; chunk += 1) {
    session.tell(event);
    clock.advance(13);
  }
  clock.advance(1000);
  const bytes = Buffer.byteLength(JSON.stringify(view.messages.slice(before.messages)));
  const looks = session.looks - before.looks;
  const fresh = snapshotOf(front, [], { ...ports, sessions }).items;
  connection.dispose();
  return { bytes, looks, shown: view.state.items.at(-1), fresh: fresh.at(-1) };
}

const STARTED: AgentEvent = { type: 'tool-started', call: CALL, target: 'make' };
const STREAMS: readonly { readonly what: string; readonly begin?: AgentEvent; readonly event: AgentEvent }[] = [
  { what: 'the output of a command', begin: STARTED, event: { type: 'tool-output', callId: 'call', text: CHUNK } },
  { what: 'a reply', event: { type: 'text', delta: CHUNK } },
  { what: 'reasoning', event: { type: 'reasoning', delta: CHUNK } },
  { what: 'arguments', begin: { type: 'tool-input', name: 'write_file' }, event: { type: 'tool-input', name: '' } },
];

describe('What streams into the chat', () => {
  for (const { what, begin, event } of STREAMS) {
    // X1
    it(`costs no more than three times its bytes: ${what}`, async () => {
      const { bytes, shown, fresh } = await posted(3, begin, event);
      assert.ok(bytes <= 3 * CHUNKS * CHUNK.length, `${bytes} bytes posted`);
      assert.deepEqual(shown, fresh);
    });

    // X3
    it(`costs the same in a long conversation as in a short one: ${what}`, async () => {
      const [short, long] = [await posted(100, begin, event), await posted(10_000, begin, event)];
      assert.equal(long.looks, short.looks);
      assert.ok(short.looks <= 10 * CHUNKS);
    });
  }

  it('shows the same as a snapshot of the end would, however its pieces are gathered', () => {
    const ids = fc.constantFrom('a', 'b');
    const item = (id: string): ChatItem => ({
      kind: 'tool',
      id,
      name: 'x',
      target: '',
      status: 'ok',
      input: '',
      output: '',
    });
    const change = fc.oneof(
      fc.record({
        op: fc.constant('text' as const),
        id: ids,
        delta: fc.string({ maxLength: 9 }),
        keep: fc.constant(8),
      }),
      ids.map((id): Change => ({ op: 'put', item: item(id) })),
      ids.map((id): Change => ({ op: 'remove', id })),
      fc.boolean().map((paused): Change => ({ op: 'paused', paused })),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(change, fc.boolean()), { maxLength: 40 }), (steps) => {
        const clock = new ManualClock();
        const view = new FakePort();
        const start = snapshotState();
        const outbox = new ChatOutbox(
          (message) => view.post(message),
          clock,
          () => start,
        );
        outbox.ready();
        let expected = view.state;
        for (const [step, pause] of steps) {
          outbox.put(step);
          expected = applyChange(expected, step);
          if (pause) clock.advance(50);
        }
        clock.advance(50);
        assert.deepEqual([view.state.items, view.state.paused], [expected.items, expected.paused]);
      }),
    );
  });

  it('is cut to what is shown of it before it is sent', () => {
    const clock = new ManualClock();
    const view = new FakePort();
    const outbox = new ChatOutbox((message) => view.post(message), clock, snapshotState);
    outbox.ready();
    for (let round = 0; round < 1000; round += 1) {
      outbox.put({ op: 'text', id: 'a', delta: 'y\n'.repeat(1000), keep: OUTPUT_SHOWN });
    }
    clock.advance(50);
    assert.ok(JSON.stringify(view.messages).length < 5 * OUTPUT_SHOWN);
  });
});

function snapshotState() {
  const { items, hasOlder, approvals, sessions, models, paused, trusted } = EMPTY_STATE;
  const session = { id: 's', title: '', state: 'idle' as const, canGoOn: false, queued: [], model: '', modelLabel: '' };
  return {
    ...{ items, hasOlder, approvals, sessions, models, paused, trusted, delegations: [] },
    session: { ...session, contextTokens: 0, contextWindow: 0, activity: '' },
  };
}
