import assert from 'node:assert/strict';
import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { StreamCutError } from '../../../src/agent/model';
import { toChatMessages } from '../../../src/vscode/languageModelPrompt';
import type { ReplyPart } from '../../../src/vscode/languageModelStream';
import { toStreamParts } from '../../../src/vscode/languageModelStream';

const text = (value: string) => ({ type: 'text', text: value }) as const;

describe('toChatMessages', () => {
  it('puts the system text first, and keeps the turns apart', () => {
    const messages = toChatMessages([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: [text('Hello')] },
      { role: 'assistant', content: [{ type: 'reasoning', text: 'Hm.' }, text('Hi')] },
      { role: 'user', content: [text('Bye')] },
    ]);
    assert.deepEqual(messages, [
      { role: 'user', parts: [text('Be brief.'), text('Hello')] },
      { role: 'assistant', parts: [text('Hi')] },
      { role: 'user', parts: [text('Bye')] },
    ]);
  });

  it('gives tool calls to the assistant and their results to the user, steering with them', () => {
    const messages = toChatMessages([
      {
        role: 'assistant',
        content: [{ type: 'tool-call', toolCallId: 'c1', toolName: 'list_files', input: { path: '.' } }],
      },
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: 'c1',
            toolName: 'list_files',
            output: { type: 'error-text', value: 'No.' },
          },
        ],
      },
      { role: 'user', content: [text('Hurry.')] },
    ]);
    assert.deepEqual(messages, [
      { role: 'assistant', parts: [{ type: 'call', id: 'c1', name: 'list_files', input: { path: '.' } }] },
      { role: 'user', parts: [{ type: 'result', callId: 'c1', text: 'No.' }, text('Hurry.')] },
    ]);
  });

  it('leaves out what has nothing in it', () => {
    assert.deepEqual(toChatMessages([{ role: 'assistant', content: [{ type: 'reasoning', text: 'Hm.' }] }]), []);
  });
});

describe('toStreamParts', () => {
  it('streams texts and whole tool calls, and ends with an estimate of the tokens', async () => {
    const call = { type: 'call', id: 'c1', name: 'list_files', input: { path: '.' } } as const;
    const parts = await collect([text('I '), text('look.'), call, text('Then.')]);
    assert.deepEqual(
      parts.map((part) => part.type),
      [
        'stream-start',
        'text-start',
        'text-delta',
        'text-delta',
        'text-end',
        'tool-call',
        'text-start',
        'text-delta',
        'text-end',
        'finish',
      ],
    );
    const finish = parts.at(-1);
    assert.ok(finish?.type === 'finish');
    assert.equal(finish.finishReason.unified, 'tool-calls');
    assert.ok((finish.usage.inputTokens.total ?? 0) > 0);
    assert.ok((finish.usage.outputTokens.total ?? 0) > 0);
  });

  it('takes an answer of nothing as a broken one', async () => {
    await assert.rejects(collect([]), StreamCutError);
  });
});

async function collect(reply: readonly ReplyPart[]): Promise<LanguageModelV4StreamPart[]> {
  const stream = (async function* () {
    yield* reply;
  })();
  const parts: LanguageModelV4StreamPart[] = [];
  const prompt = [{ role: 'user', parts: [text('A question of several words.')] }] as const;
  for await (const part of toStreamParts(stream, prompt)) parts.push(part);
  return parts;
}
