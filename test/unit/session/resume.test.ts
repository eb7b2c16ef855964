import assert from 'node:assert/strict';
import type { Delegation } from '../../../src/delegation/delegation';
import { delegates, gate, wordsOf } from '../../fakes/agentScript';
import { assertLegal } from '../../fakes/promptRules';
import type { ScriptedReply } from '../../fakes/scriptedModel';
import { TestEngine } from '../../fakes/testEngine';
import { until } from '../../fakes/until';

const MINUTE = 60_000;
const list = { calls: [{ name: 'list_files', input: {} }] } satisfies ScriptedReply;

/** The line of a block that follows one which said that nobody knows. */
const AFTER_UNKNOWN = /^You were told earlier that this was cut off \(unknown\)/m;

const completionsIn = ({ session }: TestEngine): readonly string[] =>
  session.entries.flatMap(({ entry }) => (entry.role === 'user' && entry.origin === 'completion' ? [entry.text] : []));

const statusesOf = ({ children }: Delegation): readonly string[] => children.map(({ state }) => state.status);

const summariesOf = ({ children }: Delegation): readonly string[] =>
  children.map(({ state }) => ('summary' in state ? state.summary : ''));

/** Everything that runs has come to its end and was delivered. */
async function delivered(fanout: TestEngine): Promise<void> {
  const { pool, sessions } = fanout.engine;
  const isDone = () => pool.list().every(({ mode, delivery }) => mode !== 'background' || delivery === 'delivered');
  await until(isDone, pool.onDidChange, sessions.onDidChange);
  await fanout.idle();
}

/** Of a batch, a is done, b is in its second step. */
async function halfDone(options: ConstructorParameters<typeof TestEngine>[0] = {}): Promise<TestEngine> {
  const fanout = new TestEngine({
    main: [delegates('a', 'b'), 'Both run.'],
    children: { a: ['A is done.'], b: [[{ text: 'Looking.' }, list], gate().answer] },
    ...options,
  });
  await fanout.say('Delegate a and b.');
  await until(
    () =>
      fanout.delegation.children[0]?.state.status === 'completed' &&
      fanout.delegation.children[1]?.progress.modelCalls === 2,
    fanout.engine.pool.onDidChange,
  );
  return fanout;
}

