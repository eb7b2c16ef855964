import assert from 'node:assert/strict';
import { textOf } from '../../../src/agent/messages';
import { ModelError } from '../../../src/agent/model';
import type { Step } from '../../fakes/modelServerWords';
import { ScriptedModel } from '../../fakes/scriptedModel';
import { calls, callsIn, pathTool, readCall, readFile, resultsIn, rolesOf, start, textIn, user } from './runHarness';

describe('an agent run', () => {
  it('streams its text and ends with it', async () => {
    const text = 'A text that comes in more than one delta, as they do.';
    const model = new ScriptedModel(
      [[{ reasoning: 'Hm.' }, { text }, { usage: { input: 10, output: 5, cached: 4 } }]],
      {
        price: { input: 1, output: 2 },
      },
    );
    const { outcome, transcript, events } = start(model);
    assert.deepEqual(await outcome, { status: 'completed', exitReason: 'completed', text });
    assert.equal(textIn(events), text);
    assert.ok(events.filter(({ type }) => type === 'text').length > 1);
    assert.deepEqual([...new Set(events.map(({ type }) => type))], ['request', 'sent', 'reasoning', 'text', 'usage']);
    assert.deepEqual(events.at(-1), {
      type: 'usage',
      tokens: { input: 10, output: 5, cached: 4 },
      costUsd: (10 + 2 * 5) / 1e6,
    });
    assert.deepEqual(transcript.at(-1), {
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: 'Hm.' },
        { type: 'text', text },
      ],
      model: 'test/scripted',
      usage: { tokens: { input: 10, output: 5, cached: 4 }, costUsd: (10 + 2 * 5) / 1e6 },
    });
  });

  it('answers parallel calls side by side, each with exactly one result, in the order of the calls', async () => {
    const gates = new Map(['a', 'b', 'c'].map((path) => [path, Promise.withResolvers<string>()]));
    const bothRun = Promise.withResolvers<void>();
    const running: string[] = [];
    const slow = pathTool('slow', (path) => {
      if (running.push(path) === 3) bothRun.resolve();
      return gates.get(path)?.promise ?? '';
    });
    const model = new ScriptedModel([
      calls(['slow', { path: 'a' }], ['slow', { path: 'b' }], ['slow', { path: 'c' }]),
      'Done.',
    ]);
    const { outcome, transcript, events } = start(model, { tools: [slow] });
    await bothRun.promise;
    for (const path of ['c', 'a', 'b']) gates.get(path)?.resolve(path.toUpperCase());
    await outcome;
    assert.deepEqual(
      resultsIn(transcript).map(({ text }) => text),
      ['A', 'B', 'C'],
    );
    assert.deepEqual(
      resultsIn(transcript).map(({ callId }) => callId),
      callsIn(transcript).map(({ id }) => id),
    );
    assert.deepEqual(
      events.flatMap((event) => (event.type === 'tool-started' ? [event.target] : [])),
      ['a', 'b', 'c'],
    );
    assert.equal(events.filter(({ type }) => type === 'tool-finished').length, 3);
  });

  it('C53 answers every call that cannot be run too: unknown tool, malformed or wrong arguments, a tool that throws', async () => {
    const broken = pathTool('broken', () => {
      throw new Error('no such thing');
    });
    const model = new ScriptedModel([
      calls(
        ['rm', {}],
        ['read_file', '{"path": '],
        ['read_file', '[1]'],
        ['read_file', { path: { of: 'a file' } }],
        ['broken', { path: 'a' }],
        ['read_file', { path: 'b' }],
      ),
      'Done.',
    ]);
    const { outcome, transcript } = start(model, { tools: [readFile, broken] });
    assert.equal((await outcome).status, 'completed');
    const results = resultsIn(transcript);
    assert.deepEqual(
      results.map(({ callId }) => callId),
      callsIn(transcript).map(({ id }) => id),
    );
    assert.deepEqual(
      results.map(({ status }) => status),
      ['error', 'error', 'error', 'error', 'error', 'ok'],
    );
    const [unknown, malformed, list, wrong, thrown, fine] = results.map(({ text }) => text);
    assert.equal(unknown, 'There is no tool named rm. The tools are: read_file, broken.');
    assert.match(malformed ?? '', /^The arguments were not valid JSON: /);
    assert.equal(list, 'The arguments were not valid JSON: expected an object, got an array');
    assert.match(wrong ?? '', /^The arguments of read_file are not valid: path: .*\.$/);
    assert.equal(thrown, 'broken failed: no such thing');
    assert.equal(fine, 'The text of b.');
    // Providers take objects only as arguments.
    const inputs = model.requests[1]?.prompt.flatMap((message) =>
      message.role === 'assistant'
        ? message.content.flatMap((part) => (part.type === 'tool-call' ? [part.input] : []))
        : [],
    );
    assert.ok(inputs?.every((input) => typeof input === 'object' && !Array.isArray(input)));
  });

  it('C53 answers a call that repeats another one with the same words', async () => {
    const model = new ScriptedModel([calls(['read_file', { path: 'a' }], ['read_file', { path: 'a' }]), 'Done.']);
    const { outcome, transcript } = start(model, { tools: [readFile] });
    await outcome;
    assert.deepEqual(
      resultsIn(transcript).map(({ text }) => text),
      ['The text of a.', 'The text of a.'],
    );
  });

  it('keeps the partial text where it is interrupted while a reply streams', async () => {
    const turn = new AbortController();
    const gate = Promise.withResolvers<void>();
    const model = new ScriptedModel(() =>
      (async function* (): AsyncGenerator<Step> {
        yield { reasoning: 'Let me see.' };
        yield { text: 'Half a sen' };
        await gate.promise;
      })(),
    );
    const onEvent = (event: { type: string }) => event.type === 'text' && turn.abort();
    const { outcome, transcript } = start(model, { signal: turn.signal, onEvent });
    assert.deepEqual(await outcome, { status: 'interrupted', exitReason: 'interrupted', text: 'Half a sen' });
    assert.deepEqual(transcript.at(-1), {
      role: 'assistant',
      parts: [{ type: 'text', text: 'Half a sen' }],
      model: 'test/scripted',
      interrupted: true,
    });
    assert.equal(model.requests[0]?.signal?.aborted, true);
  });

  it('gives a call its one result where it is interrupted while the tool runs, and asks the model no more', async () => {
    const turn = new AbortController();
    const stuck = pathTool('stuck', (_path, _context, signal) => {
      turn.abort();
      return new Promise((_, reject) => reject(signal.reason as Error));
    });
    const model = new ScriptedModel([
      [{ text: 'I look.' }, calls(['stuck', { path: 'a' }], ['read_file', { path: 'b' }])],
    ]);
    const { outcome, transcript } = start(model, { tools: [stuck, readFile], signal: turn.signal });
    assert.deepEqual(await outcome, { status: 'interrupted', exitReason: 'interrupted', text: 'I look.' });
    assert.deepEqual(
      resultsIn(transcript).map(({ status, text }) => [status, text]),
      [
        ['interrupted', 'Interrupted while this tool ran; it may have taken effect in part.'],
        ['interrupted', 'Interrupted before this tool started.'],
      ],
    );
    assert.equal(model.requests.length, 1);
  });

  it('makes no request where it was interrupted before it began', async () => {
    const model = new ScriptedModel([]);
    const { outcome } = start(model, { signal: AbortSignal.abort() });
    assert.deepEqual(await outcome, { status: 'interrupted', exitReason: 'interrupted', text: '' });
    assert.equal(model.requests.length, 0);
  });

  it('ends as failed with the sentence and the kind of trouble where the model fails for good', async () => {
    const model = new ScriptedModel([
      [{ text: 'I begin.' }, readCall('a')],
      new ModelError('auth', 'acme refused the key.'),
    ]);
    const { outcome, transcript } = start(model, { tools: [readFile] });
    assert.deepEqual(await outcome, {
      status: 'failed',
      exitReason: 'error',
      text: 'I begin.',
      error: 'acme refused the key.',
      problem: 'auth',
    });
    assert.deepEqual(
      transcript.map(({ role }) => role),
      ['user', 'assistant', 'tool'],
    );
  });

  it('takes a stream that ends without having finished for a broken one', async () => {
    const { outcome, transcript } = start(new ScriptedModel([[{ text: 'Half' }, { cut: true }]]));
    const { status, text, error } = await outcome;
    assert.deepEqual([status, text, error], ['failed', 'Half', 'The stream ended before the reply was complete.']);
    const last = transcript.at(-1);
    assert.equal(last?.role === 'assistant' && last.interrupted, true);
  });

  it('ends as failed, and does not reject, where the transcript cannot be kept', async () => {
    const append = () => {
      throw new Error('disk full');
    };
    const { outcome } = start(new ScriptedModel(['Hello.']), { append });
    assert.deepEqual(await outcome, { status: 'failed', exitReason: 'error', text: '', error: 'disk full' });
  });

  it('C46 makes no more requests than maxIterations, and keeps what it said last', async () => {
    const model = new ScriptedModel(() => [{ text: 'One more.' }, readCall('a')]);
    const { outcome, transcript } = start(model, { tools: [readFile], maxIterations: 2 });
    const { status, exitReason, text } = await outcome;
    assert.deepEqual([status, exitReason, text], ['completed', 'max_iterations', 'One more.']);
    assert.equal(model.requests.length, 2);
    assert.equal(resultsIn(transcript).length, callsIn(transcript).length);
  });

  it('C48 asks before each request whether it may be made', async () => {
    const model = new ScriptedModel([[{ text: 'So far.' }, readCall('a')]]);
    const answers = [undefined, 'The budget is used up.'];
    const { outcome } = start(model, { tools: [readFile], refuseRequest: () => answers.shift() });
    assert.deepEqual(await outcome, {
      status: 'interrupted',
      exitReason: 'budget',
      text: 'So far.',
      error: 'The budget is used up.',
    });
    assert.equal(model.requests.length, 1);
  });

  it('C51 puts what the user adds before its next request, after the results', async () => {
    const waiting = [[], ['Use tabs.', 'Be quick.'], []];
    const model = new ScriptedModel([readCall('a'), 'Done.']);
    const { outcome, transcript } = start(model, { tools: [readFile], takeSteer: () => waiting.shift() ?? [] });
    await outcome;
    assert.deepEqual(
      transcript.map((message) => (message.role === 'user' ? `${message.origin}: ${message.text}` : message.role)),
      ['user: Go.', 'assistant', 'tool', 'steer: Use tabs.', 'steer: Be quick.', 'assistant'],
    );
    assert.deepEqual(rolesOf(model.requests[1]?.prompt ?? []), ['system', 'user', 'assistant', 'tool', 'user', 'user']);
  });

  // M12
  it('C64 ends as truncated where its final text was cut by the output limit', async () => {
    const { outcome, transcript } = start(new ScriptedModel([[{ text: 'Once upon' }, { finish: 'length' }]]));
    assert.deepEqual(await outcome, {
      status: 'completed',
      exitReason: 'completed',
      text: 'Once upon',
      truncated: true,
    });
    assert.equal(textOf(transcript.at(-1) ?? user('')), 'Once upon');
  });

  it('says that the content filter stopped a reply', async () => {
    const { outcome } = start(new ScriptedModel([[{ text: 'Well' }, { finish: 'content-filter' }]]));
    const { status, problem, text } = await outcome;
    assert.deepEqual([status, problem, text], ['failed', 'refused', 'Well']);
  });

  it('takes no arguments as empty ones', async () => {
    const model = new ScriptedModel([calls(['list', '']), 'Done.']);
    const { outcome, transcript } = start(model);
    await outcome;
    assert.deepEqual(callsIn(transcript)[0]?.input, {});
  });

  it('streams what a tool says while it runs, and tells which files it wrote', async () => {
    const make = pathTool('make', (path, context) => {
      context.onOutput('compiling');
      return { text: 'built', filesWritten: [path] };
    });
    const { outcome, events } = start(new ScriptedModel([calls(['make', { path: 'out' }]), 'Done.']), {
      tools: [make],
    });
    await outcome;
    const id = 'call_0_0';
    assert.ok(
      events.some((event) => event.type === 'tool-output' && event.callId === id && event.text === 'compiling'),
    );
    const finished = events.find((event) => event.type === 'tool-finished');
    assert.deepEqual(finished?.filesWritten, ['out']);
    assert.deepEqual(finished.result, { callId: id, toolName: 'make', status: 'ok', text: 'built' });
  });
});
