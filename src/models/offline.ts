import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { estimateTokenCount } from 'tokenx';
import type { AgentModel } from '../agent/model';
import { answerTo, type OfflineAnswer } from './offline/answer';
import { readTurn } from './offline/turn';

export const OFFLINE = 'offline';

/**
 * The built-in model: rules instead of thinking, without network, clock or randomness (SPEC 8). It uses the tools of
 * the call like any model, so everything else can be tried, shown and tested without a key.
 */
export function offlineModel(): AgentModel {
  return {
    name: OFFLINE,
    languageModel,
    contextWindow: 128_000,
    maxOutputTokens: 8_192,
    price: { input: 0, output: 0 },
    runRequest(request, _requester, signal) {
      signal.throwIfAborted();
      return request();
    },
  };
}

const languageModel: LanguageModelV4 = {
  specificationVersion: 'v4',
  provider: 'fanout',
  modelId: OFFLINE,
  supportedUrls: {},
  doGenerate: () => Promise.reject(new Error('The offline model only streams.')),
  doStream(options) {
    options.abortSignal?.throwIfAborted();
    return Promise.resolve({ stream: ReadableStream.from(partsOf(options)) });
  },
};

function* partsOf(options: LanguageModelV4CallOptions): Generator<LanguageModelV4StreamPart> {
  const turn = readTurn(options);
  const answer = answerTo(turn);
  yield { type: 'stream-start', warnings: [] };
  if (answer.text !== '') {
    yield { type: 'text-start', id: 'text' };
    for (const delta of answer.text.match(/[^]{1,40}(?=\s|$)|[^]{1,40}/g) ?? []) {
      options.abortSignal?.throwIfAborted();
      yield { type: 'text-delta', id: 'text', delta };
    }
    yield { type: 'text-end', id: 'text' };
  }
  for (const [index, { tool, input }] of answer.calls.entries()) {
    const id = `offline_${turn.callCount + index + 1}`;
    const text = JSON.stringify(input);
    yield { type: 'tool-input-start', id, toolName: tool };
    yield { type: 'tool-input-delta', id, delta: text };
    yield { type: 'tool-input-end', id };
    yield { type: 'tool-call', toolCallId: id, toolName: tool, input: text };
  }
  const reason = answer.calls.length > 0 ? 'tool-calls' : 'stop';
  yield { type: 'finish', finishReason: { unified: reason, raw: reason }, usage: usageOf(options, answer) };
}

/** An estimate, as there is no vendor to count. */
function usageOf({ prompt }: LanguageModelV4CallOptions, { text, calls }: OfflineAnswer) {
  const input = estimateTokenCount(JSON.stringify(prompt));
  const output = estimateTokenCount(text) + estimateTokenCount(JSON.stringify(calls));
  return {
    inputTokens: { total: input, noCache: input, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: output, text: output, reasoning: 0 },
  };
}
