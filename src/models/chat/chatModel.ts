import type { IncomingMessage } from 'node:http';
import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { send, wholeText } from '../http';
import type { Body, Peculiarities } from '../peculiarities';
import { HttpFault } from '../answerFaults';
import { parseJson } from '../vendorAnswer';
import { ChatReply } from './chatReply';
import { readChatBody } from './chatBody';
import { toChatMessages, toChatTools } from './chatRequest';

/** How to reach the models of one provider that speaks OpenAI's chat completions. */
export interface ChatConnection {
  readonly providerId: string;
  readonly baseUrl: string;
  /** With the key, as the server wants it. */
  readonly headers: Readonly<Record<string, string>>;
  /** Put into every request as it is; a field of null is left out of it. */
  readonly extraBody: Body;
  readonly peculiarities: Peculiarities;
}

/** A model behind chat completions: the request is built here, and its answer read from Node's HTTP as it comes. */
export function createChatModel(modelId: string, connection: ChatConnection): LanguageModelV4 {
  return {
    specificationVersion: 'v4',
    provider: connection.providerId,
    modelId,
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error('Models of chat completions only stream here.')),
    async doStream(options) {
      const message = await request(bodyOf(modelId, connection, options), connection, options.abortSignal);
      return { stream: partsOf(message, modelId, connection, options) };
    },
  };
}

function bodyOf(modelId: string, { providerId, extraBody }: ChatConnection, options: LanguageModelV4CallOptions): Body {
  const body: Body = {
    model: modelId,
    messages: toChatMessages(options.prompt, { providerId, modelId }),
    ...(options.maxOutputTokens === undefined ? {} : { max_tokens: options.maxOutputTokens }),
    stream: true,
    stream_options: { include_usage: true },
    ...toChatTools(options.tools),
    ...extraBody,
  };
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

/** Rejects with an {@link HttpFault} where the server refuses; a refusal that teaches something is answered at once. */
async function request(
  body: Body,
  connection: ChatConnection,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
  const { peculiarities, headers, baseUrl } = connection;
  const url = new URL(baseUrl);
  url.pathname += '/chat/completions';
  for (;;) {
    const amended = peculiarities.amend(body);
    const post = { method: 'POST', url, headers: { ...STANDARD_HEADERS, ...headers }, body: JSON.stringify(amended) };
    const message = await send(post, signal);
    const status = message.statusCode ?? 0;
    if (status >= 200 && status < 300) return message;
    const text = await wholeText(message, signal);
    if (!peculiarities.learn(status, parseJson(text) ?? text, amended))
      throw new HttpFault(status, text, message.headers);
  }
}

const STANDARD_HEADERS = { 'content-type': 'application/json', accept: 'text/event-stream' };

function partsOf(
  message: IncomingMessage,
  modelId: string,
  { providerId }: ChatConnection,
  { tools = [], abortSignal }: LanguageModelV4CallOptions,
): ReadableStream<LanguageModelV4StreamPart> {
  const names = new Set(tools.map(({ name }) => name));
  return readChatBody(message, (emit) => new ChatReply({ providerId, modelId, tools: names, emit }), abortSignal);
}
