import assert from 'node:assert/strict';
import type { AgentEvent } from '../../../src/agent/events';
import { advanceTurn, IDLE_TURN, replyAppended } from '../../../src/session/liveTurn';

const after = (...events: readonly AgentEvent[]) => events.reduce(advanceTurn, IDLE_TURN);
const call = { id: 'c1', name: 'run_command', input: { command: 'ls' } };
const result = { callId: 'c1', toolName: 'run_command', status: 'ok', text: 'a.ts' } as const;

describe('what a running turn shows', () => {
  it('gathers text and reasoning', () => {
    const live = after(
      { type: 'request', step: 1 },
      { type: 'sent' },
      { type: 'reasoning', delta: 'Hm. ' },
      { type: 'text', delta: 'Hel' },
      { type: 'text', delta: 'lo' },
    );
    assert.deepEqual(live, { activity: '', reasoning: 'Hm. ', text: 'Hello', tools: [] });
  });

  it('forgets what a stream said that broke off, when the request goes out again', () => {
    const live = after({ type: 'text', delta: 'Hel' }, { type: 'sent' }, { type: 'text', delta: 'Hello' });
    assert.equal(live.text, 'Hello');
  });

  it('says what it waits for', () => {
    const wait = { kind: 'backoff', reason: 'rate limited by acme, trying again in 12 s', delayMs: 12_000 } as const;
    assert.equal(after({ type: 'waiting', wait }).activity, wait.reason);
    assert.equal(after({ type: 'request', step: 1 }).activity, 'thinking');
    assert.equal(
      after({ type: 'tool-input', name: 'edit_file' }, { type: 'tool-input', name: '' }).activity,
      'writing edit_file',
    );
  });

  it('shows a tool with its newest output, and its result', () => {
    const started: AgentEvent = { type: 'tool-started', call, target: 'ls' };
    const running = after(
      started,
      { type: 'tool-output', callId: 'c1', text: 'a.' },
      { type: 'tool-output', callId: 'c1', text: 'ts' },
    );
    assert.deepEqual(running.tools, [{ call, target: 'ls', output: 'a.ts' }]);
    const long = advanceTurn(running, { type: 'tool-output', callId: 'c1', text: 'x'.repeat(30_000) });
    assert.equal(long.tools[0]?.output.length, 20_000);
    const ended = advanceTurn(running, { type: 'tool-finished', call, result, filesWritten: [] });
    assert.equal(ended.tools[0]?.result, result);
  });

  it('keeps the tools of a reply that is in the transcript until their results are', () => {
    const live = replyAppended(after({ type: 'text', delta: 'Look:' }, { type: 'tool-started', call, target: 'ls' }));
    assert.equal(live.text, '');
    assert.equal(live.tools.length, 1);
  });
});
