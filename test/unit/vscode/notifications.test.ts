import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { notifyOfEnds } from '../../../src/vscode/notifications';
import { RecordedPrompts } from '../../fakes/recordedPrompts';
import type { PoolHarness } from '../delegation/poolHarness';
import { inBackground, memoryDatabase, poolHarness, whenOver } from '../delegation/poolHarness';

function start(harness: PoolHarness, chat: { visible: boolean } = { visible: false }) {
  const prompts = new RecordedPrompts([], { wait: true });
  const opened: string[] = [];
  notifyOfEnds({
    pool: harness.pool,
    chatVisible: () => chat.visible,
    prompts,
    openChat: () => void opened.push('chat'),
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

  it('warns of one that did not end well', async () => {
    const harness = poolHarness();
    const { prompts } = start(harness);
    const { id } = inBackground(harness, 'Fail');
    (await harness.children.held('Fail')).crash(new Error('no'));
    await whenOver(harness.pool, id);
    assert.equal(prompts.shown[0]?.level, 'warning');
    assert.equal(prompts.messages[0], 'Fanout: “Fail” ended: failed.');
  });

  it('does not come while the chat is visible, or to who cancelled it', async () => {
    const harness = poolHarness();
    const chat = { visible: true };
    const { prompts } = start(harness, chat);
    const seen = inBackground(harness, 'Seen');
    await harness.children.release('Seen', 'Done.');
    await whenOver(harness.pool, seen.id);
    chat.visible = false;
    const cancelled = inBackground(harness, 'Cancelled');
    harness.pool.cancel(cancelled.id);
    assert.deepEqual(prompts.messages, []);
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
