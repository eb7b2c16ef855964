import assert from 'node:assert/strict';
import { delegates, gate, wordsOf } from '../../fakes/agentScript';
import { assertLegal } from '../../fakes/promptRules';
import { TestEngine } from '../../fakes/testEngine';
import { until } from '../../fakes/until';

const roles = ({ session }: TestEngine): readonly string[] =>
  session.entries.map(({ entry }) => (entry.role === 'user' ? `user, ${entry.origin}` : entry.role));

const lastNotice = ({ session }: TestEngine): string => {
  const notice = session.entries.map(({ entry }) => entry).findLast((entry) => entry.role === 'notice');
  return notice?.role === 'notice' ? notice.text : '';
};

describe('after a reload', () => {
  it('a session shows the same conversation and goes on from it', async () => {
    await using fanout = new TestEngine({
      main: [{ calls: [{ name: 'read_file', input: { path: 'a.ts' } }] }, 'It says hello.'],
    });
    await fanout.write('a.ts', 'hello\n');
    await fanout.say('Read a.ts.');
    const before = structuredClone(fanout.session.entries);
    const { record } = fanout.session;

    await fanout.reload({ main: ['Yes.'] });
    assert.deepEqual(fanout.session.entries, before);
    assert.deepEqual(fanout.session.record, record);
    await fanout.say('Are you sure?');
    const { prompt } = await fanout.mainRequest(1);
    assertLegal(prompt);
    assert.equal(prompt.length, 6);
  });

  it('the session used last is in front', async () => {
    await using fanout = new TestEngine({ main: ['One.', 'Two.', 'Three.'] });
    const first = fanout.session;
    await fanout.say('one');
    fanout.clock.advance(1000);
    await fanout.say('two', fanout.engine.sessions.create());
    fanout.clock.advance(1000);
    await fanout.say('three', first);
    await fanout.reload();
    assert.equal(fanout.session.id, first.id);
    assert.equal(fanout.engine.sessions.list().length, 2);
  });

  it('what ended with the window says so, and is delivered with what there was of it', async () => {
    const half = async function* (): AsyncGenerator<{ text: string }> {
      yield { text: 'Half of a' };
      await Promise.withResolvers<never>().promise;
    };
    await using fanout = new TestEngine({
      main: [delegates('a'), 'It runs.'],
      children: { a: [half()] },
      delegation: { resume: 'never' },
    });
    await fanout.say('Delegate a.');
    await until(() => fanout.delegation.children[0]?.progress.lastText !== '', fanout.engine.pool.onDidChange);
    await fanout.reload({ main: ['It was cut off.'] });
    assert.equal(fanout.delegation.status, 'interrupted');
    fanout.engine.start();
    const block = (await fanout.mainRequest(1)).prompt.at(-1);
    assert.match(block === undefined ? '' : wordsOf(block), /VS Code was closed while this ran[^]*Half of a/);
    await fanout.idle();
  });
});

