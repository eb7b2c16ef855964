import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { Message, UserOrigin } from '../../../src/agent/messages';
import { PromptBuilder, toPrompt, visibleMessages } from '../../../src/agent/modelPrompt';
import { anyTranscript } from '../../fakes/anyTranscript';
import { assertLegal, assertWellFormed } from '../../fakes/promptRules';
import { ScriptedModel } from '../../fakes/scriptedModel';
import { calls, readCall, readFile, rolesOf, start, SYSTEM, user } from './runHarness';

const model = new ScriptedModel([]);
const says = (text: string): Message => ({
  role: 'assistant',
  model: 'test/scripted',
  parts: [{ type: 'text', text }],
});
const from = (origin: UserOrigin, text: string, keeps?: number): Message => ({
  role: 'user',
  origin,
  text,
  ...(keeps === undefined ? {} : { keeps }),
});
const result: Message = { role: 'tool', results: [{ callId: 'c', toolName: 't', status: 'ok', text: 'r' }] };
const call: Message = {
  role: 'assistant',
  model: 'test/scripted',
  parts: [{ type: 'tool-call', call: { id: 'c', name: 't', input: {} } }],
};

describe('the prompt', () => {
  it('C26 of every later request of a run begins with that of the one before, byte for byte', async () => {
    const scripted = new ScriptedModel([
      [{ reasoning: 'Hm.', signature: 'signed' }, readCall('a')],
      readCall('b'),
      'Done.',
    ]);
    const { outcome, transcript } = start(scripted, { tools: [readFile] });
    await outcome;
    const later = start(scripted, { history: [...transcript, user('And now?')] });
    await later.outcome;
    const prompts = scripted.requests.map(({ prompt }) => prompt.map((message) => JSON.stringify(message)));
    assert.equal(prompts.length, 4);
    prompts.slice(1).forEach((prompt, i) => assert.deepEqual(prompt.slice(0, prompts[i]?.length), prompts[i]));
  });

  it('C26 never changes what came before, whatever is appended to the transcript', () => {
    const message = fc.constantFrom(
      user('a'),
      says('b'),
      from('completion', 'block'),
      from('steer', 's'),
      call,
      result,
    );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), (messages) => {
        const whole = toPrompt(SYSTEM, messages, model).map((part) => JSON.stringify(part));
        for (let count = 1; count <= messages.length; count++) {
          const asked = messages.slice(0, count);
          // Nothing is asked while calls are open, or after the agent's last word.
          if (asked.at(-1)?.role === 'assistant' || (asked.at(-1)?.role === 'tool' && asked.at(-2) !== call)) continue;
          const earlier = toPrompt(SYSTEM, asked, model).map((part) => JSON.stringify(part));
          assert.deepEqual(whole.slice(0, earlier.length), earlier);
        }
      }),
    );
  });

  it('C74 is legal, whatever the transcript holds', () => {
    fc.assert(
      fc.property(anyTranscript, (messages) => assertLegal(toPrompt(SYSTEM, messages, model))),
      { numRuns: 500 },
    );
  });

  it('C26 is the same whether it grew with the transcript or was made in one piece', () => {
    fc.assert(
      fc.property(anyTranscript, (messages) => {
        const builder = new PromptBuilder(SYSTEM, model);
        for (let count = 0; count <= messages.length; count++) {
          const grown = builder.build(messages.slice(0, count));
          assert.deepEqual(grown, toPrompt(SYSTEM, messages.slice(0, count), model));
          // All but what stands in for a missing result, or for a missing message to answer.
          const later = toPrompt(SYSTEM, messages, model).slice(0, grown.length - 1);
          assert.equal(JSON.stringify(later), JSON.stringify(grown.slice(0, -1)));
        }
      }),
    );
  });

  it('makes each part of the prompt once in a run', () => {
    const messages = [user('a'), says('b'), user('c')];
    const builder = new PromptBuilder(SYSTEM, model);
    const first = builder.build(messages.slice(0, 1));
    const second = builder.build(messages);
    assert.ok(first.every((part, index) => part === second[index]));
  });

  // M3
  it('C74 gives calls legal ids and names, alike in call and result, each id once', () => {
    const read = (id: string, name: string): Message[] => [
      { role: 'assistant', model: 'm', parts: [{ type: 'tool-call', call: { id, name, input: {} } }] },
      { role: 'tool', results: [{ callId: id, toolName: name, status: 'ok', text: id }] },
    ];
    const transcript = [
      user('a'),
      ...read('functions.read_file:0', 'read_file'),
      ...read('call_0', 'read_file<|channel|>commentary'),
      ...read('call_0', ''),
      ...read('', 'read_file'),
    ];
    const named = toPrompt(SYSTEM, transcript, model).flatMap(({ role, content }) =>
      role === 'assistant' || role === 'tool'
        ? content.flatMap((part) => ('toolCallId' in part ? [[part.toolCallId, part.toolName]] : []))
        : [],
    );
    const twice = <T>(items: readonly T[]) => items.flatMap((item) => [item, item]);
    assert.deepEqual(
      named,
      twice([
        ['functions_read_file_0', 'read_file'],
        ['call_0', 'read_file_channel_commentary'],
        ['call_0_2', 'unknown_tool'],
        ['call', 'read_file'],
      ]),
    );
  });

  // M22
  it('C74 gives reasoning and what belongs to it to the model that it came from, and to no other', () => {
    const thought: Message = {
      role: 'assistant',
      model: 'test/scripted',
      parts: [
        { type: 'reasoning', text: 'Hm.', providerData: { test: { signature: 's' } } },
        { type: 'text', text: 'So.', providerData: { test: { id: 'rs_1' } } },
      ],
    };
    const partsFor = (name: string) => toPrompt(SYSTEM, [user('a'), thought, user('b')], { name })[2]?.content;
    assert.deepEqual(partsFor('test/scripted'), [
      { type: 'reasoning', text: 'Hm.', providerOptions: { test: { signature: 's' } } },
      { type: 'text', text: 'So.', providerOptions: { test: { id: 'rs_1' } } },
    ]);
    for (const other of ['test/other', 'acme/scripted'])
      assert.deepEqual(partsFor(other), [{ type: 'text', text: 'So.' }]);
  });

  // M2
  it('C74 leaves blank text out, beside a call, after reasoning and alone', () => {
    const blank = { type: 'text', text: '\n\n' } as const;
    const reasoning = { type: 'reasoning', text: 'Hm.' } as const;
    const contentOf = (parts: Extract<Message, { role: 'assistant' }>['parts']) => {
      const content = toPrompt(SYSTEM, [user('a'), { role: 'assistant', model: 'test/scripted', parts }], model)[2]
        ?.content;
      return typeof content === 'string' ? content : content?.map(({ type }) => type);
    };
    assert.deepEqual(contentOf([blank, { type: 'tool-call', call: { id: 'c', name: 't', input: {} } }]), ['tool-call']);
    assert.deepEqual(contentOf([reasoning, blank]), ['reasoning', 'text']);
    assert.deepEqual(contentOf([blank]), ['text']);
    assert.deepEqual(toPrompt(SYSTEM, [user(' ')], model)[1]?.content, [{ type: 'text', text: '(An empty message.)' }]);
  });

  // M1
  it('C74 holds no half character, in text, arguments, results or the system prompt', () => {
    const half = 'x\ud83d';
    const spoiled: Message[] = [
      user(half),
      {
        role: 'assistant',
        model: 'm',
        parts: [
          { type: 'text', text: half },
          { type: 'tool-call', call: { id: 'c', name: 't', input: { [half]: [half] } } },
        ],
      },
      { role: 'tool', results: [{ callId: 'c', toolName: 't', status: 'ok', text: half }] },
    ];
    const prompt = toPrompt(half, spoiled, model);
    assertWellFormed(prompt);
    assert.equal(JSON.stringify(prompt).split('x\ufffd').length - 1, 6);
  });

  // M15
  it('C74 does not end with the agent, nor hold two replies in a row', () => {
    const prompt = toPrompt(SYSTEM, [user('a'), says('b'), says('c')], model);
    assert.deepEqual(rolesOf(prompt), ['system', 'user', 'assistant', 'user', 'assistant', 'user']);
  });

  // M32
  it('leaves out a call that the provider ran, and what belongs to it, and asks nobody for a result', () => {
    const ran: Message = {
      role: 'assistant',
      model: 'test/scripted',
      parts: [
        { type: 'reasoning', text: 'Hm.', providerData: { test: { signature: 's' } } },
        { type: 'tool-call', call: { id: 'srv_1', name: 'web_search', input: {} }, executed: { text: 'r' } },
        { type: 'text', text: 'Found.' },
      ],
    };
    const prompt = toPrompt(SYSTEM, [user('a'), ran, user('b')], model);
    assertLegal(prompt);
    assert.deepEqual(prompt[2]?.content, [{ type: 'text', text: 'Found.' }]);
  });

  it('C25 keeps the roles in turn where a turn left no reply', () => {
    const cutOff = [user('a'), user('b'), call, result, user('c'), from('completion', 'd'), says('e')];
    const prompt = toPrompt(SYSTEM, cutOff, model);
    assert.deepEqual(rolesOf(prompt), [
      'system',
      'user',
      'assistant',
      'user',
      'assistant',
      'tool',
      'assistant',
      'user',
      'assistant',
      'user',
      'assistant',
      'user',
    ]);
    assert.deepEqual(prompt[2], {
      role: 'assistant',
      content: [{ type: 'text', text: '(No reply: the turn was cut off.)' }],
    });
  });

  it('C51 puts no reply between tool results and what the user adds', () => {
    const prompt = toPrompt(SYSTEM, [user('a'), call, result, from('steer', 'b'), from('steer', 'c')], model);
    assert.deepEqual(rolesOf(prompt), ['system', 'user', 'assistant', 'tool', 'user', 'user']);
    assert.deepEqual(prompt.at(-1)?.content, [{ type: 'text', text: '[The user adds while you work]\nc' }]);
  });

  it('gives back what the provider wants back with a part', async () => {
    const scripted = new ScriptedModel([
      [{ reasoning: 'Hm.', signature: 'signed' }, calls(['read_file', { path: 'a' }])],
      'Done.',
    ]);
    await start(scripted, { tools: [readFile] }).outcome;
    const assistant = scripted.requests[1]?.prompt.find(({ role }) => role === 'assistant');
    assert.deepEqual(assistant?.content[0], {
      type: 'reasoning',
      text: 'Hm.',
      providerOptions: { test: { signature: 'signed' } },
    });
  });

  it('shows errors of tools as errors', () => {
    const denied: Message = { role: 'tool', results: [{ callId: 'c', toolName: 't', status: 'denied', text: 'No.' }] };
    const content = toPrompt(SYSTEM, [user('a'), call, denied], model).at(-1)?.content;
    assert.deepEqual(content, [
      { type: 'tool-result', toolCallId: 'c', toolName: 't', output: { type: 'error-text', value: 'No.' } },
    ]);
  });

  it('is never without content: a message of reasoning only gets a word', () => {
    const silent: Message = { role: 'assistant', model: 'test/scripted', parts: [{ type: 'reasoning', text: 'Hm.' }] };
    assert.deepEqual(toPrompt(SYSTEM, [user('a'), silent], model)[2]?.content, [
      { type: 'reasoning', text: 'Hm.' },
      { type: 'text', text: '(No text.)' },
    ]);
  });

  it('asks Anthropic to cache the prefix, and nobody else', () => {
    const options = { anthropic: { cacheControl: { type: 'ephemeral' } } };
    const cached = toPrompt(SYSTEM, [user('a')], new ScriptedModel([], { cacheControl: 'anthropic' }));
    assert.deepEqual(
      [cached[0]?.providerOptions, toPrompt(SYSTEM, [], model)[0]?.providerOptions],
      [options, undefined],
    );
  });

  it('holds after a compaction the summary, what it kept, and what came since', () => {
    const messages = [user('1'), says('2'), user('3'), says('4'), from('summary', 'sum', 2), user('5')];
    const texts = (visible: readonly Message[]) =>
      visible.map((message) => ('text' in message ? message.text : message.role));
    assert.deepEqual(texts(visibleMessages(messages)), ['sum', '3', 'assistant', '5']);
    assert.deepEqual(texts(visibleMessages([...messages, from('summary', 'again', 0)])), ['again']);
    assert.deepEqual(texts(visibleMessages([...messages, from('summary', 'again', 1), says('6')])), [
      'again',
      '5',
      'assistant',
    ]);
    assert.deepEqual(texts(visibleMessages([...messages, from('summary', 'again', 3)])), ['again', 'assistant', '5']);
    assert.equal(visibleMessages(messages.slice(0, 4)).length, 4);
  });
});