describe('C68 after a reload in the middle of a fan-out', () => {
  it('the same delegation goes on with the same children from their last whole step, and comes back once', async () => {
    await using fanout = await halfDone();
    const before = fanout.delegation;
    await fanout.reload({ main: ['Both are done.'], children: { b: ['B is done.'] } });
    assert.deepEqual([fanout.delegation.status, statusesOf(fanout.delegation)], ['running', ['completed', 'running']]);
    assert.equal(fanout.model.requests.length, 0, 'nothing runs before the workspace is known to be trusted');

    fanout.clock.advance(9 * MINUTE);
    fanout.engine.start();
    await delivered(fanout);
    const after = fanout.delegation;
    assert.equal(fanout.engine.pool.list().length, 1);
    assert.deepEqual([after.id, after.children.map(({ id }) => id)], [before.id, before.children.map(({ id }) => id)]);
    assert.deepEqual([after.status, summariesOf(after)], ['completed', ['A is done.', 'B is done.']]);
    assert.equal(completionsIn(fanout).length, 1);
    const [b, ...others] = fanout.model.requests.filter(({ prompt }) =>
      wordsOf(prompt[1] ?? assert.fail()).startsWith('b'),
    );
    assert.ok(b !== undefined && others.length === 0, 'no child repeats a step');
    assert.deepEqual(
      b.prompt.map(({ role }) => role),
      ['system', 'user', 'assistant', 'tool'],
    );
    assertLegal(b.prompt);
    const { progress, state } = after.children[1] ?? assert.fail();
    assert.equal(progress.modelCalls, 3, 'the request that was cut off was made as well');
    assert.ok('endedAt' in state);
    assert.equal(state.endedAt - (state.startedAt ?? 0), 0, 'the time in which nothing ran does not count');

    await fanout.reload();
    fanout.engine.start();
    assert.equal(completionsIn(fanout).length, 1);
    assert.equal(fanout.model.requests.length, 0);
  });

  it('a tool call that was cut off is answered as interrupted', async () => {
    const asks = { edits: 'ask', commands: 'ask', allowedCommands: [] } as const;
    await using fanout = new TestEngine({
      main: [delegates('a'), 'It runs.'],
      children: { a: [{ calls: [{ name: 'write_file', input: { path: 'a.md', content: 'a' } }] }] },
      settings: { approvals: asks },
    });
    const asked = new Promise<void>((resolve) => fanout.engine.approvals.onDidChange(resolve));
    await fanout.say('Delegate a.');
    await asked;
    await fanout.reload({ main: ['Good.'], children: { a: ['I looked.'] } });
    fanout.engine.start();
    await delivered(fanout);
    const { prompt } = await fanout.childRequest('a');
    assertLegal(prompt);
    assert.match(JSON.stringify(prompt.at(-1)), /may have taken effect: look before you repeat it/);
    assert.deepEqual(
      fanout.delegation.children[0]?.progress.toolTrace.map(({ status }) => status),
      ['interrupted'],
    );
  });

  it('what is half said is said anew, and what waits to be said to an agent is', async () => {
    const half = async function* (): AsyncGenerator<{ text: string }> {
      yield { text: 'Half a' };
      await Promise.withResolvers<never>().promise;
    };
    await using fanout = new TestEngine({ main: [delegates('a'), 'It runs.'], children: { a: [half()] } });
    await fanout.say('Delegate a.');
    await until(() => fanout.delegation.children[0]?.progress.lastText === 'Half a', fanout.engine.pool.onDidChange);
    fanout.engine.pool.steer(`${fanout.delegation.id}.1`, 'Be brief.');
    await fanout.reload({ main: ['Good.'], children: { a: ['A whole sentence.'] } });
    assert.equal(fanout.delegation.children[0]?.progress.lastText, 'Half a');
    fanout.engine.start();
    await delivered(fanout);
    const { prompt } = await fanout.childRequest('a');
    assertLegal(prompt);
    assert.ok(prompt.map(wordsOf).join('\n').includes('Be brief.'));
    assert.ok(!prompt.map(wordsOf).join('\n').includes('Half a'));
    assert.deepEqual(summariesOf(fanout.delegation), ['A whole sentence.']);
  });

  it('what was queued keeps its place behind what ran, and slots are kept', async () => {
    const held = gate();
    await using fanout = new TestEngine({
      main: [{ calls: ['a', 'b', 'c'].map((goal) => ({ name: 'delegate_task', input: { goal } })) }, 'They run.'],
      children: { a: [held.answer] },
      delegation: { maxAsyncDelegations: 1, whenFull: 'queue' },
    });
    await fanout.say('Delegate.');
    await fanout.childRequest('a');
    const again = gate();
    await fanout.reload({ main: ['1', '2', '3'], children: { a: [again.answer], b: ['B'], c: ['C'] } });
    fanout.engine.start();
    await fanout.childRequest('a');
    assert.deepEqual(
      fanout.engine.pool.list().map(({ status }) => status),
      ['running', 'queued', 'queued'],
    );
    again.open('A');
    await delivered(fanout);
    assert.deepEqual(
      completionsIn(fanout).map((text) => /(?<id>deleg_\w+)/.exec(text)?.groups?.['id']),
      fanout.engine.pool.list().map(({ id }) => id),
    );
  });

  it('the limit of model requests goes on counting', async () => {
    await using fanout = await halfDone({ delegation: { maxIterations: 2 } });
    await fanout.reload({ main: ['I see.'], children: { b: [list, 'Too late.'] } });
    fanout.engine.start();
    await delivered(fanout);
    const [, b] = fanout.delegation.children;
    assert.ok(b !== undefined && 'exitReason' in b.state);
    assert.deepEqual([b.state.exitReason, b.state.summary], ['max_iterations', 'Looking.']);
  });

  it('an orchestrator gets the results of what it waited for in the answer to its call', async () => {
    const orchestrates: ScriptedReply = {
      calls: [{ name: 'delegate_task', input: { goal: 'o', role: 'orchestrator' } }],
    };
    const nests: ScriptedReply = {
      calls: [
        { name: 'delegate_task', input: { goal: 'x' } },
        { name: 'delegate_task', input: { goal: 'y' } },
        { name: 'list_files', input: {} },
      ],
    };
    await using fanout = new TestEngine({
      main: [orchestrates, 'It runs.'],
      children: { o: [nests], x: ['X'], y: [list, gate().answer] },
      delegation: { maxSpawnDepth: 2 },
    });
    await fanout.say('Delegate.');
    const nested = (goal: string) => fanout.engine.pool.list().find(({ children }) => children[0]?.task.goal === goal);
    await until(
      () => nested('x')?.status === 'completed' && nested('y')?.children[0]?.progress.modelCalls === 2,
      fanout.engine.pool.onDidChange,
    );
    const ids = fanout.engine.pool.list().map(({ id }) => id);
    await fanout.reload({ main: ['Good.'], children: { o: ['O has X and Y.'], y: ['Y'] } });
    fanout.engine.start();
    await delivered(fanout);
    assert.deepEqual(
      fanout.engine.pool.list().map(({ id }) => id),
      ids,
    );
    const { prompt } = await fanout.childRequest('o');
    assertLegal(prompt);
    const answers = JSON.stringify(prompt.at(-1));
    assert.match(answers, new RegExp(`${nested('x')?.id}[^]*${nested('y')?.id}[^]*may have taken effect`));
    assert.deepEqual(summariesOf(fanout.engine.pool.list()[0] ?? assert.fail()), ['O has X and Y.']);
    assert.equal(completionsIn(fanout).length, 1);
    assert.deepEqual(fanout.faults, []);
  });

  it('nothing of it goes on in the window that closes, whatever another one writes meanwhile', async () => {
    await using fanout = await halfDone();
    const { engine } = fanout;
    engine.start();
    const closed = engine.close();
    engine.refresh();
    assert.notEqual(engine.pool.list()[0]?.suspendedAt, undefined);
    await closed;
    fanout.crash({ main: ['Both are done.'], children: { b: ['B is done.'] } });
    fanout.engine.start();
    await delivered(fanout);
    assert.deepEqual(summariesOf(fanout.delegation), ['A is done.', 'B is done.']);
    assert.equal(completionsIn(fanout).length, 1);
  });

  it('what ran inline comes back as a message: its turn is over', async () => {
    await using fanout = new TestEngine({
      main: [{ calls: ['a', 'b'].map((goal) => ({ name: 'delegate_task', input: { goal } })) }],
      children: { a: [gate().answer], b: [gate().answer] },
      delegation: { maxAsyncDelegations: 1 },
    });
    fanout.session.send('Delegate a and b.');
    await fanout.childRequest('b');
    assert.equal(fanout.delegation.mode, 'inline');
    await fanout.reload({ main: ['1', '2'], children: { a: ['A'], b: ['B'] } });
    fanout.engine.start();
    await delivered(fanout);
    assert.deepEqual(fanout.engine.pool.list().map(summariesOf), [['A'], ['B']]);
    assert.equal(completionsIn(fanout).length, 2);
    for (const { prompt } of fanout.mainRequests) assertLegal(prompt);
  });

  it('nothing goes on in a workspace that is not trusted; what waits can be cancelled there', async () => {
    await using fanout = await halfDone();
    await fanout.reload({ main: ['I see.'] });
    fanout.engine.refresh();
    assert.equal(fanout.model.requests.length, 0);
    assert.ok(fanout.engine.pool.cancel(fanout.delegation.id));
    assert.deepEqual(statusesOf(fanout.delegation), ['completed', 'interrupted']);
    await fanout.idle();
  });

  it('another window that is open goes on with it, and only that one', async () => {
    await using first = await halfDone();
    await using second = new TestEngine({ beside: first, main: ['Both are done.'], children: { b: ['B is done.'] } });
    second.engine.start();
    await first.engine.close();
    second.engine.refresh();
    const { id } = second.delegation;
    const third = new TestEngine({ beside: first });
    third.engine.start();
    await delivered(second);
    assert.deepEqual(summariesOf(second.engine.pool.get(id) ?? assert.fail()), ['A is done.', 'B is done.']);
    assert.equal(third.model.requests.length, 0);
    await third.engine.close();
  });
});

