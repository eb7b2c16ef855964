import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { ModelProblem, Tokens } from './messages';

/** USD per million tokens. */
export interface Price {
  readonly input: number;
  readonly output: number;
  /** Defaults to `input`. */
  readonly cachedInput?: number;
}

/** A request that waits: for a place under the provider's cap, or for a back-off to pass. */
export interface RequestWait {
  /** `slot`: the provider's cap is reached. `backoff`: it said "too many", or the request failed and is tried again. */
  readonly kind: 'slot' | 'backoff';
  /** A short phrase for a status line: `rate limited by acme, trying again in 12 s`. */
  readonly reason: string;
  /** Milliseconds until the next try; 0 where unknown. */
  readonly delayMs: number;
}

/** Who makes a model request. */
export interface Requester {
  /** A session's own agent: the user waits for its answer, so it goes before every agent in the background. */
  readonly isConversation: boolean;
  /** Hears of every wait that begins. Must not throw. */
  readonly onWait: (wait: RequestWait) => void;
}

/**
 * Runs one model request under the provider's cap and back-off (SPEC 3.6), trying again where that can help.
 * `request` opens the stream AND reads it to its end, and begins anew each time it is called. Rejects with a
 * {@link ModelError}, or with the signal's reason once `signal` is aborted.
 */
export type RunRequest = <T>(request: () => Promise<T>, requester: Requester, signal: AbortSignal) => Promise<T>;

/** A model with all that an agent run needs to know of it. */
export interface AgentModel {
  /** As in the settings: `acme/large`, `vscode/copilot/gpt-5`, `offline`. */
  readonly name: string;
  readonly languageModel: LanguageModelV4;
  /** In tokens. */
  readonly contextWindow: number;
  /** In tokens; sent with every request. */
  readonly maxOutputTokens: number;
  readonly price?: Price;
  /** Set where the provider caches prompt prefixes only on request (Anthropic). */
  readonly cacheControl?: 'anthropic';
  readonly runRequest: RunRequest;
  /** What the user had better know before this model works as an agent; one sentence. */
  readonly caution?: string;
}

/** A model request that failed for good. `message` is one clear sentence: what happened and what to do next. */
export class ModelError extends Error {
  readonly kind: ModelProblem;

  constructor(kind: ModelProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ModelError';
    this.kind = kind;
  }
}

/** A stream that ended before the model said that it had finished. Thrown inside a request, so that the gate tries again. */
export class StreamCutError extends Error {
  constructor(message = 'The stream ended before the answer was complete.', options?: ErrorOptions) {
    super(message, options);
    this.name = 'StreamCutError';
  }
}

/** In USD; null where the price or the tokens are unknown, never 0 for "unknown" (SPEC 2.6). */
export function costOf(tokens: Tokens, price: Price | undefined): number | null {
  if (price === undefined) return null;
  const isFree = price.input === 0 && price.output === 0;
  if (tokens.estimated === true && !isFree) return null;
  const fresh = Math.max(0, tokens.input - tokens.cached);
  return (
    (fresh * price.input + tokens.cached * (price.cachedInput ?? price.input) + tokens.output * price.output) / 1e6
  );
}
