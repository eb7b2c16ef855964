import assert from 'node:assert/strict';
import { attachSelection, delegateSelection, delegateTask, delegateTasks } from '../../../src/vscode/delegateCommands';
import { until } from '../../fakes/until';
import { commandHarness } from './commandHarness';

const selection = {
  path: 'src/cart.ts',
  text: 'const a = `x`;\n',
  firstLine: 3,
  lastLine: 4,
  language: 'typescript',
};

describe('Delegate Task…', () => {
  it('dispatches what was typed and shows its row', async () => {
    const { ports, done } = commandHarness({ answers: ['  Read the cart  '] });
    await delegateTask(ports);
    assert.deepEqual(done, ['delegate ["Read the cart"] ""', 'show deleg_11111111']);
  });

  it('starts nothing when it is dismissed or left empty', async () => {
    for (const answer of [undefined, '  ']) {
      const { ports, done } = commandHarness({ answers: [answer] });
      await delegateTask(ports);
      assert.deepEqual(done, []);
    }
  });

  it('says why in an untrusted workspace, before anything is typed, and offers to manage the trust', async () => {
    const { ports, prompts, done } = commandHarness({ untrusted: true, wait: true });
    const running = delegateTask(ports);
    assert.match(prompts.messages[0] ?? '', /this workspace is not trusted/);
    prompts.shown[0]?.click('Manage Workspace Trust');
    await running;
    assert.deepEqual(done, ['manage trust']);
    assert.deepEqual(prompts.asked, []);
  });

  it('shows why a dispatch was refused', async () => {
    const { ports, prompts } = commandHarness({ answers: ['Go'], refusal: 'No such role.' });
    await delegateTask(ports);
    assert.deepEqual(prompts.messages, ['Nothing was delegated: No such role.']);
  });

  it('offers to resume while delegating is paused, and then delegates what was typed', async () => {
    const { ports, pool, prompts, done } = commandHarness({ answers: ['Go'], wait: true });
    pool.pause();
    const running = delegateTask(ports);
    await until(() => prompts.shown.length > 0, prompts.onDidShow);
    assert.deepEqual(prompts.messages, ['Nothing was delegated: delegating is paused.']);
    assert.deepEqual(done, []);
    prompts.shown[0]?.click('Resume and Delegate');
    await running;
    assert.deepEqual(done, ['delegate ["Go"] ""', 'show deleg_11111111']);
  });
});

describe('Delegate Tasks…', () => {
  it('asks for tasks until one is left empty, and dispatches them as one', async () => {
    const { ports, prompts, done } = commandHarness({ answers: ['One', 'Two', ''] });
    await delegateTasks(ports);
    assert.equal(prompts.asked.length, 3);
    assert.match(prompts.asked[2]?.prompt ?? '', /leave it empty to start 2 tasks/);
    assert.equal(done[0], 'delegate ["One","Two"] ""');
  });

  it('starts nothing when it is dismissed on the way', async () => {
    const { ports, done } = commandHarness({ answers: ['One', undefined] });
    await delegateTasks(ports);
    assert.deepEqual(done, []);
  });
});

describe('Delegate Selection…', () => {
  it('gives the selection as context, with its place', async () => {
    const { ports, prompts, done } = commandHarness({ answers: ['Test it'], selection });
    await delegateSelection(ports);
    assert.equal(prompts.asked[0]?.prompt, 'What should be done with src/cart.ts, lines 3 to 4?');
    const context = 'src/cart.ts, lines 3 to 4:\n```typescript\nconst a = `x`;\n\n```';
    assert.equal(done[0], `delegate ["Test it"] ${JSON.stringify(context)}`);
  });

  it('says so when nothing is selected', async () => {
    const { ports, prompts } = commandHarness();
    await delegateSelection(ports);
    assert.deepEqual(prompts.messages, ['Select some text in an editor first.']);
  });
});

describe('Attach Selection to Chat', () => {
  it('puts it into the message box', async () => {
    const { ports, done } = commandHarness({ selection: { ...selection, text: 'x', lastLine: 3 } });
    await attachSelection(ports);
    assert.deepEqual(done, ['insert src/cart.ts, line 3:\n```typescript\nx\n```\n']);
  });
});
