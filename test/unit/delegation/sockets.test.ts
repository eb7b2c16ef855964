import assert from 'node:assert/strict';
import { createEndpointModel } from '../../../src/models/endpoints';
import type { ProviderSettings } from '../../../src/models/providerSettings';
import { RequestGate } from '../../../src/models/requestGate';
import { ManualClock } from '../../fakes/manualClock';
import { ModelServer } from '../../fakes/modelServer';
import type { Reply } from '../../fakes/modelServerWords';
import { agentHarness, delegate } from './agentHarness';
import { summariesOf, whenOver } from './poolHarness';

describe('real requests of children', () => {
  let server: ModelServer;
  beforeEach(async () => {
    server = await ModelServer.start(() => 'hello');
  });
  afterEach(() => server.close());

  async function modelWith(cap: number, clock = new ManualClock()) {
    const gate = new RequestGate({ provider: 'acme', cap, clock, random: () => 0 });
    const provider: ProviderSettings = { id: 'acme', kind: 'openai-compatible', baseUrl: server.url, models: [] };
    return { gate, model: await createEndpointModel(provider, 'large', { apiKey: undefined, gate }) };
  }

  it('C20 cancelling a delegation closes every socket below it, grandchildren too', async () => {
    const never = new Promise<Reply>(() => {});
    server.script = ({ messages }) => {
      const task = messages[0]?.text;
      if (task !== 'orchestrate') return never;
      return { calls: [{ name: 'delegate_task', input: { tasks: [{ goal: 'below 1' }, { goal: 'below 2' }] } }] };
    };
    const { model } = await modelWith(10);
    const harness = agentHarness({ model, settings: { maxSpawnDepth: 2 } });
    const tasks = [{ goal: 'orchestrate', role: 'orchestrator' }, { goal: 'sibling' }];
    const { delegation_id } = await delegate(harness, { tasks });
    const open = await Promise.all(
      ['below 1', 'below 2', 'sibling'].map((goal) =>
        server.waitForRequest(({ messages }) => messages[0]?.text === goal),
      ),
    );
    assert.equal(harness.pool.cancel(String(delegation_id)), true);
    assert.deepEqual(await Promise.all(open.map(({ ended }) => ended)), Array(3).fill('client-closed'));
    assert.equal(server.inFlight, 0);
    await harness.pool.shutdown();
    assert.deepEqual(
      harness.pool.list().map(({ status }) => status),
      ['interrupted', 'interrupted'],
    );
  });

  it('C49 32 children never have more requests in flight than the cap, and all end', async () => {
    server.script = async ({ messages }) => {
      // The first are answered when as many are there as may be.
      await server.waitForRequest(4);
      return `${messages[0]?.text} is done`;
    };
    const { model } = await modelWith(4);
    const harness = agentHarness({ model, settings: { maxTasks: 32, maxConcurrentChildren: 32 } });
    const goals = Array.from({ length: 32 }, (_, i) => `task ${i}`);
    const { delegation_id } = await delegate(harness, { tasks: goals.map((goal) => ({ goal })) });
    const over = await whenOver(harness.pool, String(delegation_id));
    assert.deepEqual(
      summariesOf(over),
      goals.map((goal) => `${goal} is done`),
    );
    assert.equal(server.maxInFlight, 4);
  });

  it('a child that waits for its place or for a back-off shows that, and neither stalls nor counts a call twice', async () => {
    const clock = new ManualClock();
    server.script = ({ index }) => (index === 0 ? { status: 429, retryAfter: 500 } : 'done');
    const { model } = await modelWith(1, clock);
    const harness = agentHarness({ model });
    const activities: string[] = [];
    harness.pool.onDidChange(({ delegation }) => activities.push(delegation.children[0]?.progress.activity ?? ''));
    const { delegation_id } = await delegate(harness, { goal: 'a' });
    await clock.waitForTimers(1);
    harness.clock.advance(10 * 3600_000);
    clock.advance(500_000);
    const over = await whenOver(harness.pool, String(delegation_id));
    assert.deepEqual([over.status, over.children[0]?.progress.modelCalls], ['completed', 1]);
    assert.ok(activities.some((activity) => activity.startsWith('rate limited by acme')));
  });
});
