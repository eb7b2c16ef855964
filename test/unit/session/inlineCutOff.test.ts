import assert from 'node:assert/strict';
import { gate, wordsOf } from '../../fakes/agentScript';
import { assertLegal } from '../../fakes/promptRules';
import { TestEngine } from '../../fakes/testEngine';
import { until } from '../../fakes/until';

const two = { calls: ['a', 'b'].map((goal) => ({ name: 'delegate_task', input: { goal } })) };

/** A turn that waits: `a` runs in the background and `b`, for which no slot is left, inline. */
async function inlineTurn() {
  const [a, b] = [gate(), gate()];
  const fanout = new TestEngine({
    main: [two, 'Both are done.'],
    children: { a: [a.answer], b: [b.answer] },
    delegation: { maxAsyncDelegations: 1 },
  });
  fanout.session.send('Delegate a and b.');
  await fanout.childRequest('a');
  await fanout.childRequest('b');
  assert.equal(fanout.delegation.mode, 'inline');
  return { fanout, a, b, inline: fanout.delegation.id };
}

const completionsOf = ({ session }: TestEngine, id: string): readonly string[] =>
  session.entries.flatMap(({ entry }) => (entry.role === 'user' && entry.delegationId === id ? [entry.text] : []));

/** Everything that waits is delivered. */
async function settle(fanout: TestEngine): Promise<void> {
  fanout.engine.start();
  const { pool, sessions } = fanout.engine;
  await until(
    () => pool.list().every(({ mode, delivery }) => mode !== 'background' || delivery === 'delivered'),
    pool.onDidChange,
    sessions.onDidChange,
  );
  await fanout.idle();
}

describe('a delegation that ran inline when its turn was cut off', () => {
  it('C37 comes back by itself, once, for no turn waits for it any more', async () => {
    const { fanout, inline } = await inlineTurn();
    await using _fanout = fanout;
    fanout.crash({ main: ['I see.', 'I see that too.'] });
    await settle(fanout);
    assert.equal(fanout.engine.pool.get(inline)?.status, 'unknown');
    assert.match(completionsOf(fanout, inline).join(), /unknown[^]*VS Code was closed while this ran/);

    fanout.crash();
    await settle(fanout);
    assert.equal(completionsOf(fanout, inline).length, 1);
    assert.equal(fanout.model.requests.length, 0);
  });

  it('C37 is not lost where it had finished and another call of the turn had not', async () => {
    const b = gate();
    await using fanout = new TestEngine({
      main: [{ calls: [...two.calls, { name: 'run_command', input: { command: 'true' } }] }],
      children: { a: [gate().answer], b: [b.answer] },
      delegation: { maxAsyncDelegations: 1 },
      settings: { approvals: { edits: 'ask', commands: 'ask', allowedCommands: [] } },
    });
    fanout.session.send('Delegate a and b, and ask me.');
    await fanout.childRequest('b');
    const inline = fanout.delegation.id;
    b.open('b is done.');
    await fanout.over(inline);
    fanout.crash({ main: ['I see.', 'I see that too.'] });
    await settle(fanout);
    assert.equal(fanout.engine.pool.get(inline)?.status, 'completed');
    assert.match(completionsOf(fanout, inline).join(), /b is done\./);
    for (const { prompt } of fanout.mainRequests) assertLegal(prompt);
  });

  it('does not come back where its turn got the results', async () => {
    const { fanout, b, inline } = await inlineTurn();
    await using _fanout = fanout;
    b.open('b is done.');
    await fanout.mainRequest(2);
    fanout.crash({ main: ['I see.'] });
    await settle(fanout);
    assert.deepEqual(completionsOf(fanout, inline), []);
  });

  it('does not come back where the user stopped it with its turn', async () => {
    const { fanout, inline } = await inlineTurn();
    await using _fanout = fanout;
    fanout.session.stop();
    await fanout.idle();
    fanout.crash({ main: ['I see.'] });
    await settle(fanout);
    assert.equal(fanout.engine.pool.get(inline)?.status, 'interrupted');
    assert.deepEqual(completionsOf(fanout, inline), []);
    assert.ok(wordsOf((await fanout.mainRequest(1)).prompt.at(-1) ?? never()).includes('unknown'), 'a came back');
  });

  it('is not taken away from the window whose turn waits for it', async () => {
    const { fanout, b, inline } = await inlineTurn();
    await using first = fanout;
    await using second = new TestEngine({ beside: first });
    second.engine.refresh();
    assert.ok(second.engine.pool.isElsewhere(inline));
    b.open('b is done.');
    await first.mainRequest(2);
    second.engine.refresh();
    assert.deepEqual(second.engine.completions.addressees(), []);
  });
});

function never(): never {
  throw new Error('There is no prompt.');
}
