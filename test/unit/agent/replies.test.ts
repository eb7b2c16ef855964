import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import * as fc from 'fast-check';
import { textOf, type Message } from '../../../src/agent/messages';
import { GAVE_NO_TEXT } from '../../../src/agent/replyLack';
import { readReply, Reply } from '../../../src/agent/reply';
import { readCall as readInput } from '../../../src/agent/callInput';
import { ModelServer } from '../../fakes/modelServer';
import type { Step } from '../../fakes/modelServerWords';
import { assertGrowing, assertLegal } from '../../fakes/promptRules';
import type { ScriptedReply } from '../../fakes/scriptedModel';
import { ScriptedModel } from '../../fakes/scriptedModel';
import { modelOn } from '../models/endpointHarness';
import { calls, callsIn, readCall, readFile, resultsIn, start } from './runHarness';

const corrections = (transcript: readonly Message[]) =>
  transcript.filter((message) => message.role === 'user' && message.origin === 'correction').length;

// M10
describe('a reply without text', () => {
  for (const [what, reply] of [
    ['nothing at all', []],
    ['only reasoning', [{ reasoning: 'Hm.' }]],
    ['only blank text', [{ text: ' \n ' }]],
    ['only characters without width', [{ text: '\u200b\u2060\n\u00ad' }]],
    ['only thinking that has no end', [{ text: '<think>\nHm' }]],
    ['only the end of thinking', [{ text: '</think>\n' }]],
    ['only thinking in its text', [{ text: '<think>Hm.</think>\n' }]],
    ['nothing before the output limit', [{ finish: 'length' }]],
    ['the word that it calls tools, and none', [{ finish: 'tool-calls' }]],
  ] satisfies [string, Step[]][]) {
    it(`C63 is asked for once more: ${what}`, async () => {
      const model = new ScriptedModel([reply, 'Done.']);
      const { outcome, transcript } = start(model);
      assert.deepEqual(await outcome, { status: 'completed', exitReason: 'completed', text: 'Done.' });
      assert.equal(corrections(transcript), 1);
      assertGrowing(model.requests);
      for (const { prompt } of model.requests) assertLegal(prompt);
    });

    it(`C63 fails the run where the next one has none either: ${what}`, async () => {
      const model = new ScriptedModel([reply, reply]);
      const { outcome, transcript } = start(model);
      const { status, exitReason, text, error } = await outcome;
      assert.deepEqual([status, exitReason, text.trim(), model.requests.length], ['failed', 'error', '', 2]);
      assert.ok(error?.includes(GAVE_NO_TEXT));
      // So that it can be tried again.
      const last = transcript.at(-1);
      assert.ok(last?.role === 'assistant' && last.interrupted === true);
    });
  }

  it('C63 may be asked for again after the model has called a tool', async () => {
    const model = new ScriptedModel([[], readCall('a'), [], 'Done.']);
    const { outcome, transcript } = start(model, { tools: [readFile] });
    assert.equal((await outcome).text, 'Done.');
    assert.equal(corrections(transcript), 2);
  });

  it('C63 is none where the text is an empty list: that may be the answer', async () => {
    const { outcome } = start(new ScriptedModel(['[]']));
    assert.deepEqual(await outcome, { status: 'completed', exitReason: 'completed', text: '[]' });
  });
});

