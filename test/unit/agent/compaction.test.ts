import assert from 'node:assert/strict';
import type { LanguageModelV4Prompt } from '@ai-sdk/provider';
import * as fc from 'fast-check';
import { estimateTokens, isNearlyFull, tokensOf, type PromptSize } from '../../../src/agent/compaction';
import type { Message } from '../../../src/agent/messages';
import { ModelError } from '../../../src/agent/model';
import { visibleMessages } from '../../../src/agent/modelPrompt';
import type { ScriptedRequest } from '../../fakes/scriptedModel';
import { ScriptedModel } from '../../fakes/scriptedModel';
import { pathTool, readCall, rolesOf, start, user } from './runHarness';

const says = (text: string): Message => ({
  role: 'assistant',
  model: 'test/scripted',
  parts: [{ type: 'text', text }],
});
const words = (count: number) => Array.from({ length: count }, (_, i) => `word${i}`).join(' ');
const isSummary = ({ prompt }: ScriptedRequest) => JSON.stringify(prompt[0]).includes('You compact the transcript');
/** The prompt is not nearly full by our count, and there is something to sum up. */
const medium = { contextWindow: 4000, maxOutputTokens: 3000 };
const small = { contextWindow: 2000, maxOutputTokens: 500 };

/** A conversation of so many exchanges, each of about 140 tokens. */
function longHistory(exchanges: number): Message[] {
  return Array.from({ length: exchanges }, (_, i) => [
    user(`question ${i} ${words(60)}`),
    says(`answer ${i} ${words(60)}`),
  ]).flat();
}

const counted = (tokens: number): PromptSize => ({ counted: tokens, system: '', messages: [] });

/** The ids of all calls in a prompt, or of all results. */
function idsIn(prompt: LanguageModelV4Prompt, type: 'tool-call' | 'tool-result'): string[] {
  return prompt.flatMap(({ role, content }) => {
    if (role === 'system') return [];
    return content.flatMap((part) => (part.type === type && 'toolCallId' in part ? [part.toolCallId] : []));
  });
}

