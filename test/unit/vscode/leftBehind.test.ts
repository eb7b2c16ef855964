import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { DelegationSettings } from '../../../src/delegation/settings';
import { notifyOfLeftBehind } from '../../../src/vscode/leftBehind';
import { delegates, gate } from '../../fakes/agentScript';
import { RecordedPrompts } from '../../fakes/recordedPrompts';
import { until } from '../../fakes/until';
import { TestEngine } from '../../fakes/testEngine';

const done = { a: ['A'], b: ['B'], c: ['C'] };

/** The window comes back after it died while agents worked; the view, where it was open, a little later. */
async function comeBack(fanout: TestEngine, chat: { visible: boolean }) {
  const prompts = new RecordedPrompts([], { wait: true });
  const opened: string[] = [];
  const { clock } = fanout;
  const seen = { prompts, openChat: () => void opened.push('chat'), chatShows: () => chat.visible };
  const notice = notifyOfLeftBehind({
    ...seen,
    pool: fanout.engine.pool,
    resumeWork: (id) => fanout.engine.resumeWork(id),
    isTrusted: () => true,
    clock,
    onError: (_message, error) => assert.fail(String(error)),
  });
  fanout.engine.start();
  await fanout.idle();
  return { prompts, opened, notice };
}

async function withTwoRunning(resume: DelegationSettings['resume'] = 'auto'): Promise<TestEngine> {
  const fanout = new TestEngine({
    delegation: { resume },
    main: [delegates('a'), delegates('b', 'c'), 'They run.'],
    children: { a: [gate().answer], b: [gate().answer], c: [gate().answer] },
  });
  await fanout.say('Delegate both.');
  await fanout.idle();
  return fanout;
}

describe('the notification of what an earlier window left behind', () => {
  it('is one for all of it, and comes once', async () => {
    await using fanout = await withTwoRunning();
    fanout.crash({ main: ['I see.', 'I see that too.'] });
    const { prompts, opened } = await comeBack(fanout, { visible: false });
    assert.deepEqual(prompts.messages, []);
    fanout.clock.advance(5000);
    assert.deepEqual(prompts.messages, [
      'Fanout: 2 delegations ended when VS Code was closed. What came of it is in the chat.',
    ]);
    prompts.shown[0]?.click('Open Chat');
    await setImmediate();
    assert.deepEqual(opened, ['chat']);

    fanout.crash();
    const again = await comeBack(fanout, { visible: false });
    fanout.clock.advance(5000);
    assert.deepEqual(again.prompts.messages, []);
  });

  it('C69 lets what was cut off go on at one click, also where the chat is in sight', async () => {
    await using fanout = await withTwoRunning();
    fanout.crash({ main: ['I see.', 'I see that too.', 'All is done.', 'All is done.'], children: done });
    const { prompts } = await comeBack(fanout, { visible: true });
    fanout.clock.advance(5000);
    const [told] = prompts.shown;
    assert.ok(told);
    assert.deepEqual(told.buttons, ['Resume', 'Open Chat']);
    told.click('Resume');
    const { pool } = fanout.engine;
    const isDone = () =>
      pool.list().every(({ status, delivery }) => status === 'completed' && delivery === 'delivered');
    await until(isDone, pool.onDidChange);
    await fanout.idle();
    assert.equal(pool.list().length, 2);
  });

  it('does not come where the chat came back and nothing can be resumed, or where the window closes before', async () => {
    await using fanout = await withTwoRunning('never');
    await fanout.reload({ main: ['I see.', 'I see that too.'] });
    const chat = { visible: false };
    const { prompts } = await comeBack(fanout, chat);
    chat.visible = true;
    fanout.clock.advance(5000);
    assert.deepEqual(prompts.messages, []);

    await using other = await withTwoRunning();
    other.crash({ main: ['I see.', 'I see that too.'] });
    const closing = await comeBack(other, { visible: false });
    closing.notice.dispose();
    other.clock.advance(5000);
    assert.deepEqual(closing.prompts.messages, []);
  });
});