describe('C69 where nothing goes on by itself', () => {
  const cutOff: Readonly<Record<string, (fanout: TestEngine) => Promise<void> | void>> = {
    'after a crash': (fanout) => fanout.crash({ main: ['I see.'] }),
    'after a reload that is longer ago': async (fanout) => {
      await fanout.reload();
      fanout.clock.advance(11 * MINUTE);
      fanout.crash({ main: ['I see.'] });
    },
    'because the user wants to be asked': async (fanout) => {
      fanout.settings = { ...fanout.settings, delegation: { ...fanout.settings.delegation, resume: 'ask' } };
      await fanout.reload({ main: ['I see.'] });
    },
  };
  for (const [when, cut] of Object.entries(cutOff)) {
    it(`${when}, Resume goes on in place, and it comes back once more`, async () => {
      await using fanout = await halfDone();
      const before = fanout.delegation;
      await cut(fanout);
      fanout.engine.start();
      await delivered(fanout);
      assert.deepEqual(
        [fanout.delegation.status, statusesOf(fanout.delegation)],
        ['unknown', ['completed', 'unknown']],
      );
      assert.equal(fanout.model.requests.length, 1, 'the agent reads it, and nothing else runs');
      assert.equal(completionsIn(fanout).length, 1);

      const said = fanout.session.entries.length;
      fanout.model = fanout.modelOf({ main: ['Both are done.'], children: { b: ['B is done.'] } });
      assert.equal(fanout.engine.resumeWork(before.id), undefined);
      assert.notEqual(fanout.engine.resumeWork(before.id), undefined, 'once');
      await delivered(fanout);
      const after = fanout.delegation;
      assert.deepEqual(
        [after.id, after.children.map(({ id }) => id)],
        [before.id, before.children.map(({ id }) => id)],
      );
      assert.deepEqual([after.status, summariesOf(after)], ['completed', ['A is done.', 'B is done.']]);
      const [cutOff, resumed, ...others] = completionsIn(fanout);
      assert.deepEqual(others, [], 'what was delivered stays');
      assert.doesNotMatch(cutOff ?? '', AFTER_UNKNOWN);
      assert.match(resumed ?? '', AFTER_UNKNOWN);
      assert.ok(fanout.session.entries.length > said);
      for (const { prompt } of fanout.model.requests) assertLegal(prompt);

      fanout.crash();
      fanout.engine.start();
      assert.equal(fanout.delegation.delivery, 'delivered');
      assert.equal(completionsIn(fanout).length, 2);
      assert.notEqual(fanout.engine.resumeWork(before.id), undefined);
    });
  }

  it('a crash while what was resumed runs leaves it unknown once more, delivered, and resumable', async () => {
    await using fanout = await halfDone();
    fanout.crash({ main: ['I see.'] });
    fanout.engine.start();
    await delivered(fanout);
    fanout.model = fanout.modelOf({ children: { b: [gate().answer] } });
    fanout.engine.resumeWork(fanout.delegation.id);
    await fanout.childRequest('b');
    fanout.crash({ main: ['I see that too.'] });
    fanout.engine.start();
    await delivered(fanout);
    assert.equal(completionsIn(fanout).length, 2);
    fanout.model = fanout.modelOf({ main: ['Done.'], children: { b: ['B is done.'] } });
    assert.equal(fanout.engine.resumeWork(fanout.delegation.id), undefined);
    await delivered(fanout);
    assert.deepEqual(summariesOf(fanout.delegation), ['A is done.', 'B is done.']);
  });

  it('what was not delivered yet is withdrawn by Resume, and comes once', async () => {
    await using fanout = await halfDone();
    fanout.crash({ main: ['Done.'], children: { b: ['B is done.'] } });
    assert.equal(fanout.delegation.delivery, 'pending');
    assert.equal(fanout.engine.resumeWork(fanout.delegation.id), undefined);
    fanout.engine.start();
    await delivered(fanout);
    assert.equal(completionsIn(fanout).length, 1);
    assert.doesNotMatch(completionsIn(fanout)[0] ?? '', AFTER_UNKNOWN);
    assert.deepEqual(summariesOf(fanout.delegation), ['A is done.', 'B is done.']);
  });

  it('of two windows that show it, one resumes it', async () => {
    await using first = await halfDone();
    first.crash({ main: ['I see.'] });
    first.engine.start();
    await delivered(first);
    await using second = new TestEngine({ beside: first });
    second.engine.start();
    const { id } = first.delegation;
    assert.equal(second.engine.pool.get(id)?.status, 'unknown');
    const held = gate();
    first.model = first.modelOf({ main: ['Done.'], children: { b: [held.answer] } });
    assert.equal(first.engine.resumeWork(id), undefined);
    await first.childRequest('b');
    assert.notEqual(second.engine.resumeWork(id), undefined);
    second.engine.refresh();
    assert.ok(second.engine.pool.isElsewhere(id));
    assert.equal(second.engine.pool.get(id)?.status, 'running');
    held.open('B is done.');
    await delivered(first);
    second.engine.refresh();
    assert.equal(second.engine.pool.get(id)?.status, 'completed');
    assert.equal(second.model.requests.length, 0);
  });

  it('where the user wants nothing to go on, it is interrupted', async () => {
    await using fanout = await halfDone({ delegation: { resume: 'never' } });
    await fanout.reload({ main: ['I see.'] });
    assert.deepEqual(statusesOf(fanout.delegation), ['completed', 'interrupted']);
    assert.notEqual(fanout.engine.resumeWork(fanout.delegation.id), undefined);
  });
});
