import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { Message, UserOrigin } from '../../../src/agent/messages';
import { toPrompt, visibleMessages } from '../../../src/agent/modelPrompt';
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
        for (let count = 0; count <= messages.length; count++) {
          const earlier = toPrompt(SYSTEM, messages.slice(0, count), model).map((part) => JSON.stringify(part));
          assert.deepEqual(whole.slice(0, earlier.length), earlier);
        }
      }),
    );
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
    const silent: Message = { role: 'assistant', model: 'm', parts: [{ type: 'reasoning', text: 'Hm.' }] };
    assert.deepEqual(toPrompt(SYSTEM, [user('a'), silent], model).at(-1)?.content, [
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
