import assert from 'node:assert/strict';
import { commandTable } from '../../../src/vscode/commandTable';
import { inBackground } from '../delegation/poolHarness';
import { commandHarness } from './commandHarness';

describe('the commands of the palette', () => {
  it('Stop All interrupts every turn and every delegation, and says how many', async () => {
    const harness = commandHarness();
    const { ports, prompts, turn } = harness;
    inBackground(harness, 'One');
    inBackground(harness, ['Two', 'Three']);
    turn.running = true;
    await commandTable(ports).stopAll(undefined);
    turn.running = false;
    await commandTable(ports).stopAll(undefined);
    assert.deepEqual(prompts.messages, ['Stopped 1 turn and 2 delegations.', 'Nothing is running.']);
  });

  // P17
  it('Stop All counts no turn that its own cancelling began', async () => {
    const harness = commandHarness();
    inBackground(harness, 'One');
    harness.completions.onDidPush(() => (harness.turn.running = true));
    await commandTable(harness.ports).stopAll(undefined);
    assert.deepEqual(harness.prompts.messages, ['Stopped 1 delegation.']);
  });

  it('Stop says so where no turn runs', async () => {
    const { ports, prompts } = commandHarness();
    await commandTable(ports).stop(undefined);
    assert.deepEqual(prompts.messages, ['No turn is running in this session.']);
  });

  it('C52 Pause holds what is new and says what goes on; Resume lets it start', async () => {
    const harness = commandHarness();
    const { ports, prompts, pool, children } = harness;
    inBackground(harness, 'One');
    await children.held('One');
    await commandTable(ports).pause(undefined);
    assert.ok(pool.paused);
    assert.deepEqual(prompts.messages, ['Paused: nothing new starts until you resume. 1 delegation still running.']);
    await commandTable(ports).resume(undefined);
    assert.ok(!pool.paused);
  });

  it('Select Model marks the current one and picks the chosen one', async () => {
    const { ports, prompts, done } = commandHarness({ answers: ['Large'] });
    await commandTable(ports).selectModel(undefined);
    assert.deepEqual(prompts.offered, [{ title: 'Select Model', labels: ['Large'] }]);
    assert.deepEqual(done, ['pick acme/large']);
  });

  it('Clear Finished says so where there is nothing to clear', async () => {
    const { ports, prompts } = commandHarness();
    await commandTable(ports).clearFinished(undefined);
    assert.deepEqual(prompts.messages, ['There is nothing finished to clear.']);
  });
});