describe('compaction', () => {
  it('turns the older part into a summary when the window is nearly full, as a visible event', async () => {
    const history = [...longHistory(12), user('What now?')];
    const model = new ScriptedModel((request) => (isSummary(request) ? 'They talked.' : 'Now this.'), small);
    const { outcome, transcript, events } = start(model, { history });
    assert.deepEqual(await outcome, { status: 'completed', exitReason: 'completed', text: 'Now this.' });
    const [summarising, asking] = model.requests;
    assert.ok(summarising !== undefined && asking !== undefined && isSummary(summarising));
    const compacted = events.find((event) => event.type === 'compacted');
    assert.ok(compacted !== undefined && isNearlyFull(counted(compacted.tokensBefore), model));
    const summary = transcript[history.length];
    assert.ok(summary?.role === 'user' && summary.origin === 'summary');
    assert.match(
      summary.text,
      /^Summary of the conversation so far; .*\n\nThey talked\.\n\nThe last request in that part, word for word:\nquestion \d/,
    );
    assert.equal(compacted.messages, history.length - (summary.keeps ?? 0));
    const prompt = JSON.stringify(asking.prompt);
    assert.ok(prompt.includes('They talked.') && prompt.includes('What now?') && !prompt.includes('question 0'));
    assert.ok(!isNearlyFull(counted(estimateTokens('', visibleMessages(transcript))), model));
  });

  it('C26 changes no earlier message: the summary is appended, and hides what it sums up', async () => {
    const history = [...longHistory(12), user('What now?')];
    const before = JSON.stringify(history);
    const model = new ScriptedModel((request) => (isSummary(request) ? 'They talked.' : 'Now this.'), small);
    const { outcome, transcript } = start(model, { history });
    await outcome;
    assert.equal(JSON.stringify(transcript.slice(0, history.length)), before);
    assert.deepEqual(
      transcript.slice(history.length).map(({ role }) => role),
      ['user', 'assistant'],
    );
  });

  it('never parts a tool call from its result, wherever the kept part begins, and however often it is done', async () => {
    for (let size = 20; size <= 200; size += 20) {
      const read = pathTool('read_file', (path) => `${path} ${words(size)}`);
      const model = new ScriptedModel((request) => {
        if (isSummary(request)) return 'They read files.';
        return request.index < 30
          ? [readCall(`file ${request.index}`), { usage: { input: 1300, output: 10 } }]
          : 'Done.';
      }, small);
      const { outcome } = start(model, { tools: [read], maxIterations: 50 });
      assert.equal((await outcome).status, 'completed');
      assert.ok(model.requests.filter(isSummary).length > 1);
      for (const { prompt } of model.requests)
        assert.deepEqual(idsIn(prompt, 'tool-result'), idsIn(prompt, 'tool-call'));
    }
  });

  it('is tried once where the provider finds the prompt too long though our count did not', async () => {
    const history = [...longHistory(6), user('What now?')];
    const overflow = new ModelError('context-overflow', 'The prompt is too long.');
    const model = new ScriptedModel((request) => {
      if (isSummary(request)) return 'They talked.';
      return request.index === 0 ? overflow : 'Now this.';
    }, medium);
    const { outcome, transcript, events } = start(model, { history });
    assert.equal((await outcome).text, 'Now this.');
    assert.equal(events.filter(({ type }) => type === 'compacted').length, 1);
    assert.deepEqual(
      transcript.slice(history.length).map(({ role }) => role),
      ['user', 'assistant'],
    );
  });

  it('gives up with the sentence of the provider where it is still too long, or nothing is there to sum up', async () => {
    const overflow = new ModelError('context-overflow', 'The prompt is too long.');
    for (const history of [[user('What now?')], [...longHistory(6), user('What now?')]]) {
      const model = new ScriptedModel((request) => (isSummary(request) ? 'They talked.' : overflow), medium);
      const { status, error, problem } = await start(model, { history }).outcome;
      assert.deepEqual([status, error, problem], ['failed', 'The prompt is too long.', 'context-overflow']);
      assert.equal(model.requests.length, history.length === 1 ? 1 : 3);
    }
  });

  it('goes by the count of the provider as soon as there is one', async () => {
    const tool = pathTool('read_file', () => 'short');
    const nearlyFull = { usage: { input: 1400, output: 50 } };
    const model = new ScriptedModel((request) => {
      if (isSummary(request)) return 'They read.';
      return request.index === 0 ? [readCall('a'), nearlyFull] : 'Done.';
    }, small);
    const { outcome, events } = start(model, { tools: [tool], history: [...longHistory(5), user('Go.')] });
    await outcome;
    assert.equal(events.filter(({ type }) => type === 'compacted').length, 1);
    assert.deepEqual(model.requests.map(isSummary), [false, true, false]);
  });

  it('C48 is counted: what the summary took in tokens and money is part of what the run spent', async () => {
    const model = new ScriptedModel(
      (request) =>
        isSummary(request)
          ? [{ text: 'They talked.' }, { usage: { input: 900, output: 50 } }]
          : [{ text: 'Now this.' }, { usage: { input: 400, output: 5 } }],
      { ...small, price: { input: 1, output: 2 } },
    );
    const { outcome, events } = start(model, { history: [...longHistory(12), user('What now?')] });
    await outcome;
    assert.deepEqual(
      events.flatMap((event) => (event.type === 'usage' ? [[event.tokens.input, event.costUsd]] : [])),
      [
        [900, 1000 / 1e6],
        [400, 410 / 1e6],
      ],
    );
  });

  it('ends the run as interrupted where it is interrupted meanwhile, and keeps no half summary', async () => {
    const turn = new AbortController();
    const history = [...longHistory(12), user('What now?')];
    const model = new ScriptedModel(() => {
      turn.abort();
      return 'They talked.';
    }, small);
    const { outcome, transcript } = start(model, { history, signal: turn.signal });
    assert.equal((await outcome).status, 'interrupted');
    assert.equal(transcript.length, history.length);
  });

  it('leaves room for the reply, at most half of the window', () => {
    const isFull = (tokens: number, maxOutputTokens: number) =>
      isNearlyFull(counted(tokens), new ScriptedModel([], { contextWindow: 1000, maxOutputTokens }));
    assert.deepEqual([isFull(680, 200), isFull(681, 200)], [false, true]);
    assert.deepEqual([isFull(425, 900), isFull(426, 900)], [false, true]);
  });

  it('takes a window for nearly full exactly where the estimate does, whatever the text is made of', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('☀', '☀☀☀', '😀', '好的', 'ğ', '{}', ' \n ', '7'),
    );
    const text = fc.array(piece).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, text, fc.nat(100), (system, said, before) => {
        const size = { counted: before, system, messages: [user(said)] };
        const isFullAbove = (limit: number) =>
          isNearlyFull(size, new ScriptedModel([], { contextWindow: limit / 0.85, maxOutputTokens: 0 }));
        const tokens = tokensOf(size);
        assert.deepEqual([isFullAbove(tokens - 0.5), isFullAbove(tokens + 0.5)], [true, false]);
      }),
    );
  });

  it('asks for the summary with nothing but the transcript, which ends with a user message', async () => {
    const model = new ScriptedModel((request) => (isSummary(request) ? 'They talked.' : 'Now this.'), small);
    await start(model, { history: [...longHistory(12), user('What now?')] }).outcome;
    const [summarising] = model.requests;
    assert.deepEqual([rolesOf(summarising?.prompt ?? []), summarising?.tools], [['system', 'user'], []]);
  });
});
