import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { notifyOfEnds } from '../../../src/vscode/notifications';
import { delegates, gate } from '../../fakes/agentScript';
import { RecordedPrompts } from '../../fakes/recordedPrompts';
import { TestEngine } from '../../fakes/testEngine';
import type { PoolHarness } from '../delegation/poolHarness';
import { inBackground, memoryDatabase, poolHarness, SESSION, whenOver } from '../delegation/poolHarness';

function start(harness: Pick<PoolHarness, 'pool'>, chat: { shows?: string } = {}) {
  const prompts = new RecordedPrompts([], { wait: true });
  const opened: string[] = [];
  notifyOfEnds({
    pool: harness.pool,
    chatShows: (sessionId) => chat.shows === sessionId,
    prompts,
    openChat: (sessionId) => void opened.push(`chat of ${sessionId}`),
    reveal: async (id) => opened.push(id),
    onError: (_message, error) => assert.fail(String(error)),
  });
  return { prompts, opened };
}

describe('the notification of an end', () => {
  it('comes once for a delegation, and never for an agent', async () => {
    const harness = poolHarness();
    const { prompts, opened } = start(harness);
    const { id } = inBackground(harness, ['One', 'Two']);
    await harness.children.release('One', '1');
    await setImmediate();
    assert.deepEqual(prompts.messages, []);
    await harness.children.release('Two', '2');
    await whenOver(harness.pool, id);
    harness.completions.take(id, () => {});
    assert.deepEqual(prompts.messages, ['Fanout: 2 tasks done.']);
    prompts.shown[0]?.click('Show');
    await setImmediate();
    assert.deepEqual(opened, [id]);
  });

  // U4
  it('warns of one that fell short, and says by how much', async () => {
    const harness = poolHarness();
    const { prompts } = start(harness);
    const { id } = inBackground(harness, ['One', 'Two', 'Three']);
    (await harness.children.held('Two')).crash(new Error('no'));
    for (const goal of ['One', 'Three']) await harness.children.release(goal, 'Done.');
    assert.equal((await whenOver(harness.pool, id)).status, 'completed');
    assert.equal(prompts.shown[0]?.level, 'warning');
    assert.match(prompts.messages[0] ?? '', /: 2 of 3 done · 1 failed\.$/);
  });

  it('warns of one that did not end well', async () => {
    const harness = poolHarness();
    const { prompts } = start(harness);
    const { id } = inBackground(harness, 'Fail');
    (await harness.children.held('Fail')).crash(new Error('no'));
    await whenOver(harness.pool, id);
    assert.equal(prompts.shown[0]?.level, 'warning');
    assert.equal(prompts.messages[0], 'Fanout: “Fail” ended: failed.');
  });

  it('does not come while the chat shows its session, or to who cancelled it', async () => {
    const harness = poolHarness();
    const chat: { shows?: string } = { shows: SESSION };
    const { prompts } = start(harness, chat);
    const seen = inBackground(harness, 'Seen');
    await harness.children.release('Seen', 'Done.');
    await whenOver(harness.pool, seen.id);
    delete chat.shows;
    const cancelled = inBackground(harness, 'Cancelled');
    harness.pool.cancel(cancelled.id);
    assert.deepEqual(prompts.messages, []);
  });

  // P24
  it('comes while the chat shows another session, and opens its own', async () => {
    const harness = poolHarness();
    const { prompts, opened } = start(harness, { shows: 'session-2' });
    const { id } = inBackground(harness, 'One');
    await harness.children.release('One', '1');
    await whenOver(harness.pool, id);
    prompts.shown[0]?.click('Open Chat');
    await setImmediate();
    assert.deepEqual(opened, [`chat of ${SESSION}`]);
  });

  // P23
  it('does not come for what another window ran', async () => {
    const held = gate();
    await using first = new TestEngine({
      main: [delegates('a'), 'It runs.', 'a is here.'],
      children: { a: [held.answer] },
    });
    await first.say('Delegate a.');
    await using second = new TestEngine({ beside: first });
    const [here, there] = [start(first.engine), start(second.engine)];
    held.open('A');
    await first.over();
    await first.idle();
    second.engine.refresh();
    assert.equal(second.delegation.status, 'completed');
    assert.deepEqual([here.prompts.messages.length, there.prompts.messages.length], [1, 0]);
  });

  it('C32 does not come for what an earlier window left behind', () => {
    const db = memoryDatabase();
    const before = poolHarness({ db });
    inBackground(before, 'Lost');
    const after = poolHarness({ db });
    const { prompts } = start(after);
    assert.equal(after.pool.list()[0]?.status, 'unknown');
    assert.deepEqual(prompts.messages, []);
  });
});
