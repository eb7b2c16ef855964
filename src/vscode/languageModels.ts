import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import * as vscode from 'vscode';
import type { AgentModel } from '../agent/model';
import { ModelError } from '../agent/model';
import { classify } from '../models/failure';
import type { RequestGate } from '../models/requestGate';
import type { ChatMessage, ChatPart } from './languageModelPrompt';
import { toChatMessages } from './languageModelPrompt';
import type { ReplyPart } from './languageModelStream';
import { toStreamParts } from './languageModelStream';

/** VS Code does not say how much its models may answer; so much is kept free for it, in tokens. */
const OUTPUT_TOKENS = 4_096;

/** A model that VS Code offers. */
export interface OfferedModel {
  /** `vscode/<vendor>/<model id>` */
  readonly name: string;
  readonly label: string;
  readonly detail: string;
  /** Whether the user has let Fanout use it; false as long as they were not asked. */
  readonly allowed: boolean;
}

export interface LanguageModelPorts {
  readonly access: vscode.LanguageModelAccessInformation;
  /** The one gate of a vendor's models. */
  readonly gateOf: (vendor: string) => RequestGate;
  readonly now: () => number;
}

/** The models that VS Code itself offers, those of other extensions included. */
export class LanguageModels {
  readonly #ports: LanguageModelPorts;

  constructor(ports: LanguageModelPorts) {
    this.#ports = ports;
  }

  readonly onDidChange = vscode.lm.onDidChangeChatModels;

  /** Empty where there are none. */
  async list(): Promise<OfferedModel[]> {
    const models = await vscode.lm.selectChatModels();
    return models.map((model) => ({
      name: nameOf(model),
      label: model.name,
      detail: `Offered by VS Code (${model.vendor})`,
      allowed: this.#ports.access.canSendRequest(model) === true,
    }));
  }

  /** Rejects with a ModelError where VS Code does not offer it. */
  async get(name: string): Promise<AgentModel> {
    const found = (await vscode.lm.selectChatModels()).find((model) => nameOf(model) === name);
    if (found === undefined) {
      throw new ModelError(
        'not-found',
        `VS Code does not offer ${name} (any more). Choose another with “Fanout: Select Model…”.`,
      );
    }
    const gate = this.#ports.gateOf(found.vendor);
    return {
      name,
      languageModel: toLanguageModel(found, this.#ports.now),
      contextWindow: found.maxInputTokens + OUTPUT_TOKENS,
      maxOutputTokens: OUTPUT_TOKENS,
      runRequest: gate.runnerFor({ model: name }),
    };
  }
}

function nameOf({ vendor, id }: vscode.LanguageModelChat): string {
  return `vscode/${vendor}/${id}`;
}

function toLanguageModel(model: vscode.LanguageModelChat, now: () => number): LanguageModelV4 {
  return {
    specificationVersion: 'v4',
    provider: `vscode.${model.vendor}`,
    modelId: model.id,
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error('Models of VS Code only stream.')),
    doStream: (options) => {
      options.abortSignal?.throwIfAborted();
      return Promise.resolve({ stream: ReadableStream.from(stream(model, options, now)) });
    },
  };
}

/** One request. Ends with the stream, an error or an abort, and leaves nothing behind. */
async function* stream(
  model: vscode.LanguageModelChat,
  options: LanguageModelV4CallOptions,
  now: () => number,
): AsyncGenerator<LanguageModelV4StreamPart> {
  const { abortSignal } = options;
  const cancellation = new vscode.CancellationTokenSource();
  const cancel = () => cancellation.cancel();
  abortSignal?.addEventListener('abort', cancel, { once: true });
  const messages = toChatMessages(options.prompt);
  try {
    const response = await model.sendRequest(
      messages.map(toVscodeMessage),
      requestOptions(options),
      cancellation.token,
    );
    yield* toStreamParts(readParts(response, abortSignal), messages);
  } catch (error) {
    abortSignal?.throwIfAborted();
    throw describeFailure(error, nameOf(model), now());
  } finally {
    abortSignal?.removeEventListener('abort', cancel);
    // Whoever stops reading wants no more of it.
    cancellation.cancel();
    cancellation.dispose();
  }
}

async function* readParts(
  response: vscode.LanguageModelChatResponse,
  signal: AbortSignal | undefined,
): AsyncGenerator<ReplyPart> {
  for await (const part of response.stream) {
    signal?.throwIfAborted();
    if (part instanceof vscode.LanguageModelTextPart) yield { type: 'text', text: part.value };
    else if (part instanceof vscode.LanguageModelToolCallPart)
      yield { type: 'call', id: part.callId, name: part.name, input: part.input };
    // Other parts (pictures, what VS Code may add) mean nothing to a coding agent.
  }
  // A cancelled stream of VS Code's may end as if it were complete.
  signal?.throwIfAborted();
}

function requestOptions({ tools, toolChoice }: LanguageModelV4CallOptions): vscode.LanguageModelChatRequestOptions {
  const offered = (tools ?? []).flatMap((tool) =>
    tool.type === 'function'
      ? [{ name: tool.name, description: tool.description ?? '', inputSchema: tool.inputSchema }]
      : [],
  );
  const mode =
    toolChoice?.type === 'required' ? vscode.LanguageModelChatToolMode.Required : vscode.LanguageModelChatToolMode.Auto;
  return {
    justification: 'Fanout’s agents answer you and work on the tasks that you delegate.',
    ...(offered.length === 0 ? {} : { tools: offered, toolMode: mode }),
  };
}

function toVscodeMessage({ role, parts }: ChatMessage): vscode.LanguageModelChatMessage {
  const vscodeRole =
    role === 'user' ? vscode.LanguageModelChatMessageRole.User : vscode.LanguageModelChatMessageRole.Assistant;
  return new vscode.LanguageModelChatMessage(vscodeRole, parts.map(toVscodePart));
}

function toVscodePart(part: ChatPart): vscode.LanguageModelInputPart {
  switch (part.type) {
    case 'text':
      return new vscode.LanguageModelTextPart(part.text);
    case 'call':
      return new vscode.LanguageModelToolCallPart(part.id, part.name, part.input);
    case 'result':
      return new vscode.LanguageModelToolResultPart(part.callId, [new vscode.LanguageModelTextPart(part.text)]);
  }
}

/** A sentence for what VS Code says; what the provider says goes on as it is, to be tried again where that can help. */
function describeFailure(error: unknown, name: string, now: number): unknown {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof vscode.LanguageModelError) {
    switch (error.code) {
      case vscode.LanguageModelError.NoPermissions.name:
        return new ModelError(
          'auth',
          `VS Code does not let Fanout use ${name}. Allow it when asked, or under “Manage Language Model Access”, or choose another model.`,
        );
      case vscode.LanguageModelError.Blocked.name:
        return new ModelError(
          'refused',
          `VS Code blocked the request to ${name} (${message}). Its quota may be used up: choose another model.`,
        );
      case vscode.LanguageModelError.NotFound.name:
        return new ModelError(
          'not-found',
          `VS Code does not offer ${name} any more. Choose another with “Fanout: Select Model…”.`,
        );
    }
  }
  const { kind } = classify(error, now);
  return kind === 'bad-request'
    ? new ModelError('server', `${name} failed (${message}). Try again, or choose another model.`)
    : error;
}