// M5
describe('the arguments of a call', () => {
  it('C75 are taken for the object that they mean', () => {
    for (const [given, input] of [
      ['', {}],
      ['null', {}],
      ['"{\\"path\\":\\"a\\"}"', { path: 'a' }],
      ['"\\"{}\\""', {}],
      ['"null"', {}],
      ['""', {}],
      ['{"path":"a",}', { path: 'a' }],
      ['{"a":[1,\n],"b":",}",}', { a: [1], b: ',}' }],
      ['{"path":"a\n\tb"}', { path: 'a\n\tb' }],
      ['{}{"path":"a"}', { path: 'a' }],
      ['```json\n{"path":"a"}\n```', { path: 'a' }],
      ['\ufeff{"path":"a"}<|im_end|>', { path: 'a' }],
      [{ path: 'a' }, { path: 'a' }],
      [undefined, {}],
      ['{"path":"x\\ud83d"}', { path: 'x\ufffd' }],
    ] as const)
      assert.deepEqual(readInput('c', 't', given), { id: 'c', name: 't', input });
  });

  // S20
  it('are told to the model where they are no object, too long or nested too deeply, and are kept short', () => {
    const deep = `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`;
    const cut = `{"path":"${'\\" '.repeat(300_000)}`;
    for (const given of [
      '[1]',
      '7',
      '{"path":',
      '{"path":"a"',
      '{"path":"a,}',
      `{${' '.repeat(900_000)}`,
      cut,
      'x'.repeat(2_000_000),
      deep,
      `"${'x'.repeat(9)}"`,
    ]) {
      const call = readInput('c', 't', given);
      assert.notEqual(call.malformed, undefined);
      assert.ok(JSON.stringify(call).length < 100_000);
    }
  });

  it('never fail, whatever they are', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((json) => JSON.stringify(json)),
        ),
        (given) => {
          const { input, malformed } = readInput('c', 't', given);
          assert.ok(malformed !== undefined || (typeof input === 'object' && input !== null && !Array.isArray(input)));
        },
      ),
    );
  });

  // M3
  it('C75 go to the tool that is meant, whatever its server writes beside the name', async () => {
    const names = [
      'read_file<|channel|>commentary',
      'functions.read_file',
      'functions.read_file:0',
      ' read_file ',
    ].concat([
      'functions.functions.read_file',
      'repo_browser.read_file',
      'to=functions.read_file',
      'Read_File',
      '"read_file"',
    ]);
    const model = new ScriptedModel([calls(...names.map((name) => [name, { path: 'a' }] as const)), 'Done.']);
    const { outcome, transcript } = start(model, { tools: [readFile] });
    await outcome;
    assert.deepEqual(
      resultsIn(transcript).map(({ status }) => status),
      names.map(() => 'ok'),
    );
  });

  it('C75 are those of each call, also where several calls have one id', async () => {
    const same = (path: string) => ({ name: 'read_file', input: { path }, id: 'call_0' });
    const model = new ScriptedModel([{ calls: [same('a'), same('b')] }, { calls: [same('c')] }, 'Done.']);
    const { outcome, transcript } = start(model, { tools: [readFile] });
    await outcome;
    assert.deepEqual(
      resultsIn(transcript).map(({ text }) => text),
      ['The text of a.', 'The text of b.', 'The text of c.'],
    );
    for (const { prompt } of model.requests) assertLegal(prompt);
  });
});

// M32
it('C75 a call that the provider ran itself is kept as what it is, and answered by nobody', async () => {
  const model = new ScriptedModel([[{ ran: 'web_search', result: { found: 'it' } }, { text: 'Found.' }], 'Bye.']);
  const { outcome, transcript } = start(model, { tools: [readFile] });
  assert.deepEqual(await outcome, { status: 'completed', exitReason: 'completed', text: 'Found.' });
  assert.deepEqual([callsIn(transcript).length, resultsIn(transcript)], [1, []]);
  const said = transcript.at(-1);
  const [ran] = said?.role === 'assistant' ? said.parts : [];
  assert.equal(ran?.type === 'tool-call' && ran.executed?.text, '{"found":"it"}');
});

describe('a reply that ended badly', () => {
  for (const raw of ['error', 'abort', 'network_error']) {
    it(`is no result, whatever it had said: finish reason ${raw}`, async () => {
      const { status, text } = await start(new ScriptedModel([[{ text: 'Do' }, { finish: 'other', raw }]])).outcome;
      assert.deepEqual([status, text], ['failed', 'Do']);
    });
  }

  // M15
  it('C74 leaves no prompt that ends with the agent, where it was found too long after some text', async () => {
    const overflow: ScriptedReply = [{ text: 'I begin' }, { streamError: 'overflow' }];
    const model = new ScriptedModel(() => overflow);
    const { outcome, transcript } = start(model);
    await outcome;
    assert.equal(transcript.filter(({ role }) => role === 'assistant').length, 1);
    const again = new ScriptedModel(['Done.']);
    assert.equal((await start(again, { history: transcript }).outcome).text, 'Done.');
    assertLegal(again.requests[0]?.prompt ?? []);
  });
});