describe('after a crash', () => {
  it('a turn that was cut off between a call and its result is mended, and told', async () => {
    await using fanout = new TestEngine({
      main: [{ calls: [{ name: 'write_file', input: { path: 'a.md', content: 'a' } }] }],
      settings: { approvals: { edits: 'ask', commands: 'ask', allowedCommands: [] } },
    });
    const asked = new Promise<void>((resolve) => fanout.engine.approvals.onDidChange(resolve));
    fanout.session.send('Write a.md.');
    await asked;
    fanout.crash({ main: ['Let me look.'] });
    assert.deepEqual(roles(fanout), ['user, user', 'assistant', 'tool', 'notice']);
    const answer = fanout.session.entries[2]?.entry;
    assert.ok(answer?.role === 'tool');
    assert.match(answer.results[0]?.text ?? '', /may have taken effect in part/);
    assert.match(lastNotice(fanout), /^VS Code was closed while the agent worked\. Nothing is repeated by itself/);

    fanout.engine.start();
    assert.equal(fanout.mainRequests.length, 0, 'nothing runs twice by itself');
    await fanout.say('Go on.');
    assertLegal((await fanout.mainRequest(1)).prompt);
    fanout.crash();
    assert.equal(roles(fanout).filter((role) => role === 'tool').length, 1, 'it is mended once');
  });

  it('a turn that was cut off before the first reply is told once', async () => {
    await using fanout = new TestEngine({ main: [gate().answer] });
    fanout.session.send('Hello.');
    await fanout.mainRequest(1);
    fanout.crash();
    assert.deepEqual(roles(fanout), ['user, user', 'notice']);
    fanout.crash();
    assert.deepEqual(roles(fanout), ['user, user', 'notice']);
  });

  it('C37 what was finished and not delivered is delivered once', async () => {
    const reply = gate();
    await using fanout = new TestEngine({ main: [delegates('a'), reply.answer], children: { a: ['done a'] } });
    fanout.session.send('Delegate a.');
    await fanout.mainRequest(2);
    await fanout.over();
    fanout.crash({ main: ['a is here.'] });
    assert.equal(fanout.delegation.status, 'completed');
    assert.equal(fanout.delegation.delivery, 'pending');
    fanout.engine.start();
    await fanout.mainRequest(1);
    await fanout.idle();
    assert.equal(roles(fanout).filter((role) => role === 'user, completion').length, 1);

    fanout.crash();
    fanout.engine.start();
    assert.equal(fanout.session.state, 'idle');
    assert.equal(fanout.delegation.delivery, 'delivered');
    assert.equal(roles(fanout).filter((role) => role === 'user, completion').length, 1);
  });

  it('C37 what ran is unknown, with the steps that were recorded; what had finished in it is whole', async () => {
    await using fanout = new TestEngine({
      main: [delegates('a', 'b'), 'Both run.'],
      children: { a: ['done a'], b: [[{ text: 'Looking.' }, list], gate().answer] },
    });
    await fanout.say('Delegate a and b.');
    const finished = () => fanout.delegation.children.map(({ state }) => state.status).join();
    await until(
      () => finished() === 'completed,running' && fanout.delegation.children[1]?.progress.modelCalls === 2,
      fanout.engine.pool.onDidChange,
    );
    fanout.crash({ main: ['I see.'] });
    assert.equal(fanout.delegation.status, 'unknown');
    const [a, b] = fanout.delegation.children.map(({ state }) => state);
    assert.ok(a && b && 'summary' in a && 'summary' in b);
    assert.deepEqual([a.status, a.summary], ['completed', 'done a']);
    assert.deepEqual([b.status, b.exitReason, b.summary], ['unknown', 'lost', 'Looking.']);
    assert.equal(fanout.engine.transcripts.load(`${fanout.delegation.id}.2`).length, 3);

    fanout.engine.start();
    const block = (await fanout.mainRequest(1)).prompt.at(-1);
    const text = block === undefined ? '' : wordsOf(block);
    assert.match(text, /done a/);
    assert.match(text, /Status: unknown \(lost\)[^]*VS Code was closed while this ran/);
    await fanout.idle();
    assert.equal(fanout.model.requests.length, 1, 'no child ran again');
  });

  it('what was typed and not begun is begun, in order', async () => {
    await using fanout = new TestEngine({ main: [gate().answer] });
    for (const text of ['one', 'two', 'three']) fanout.session.send(text);
    await fanout.mainRequest(1);
    fanout.crash({ main: ['Two.', 'Three.'] });
    fanout.engine.start();
    await fanout.idle();
    const typed = fanout.session.entries.flatMap(({ entry }) => (entry.role === 'user' ? [entry.text] : []));
    assert.deepEqual(typed, ['one', 'two', 'three']);
    assert.equal(fanout.mainRequests.length, 2, 'what was begun before is not repeated');
    for (const { prompt } of fanout.mainRequests) assertLegal(prompt);
  });
});

const list = { calls: [{ name: 'list_files', input: {} }] };

describe('results that nobody took for two days', () => {
  it('are shown, not put into the conversation, and can be sent there by hand', async () => {
    const child = gate();
    await using fanout = new TestEngine({
      main: [delegates('a'), 'It runs.'],
      children: { a: [child.answer] },
      delegation: { resume: 'never' },
    });
    await fanout.say('Delegate a.');
    await fanout.childRequest('a');
    await fanout.reload({ main: ['At last.'] });
    const { id } = fanout.delegation;
    fanout.clock.advance(49 * 60 * 60 * 1000);
    await fanout.reload({ main: ['At last.'] });
    fanout.engine.start();
    await fanout.idle();
    assert.equal(fanout.delegation.delivery, 'undelivered');
    assert.equal(fanout.mainRequests.length, 0);

    assert.ok(fanout.engine.completions.readdress(id, fanout.session.id));
    await fanout.idle();
    assert.equal(fanout.delegation.delivery, 'delivered');
    assert.equal(fanout.mainRequests.length, 1);
  });
});
