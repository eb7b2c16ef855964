import assert from 'node:assert/strict';
import { Approvals } from '../../../src/tools/approvals';
import type { ActivityCounts } from '../../../src/vscode/activity';
import { Activity } from '../../../src/vscode/activity';
import { statusBarLook } from '../../../src/vscode/statusBarLook';
import { inBackground, neverAborted, poolHarness, whenOver } from '../delegation/poolHarness';

describe('the activity', () => {
  it('counts what runs, waits, and waits for the user, and tells of it only when that changes', async () => {
    const harness = poolHarness({ settings: { maxAsyncDelegations: 1, whenFull: 'queue' } });
    const approvals = new Approvals(() => ({ edits: 'ask', commands: 'ask', allowedCommands: [] }));
    const activity = new Activity({ pool: harness.pool, approvals });
    const told: ActivityCounts[] = [];
    activity.onDidChange((counts) => told.push(counts));
    const { id } = inBackground(harness, 'One');
    inBackground(harness, 'Two');
    const held = await harness.children.held('One');
    assert.deepEqual(activity.counts, { running: 1, queued: 1, approvals: 0, paused: false });
    told.length = 0;
    for (let i = 0; i < 100; i++) held.progress({ type: 'text', delta: 'x' });
    assert.deepEqual(told, []);
    const request = { kind: 'edit', action: 'edit a file', subject: 'a.ts' } as const;
    const waiting = approvals.request({ sessionId: 's', depth: 0, label: 'Main agent' }, request, neverAborted());
    assert.equal(activity.counts.approvals, 1);
    approvals.decide(approvals.pending()[0]?.id ?? '', 'approve');
    await waiting;
    held.release('Done.');
    await whenOver(harness.pool, id);
    await harness.children.held('Two');
    assert.deepEqual(told.at(-1), { running: 1, queued: 0, approvals: 0, paused: false });
  });
});

describe('the status bar item', () => {
  it('is quiet when nothing goes on, and puts first what waits for the user', () => {
    const idle = { running: 0, queued: 0, approvals: 0, paused: false };
    assert.deepEqual(statusBarLook(idle), {
      text: '$(type-hierarchy-sub) Fanout',
      tooltip: 'Fanout: nothing is running',
      warning: false,
    });
    assert.deepEqual(statusBarLook({ running: 2, queued: 1, approvals: 1, paused: true }), {
      text: '$(shield) 1 $(debug-pause) $(sync~spin) 2 $(circle-outline) 1',
      tooltip: 'Fanout: 1 approval waiting for you, 2 delegations running, 1 queued, paused',
      warning: true,
    });
  });
});
