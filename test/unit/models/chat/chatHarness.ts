import type { LanguageModelV4Prompt } from '@ai-sdk/provider';
import type { AgentModel } from '../../../../src/agent/model';
import { createEndpointModel } from '../../../../src/models/endpoints';
import { RequestGate } from '../../../../src/models/requestGate';
import type { Collected } from '../endpointHarness';

/** A model behind chat completions on a server of this machine. */
export function modelAt(baseUrl: string, modelId = 'm', id = 'acme'): Promise<AgentModel> {
  const gate = new RequestGate({ provider: id, cap: 10, random: () => 0 });
  const provider = { id, kind: 'openai-compatible' as const, baseUrl, models: [] };
  return createEndpointModel(provider, modelId, { apiKey: undefined, gate });
}

/** The conversation after a reply, with a result for each of its calls. */
export function promptAfter(reply: Collected): LanguageModelV4Prompt {
  const metadata = reply.parts.flatMap((part) => (part.type === 'reasoning-end' ? [part.providerMetadata ?? {}] : []));
  const texts = metadata.map((_, i) => (i === 0 ? reply.reasoning : ''));
  return [
    { role: 'user', content: [{ type: 'text', text: 'hello' }] },
    {
      role: 'assistant',
      content: [
        ...metadata.map((providerOptions, i) => ({
          type: 'reasoning' as const,
          text: texts[i] ?? '',
          providerOptions,
        })),
        ...(reply.text === '' ? [] : [{ type: 'text' as const, text: reply.text }]),
        ...reply.parts.flatMap((part) =>
          part.type !== 'tool-call'
            ? []
            : [
                {
                  type: 'tool-call' as const,
                  toolCallId: part.toolCallId,
                  toolName: part.toolName,
                  input: JSON.parse(part.input) as unknown,
                  ...(part.providerMetadata === undefined ? {} : { providerOptions: part.providerMetadata }),
                },
              ],
        ),
      ],
    },
    {
      role: 'tool',
      content: reply.calls.map(({ id, name }) => ({
        type: 'tool-result',
        toolCallId: id,
        toolName: name,
        output: { type: 'text', value: 'ok' },
      })),
    },
  ];
}

type Json = Readonly<Record<string, unknown>>;

/** The first message of the assistant's in a request. */
export function assistantIn(body: unknown): Json {
  const { messages } = body as { readonly messages: readonly Json[] };
  return messages.find(({ role }) => role === 'assistant') ?? {};
}
