import type {
  JSONValue,
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Prompt,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import type { AgentModel, Price, RunRequest } from '../../src/agent/model';
import type { ScriptedCall, ScriptedFinish, ScriptedUsage, Step } from './modelServerWords';

/** What the model does for one request; the steps are those of the model server. An Error fails the request. */
export type ScriptedReply =
  string | ScriptedStep | readonly ScriptedStep[] | Iterable<ScriptedStep> | AsyncIterable<ScriptedStep> | Error;

/** A step of the model server's, or what only some servers do. */
export type ScriptedStep =
  | Step
  /** The provider runs a tool of its own. */
  | { readonly ran: string; readonly result: JSONValue }
  /** A finish reason that nobody agreed on. */
  | { readonly finish: 'other'; readonly raw: string };

/** One request as it came; the prompt is a copy. */
export interface ScriptedRequest {
  readonly index: number;
  readonly prompt: LanguageModelV4Prompt;
  readonly tools: readonly string[];
  readonly options: LanguageModelV4CallOptions;
  readonly signal: AbortSignal | undefined;
}

export type ModelScript = (request: ScriptedRequest) => ScriptedReply | Promise<ScriptedReply>;

export interface ScriptedModelOptions {
  readonly name?: string;
  readonly contextWindow?: number;
  readonly maxOutputTokens?: number;
  readonly price?: Price;
  readonly cacheControl?: 'anthropic';
  /** Defaults to one attempt, no cap. */
  readonly runRequest?: RunRequest;
}

interface Waiter {
  readonly matches: (request: ScriptedRequest) => boolean;
  readonly resolve: (request: ScriptedRequest) => void;
}

/** A model in the same process whose answers a test writes: a function of the request, or one reply per request. */
export class ScriptedModel implements AgentModel {
  readonly name: string;
  readonly contextWindow: number;
  readonly maxOutputTokens: number;
  readonly price?: Price;
  readonly cacheControl?: 'anthropic';
  readonly runRequest: RunRequest;
  readonly languageModel: LanguageModelV4;
  readonly requests: ScriptedRequest[] = [];
  readonly #script: ModelScript;
  readonly #waiters = new Set<Waiter>();

  constructor(script: ModelScript | readonly ScriptedReply[], options: ScriptedModelOptions = {}) {
    this.#script = typeof script === 'function' ? script : inOrder(script);
    this.name = options.name ?? 'test/scripted';
    this.contextWindow = options.contextWindow ?? 100_000;
    this.maxOutputTokens = options.maxOutputTokens ?? 4_096;
    if (options.price !== undefined) this.price = options.price;
    if (options.cacheControl !== undefined) this.cacheControl = options.cacheControl;
    this.runRequest = options.runRequest ?? ((request) => request());
    this.languageModel = {
      specificationVersion: 'v4',
      provider: 'test',
      modelId: 'scripted',
      supportedUrls: {},
      doGenerate: () => Promise.reject(new Error('The scripted model only streams.')),
      doStream: async (call) => ({ stream: await this.#answer(call) }),
    };
  }

  /** The n-th request (from 1), or the first that matches; at once if it has come already. */
  waitForRequest(which: number | ((request: ScriptedRequest) => boolean)): Promise<ScriptedRequest> {
    const matches = typeof which === 'number' ? (request: ScriptedRequest) => request.index === which - 1 : which;
    const here = this.requests.find(matches);
    if (here !== undefined) return Promise.resolve(here);
    return new Promise((resolve) => this.#waiters.add({ matches, resolve }));
  }

  async #answer(options: LanguageModelV4CallOptions): Promise<ReadableStream<LanguageModelV4StreamPart>> {
    const signal = options.abortSignal;
    signal?.throwIfAborted();
    const request: ScriptedRequest = {
      index: this.requests.length,
      prompt: structuredClone(options.prompt),
      tools: (options.tools ?? []).map((tool) => tool.name),
      options,
      signal,
    };
    this.requests.push(request);
    for (const waiter of [...this.#waiters]) {
      if (!waiter.matches(request)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(request);
    }
    const reply = await untilAborted(Promise.resolve(this.#script(request)), signal);
    if (reply instanceof Error) throw reply;
    const parts = partsOf(stepsOf(reply), request.index)[Symbol.asyncIterator]();
    return new ReadableStream<LanguageModelV4StreamPart>(
      {
        async pull(controller) {
          const next = await untilAborted(parts.next(), signal);
          if (next.done === true) controller.close();
          else controller.enqueue(next.value);
        },
      },
      { highWaterMark: 0 },
    );
  }
}

function inOrder(replies: readonly ScriptedReply[]): ModelScript {
  return ({ index }) => replies[index] ?? new Error(`The script holds no reply for request ${index + 1}.`);
}

function stepsOf(reply: Exclude<ScriptedReply, Error>): Iterable<ScriptedStep> | AsyncIterable<ScriptedStep> {
  if (typeof reply === 'string') return [{ text: reply }];
  return Symbol.iterator in reply || Symbol.asyncIterator in reply ? reply : [reply];
}

/** Gives what `promise` gives, unless `signal` is aborted first; then rejects with its reason. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.finally(() => signal.removeEventListener('abort', abort)).then(resolve, reject);
  });
}

async function* partsOf(
  steps: Iterable<ScriptedStep> | AsyncIterable<ScriptedStep>,
  requestIndex: number,
): AsyncGenerator<LanguageModelV4StreamPart> {
  yield { type: 'stream-start', warnings: [] };
  let count = 0;
  let calls = 0;
  let usage: ScriptedUsage = { input: 100, output: 10 };
  let finish: ScriptedFinish | 'other' | undefined;
  let raw: string | undefined;
  for await (const step of steps) {
    const id = `part-${count++}`;
    if ('cut' in step) return;
    if ('text' in step) yield* textParts(id, step.text);
    else if ('reasoning' in step) yield* reasoningParts(id, step.reasoning, step.signature);
    else if ('streamError' in step) yield { type: 'error', error: step.streamError };
    else if ('usage' in step) usage = step.usage;
    else if ('raw' in step) ({ finish, raw } = step);
    else if ('finish' in step) finish = step.finish;
    else if ('ran' in step) yield* ranParts(id, step.ran, step.result);
    else {
      for (const call of step.calls) {
        const index = calls++;
        yield* callParts(call.id ?? `call_${requestIndex}_${index}`, call, step.deltas === undefined);
      }
    }
  }
  const reason = finish ?? (calls > 0 ? 'tool-calls' : 'stop');
  yield { type: 'finish', finishReason: { unified: reason, raw: raw ?? reason }, usage: usageOf(usage) };
}

function* textParts(id: string, text: string): Generator<LanguageModelV4StreamPart> {
  yield { type: 'text-start', id };
  for (const delta of text.match(/[^]{1,24}/g) ?? []) yield { type: 'text-delta', id, delta };
  yield { type: 'text-end', id };
}

function* reasoningParts(
  id: string,
  delta: string,
  signature: string | undefined,
): Generator<LanguageModelV4StreamPart> {
  yield { type: 'reasoning-start', id };
  yield { type: 'reasoning-delta', id, delta };
  yield {
    type: 'reasoning-end',
    id,
    ...(signature === undefined ? {} : { providerMetadata: { test: { signature } } }),
  };
}

function* ranParts(toolCallId: string, toolName: string, result: JSONValue): Generator<LanguageModelV4StreamPart> {
  yield { type: 'tool-call', toolCallId, toolName, input: '{}', providerExecuted: true };
  yield { type: 'tool-result', toolCallId, toolName, result: result ?? '' };
}

/** `whole` false: the call stays open, as in a stream that was cut. */
function* callParts(id: string, call: ScriptedCall, whole: boolean): Generator<LanguageModelV4StreamPart> {
  const input = typeof call.input === 'string' ? call.input : JSON.stringify(call.input);
  yield { type: 'tool-input-start', id, toolName: call.name };
  if (!whole) {
    yield { type: 'tool-input-delta', id, delta: input.slice(0, input.length / 2) };
    return;
  }
  yield { type: 'tool-input-delta', id, delta: input };
  yield { type: 'tool-input-end', id };
  yield { type: 'tool-call', toolCallId: id, toolName: call.name, input };
}

function usageOf({ input, output, cached = 0, reasoning = 0 }: ScriptedUsage): LanguageModelV4Usage {
  return {
    inputTokens: { total: input, noCache: input - cached, cacheRead: cached, cacheWrite: 0 },
    outputTokens: { total: output, text: output - reasoning, reasoning },
  };
}