// S20
describe('a reply without end', () => {
  it('is cut at a multiple of the output limit, and its connection closed', async () => {
    const server = await ModelServer.start(() => endless());
    try {
      const model = { ...(await modelOn(server, 'openai-compatible')), maxOutputTokens: 100 };
      const { outcome } = start(model);
      const { status, truncated, text } = await outcome;
      assert.deepEqual([status, truncated], ['completed', true]);
      assert.ok(text.length >= 2_000 && text.length < 100_000, `${text.length} characters`);
      assert.equal(await server.requests[0]?.ended, 'client-closed');
    } finally {
      await server.close();
    }
  });

  it('is cut where it is one endless argument, or thinking, and the call is none', async () => {
    const begins = { 'tool-input-delta': 'tool-input-start', 'reasoning-delta': 'reasoning-start' } as const;
    for (const type of ['tool-input-delta', 'reasoning-delta'] as const) {
      let pulls = 0;
      const stream = new ReadableStream<LanguageModelV4StreamPart>({
        pull(controller) {
          pulls += 1;
          if (pulls > 1) controller.enqueue({ type, id: 'c', delta: 'x'.repeat(1_000) });
          else controller.enqueue({ type: begins[type], id: 'c', toolName: 'read_file' });
        },
      });
      const reply = new Reply(100);
      await readReply(stream, reply, () => undefined, new AbortController().signal);
      assert.ok(pulls < 20 && reply.cutByLength);
      assert.ok(reply.parts().every((part) => part.type === 'reasoning' && part.text.length < 20_000));
    }
  });

  it('keeps 64 calls, and one that says that there were more', async () => {
    const many = Array.from({ length: 2_000 }, (_, index) => ['read_file', { path: `${index}` }] as const);
    const { outcome, transcript } = start(new ScriptedModel([calls(...many), 'Done.'], { maxOutputTokens: 100_000 }), {
      tools: [readFile],
    });
    assert.equal((await outcome).text, 'Done.');
    const results = resultsIn(transcript);
    assert.deepEqual(
      [results.length, results.filter(({ status }) => status === 'ok').length, results.at(-1)?.status],
      [65, 64, 'error'],
    );
  });
});

/** Lets others have their turn, so that the fake server sees the connection close. */
async function* endless(): AsyncGenerator<Step> {
  for (let count = 0; count < 100_000; count++) {
    await setImmediate();
    yield { text: 'and on and on ' };
  }
}

// M11
describe('a request whose tokens the provider does not count', () => {
  const price = { input: 1, output: 2 };
  for (const usage of [
    { input: 0, output: 0 },
    { input: NaN, output: NaN },
    { input: 500, output: 0 },
  ]) {
    it(`C75 is estimated, and its cost unknown: ${JSON.stringify(usage)}`, async () => {
      const model = new ScriptedModel([[{ text: 'A text of some words.' }, { usage }]], { price });
      const { outcome, events, transcript } = start(model);
      await outcome;
      const event = events.find(({ type }) => type === 'usage');
      assert.ok(event?.type === 'usage' && event.tokens.estimated === true);
      assert.ok(event.tokens.input > 5 && event.tokens.output > 3);
      assert.equal(event.costUsd, null);
      const said = transcript.at(-1);
      assert.deepEqual(said?.role === 'assistant' && said.usage, { tokens: event.tokens, costUsd: null });
      assert.equal(textOf(said ?? { role: 'tool', results: [] }), 'A text of some words.');
    });
  }

  it('costs nothing all the same where the model is free', async () => {
    const free = { input: 0, output: 0 };
    const model = new ScriptedModel([[{ text: 'Hello.' }, { usage: free }]], { price: free });
    const { outcome, events } = start(model);
    await outcome;
    assert.equal(events.flatMap((event) => (event.type === 'usage' ? [event.costUsd] : []))[0], 0);
  });
});
