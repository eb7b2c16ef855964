import { estimateTokens } from '../agent/promptSize';
import type { Message } from '../agent/messages';

/** How full a session's context is. */
export interface Context {
  /** Of the newest prompt and reply, as the provider counted them; 0 = not known yet. */
  readonly tokens: number;
  /** The model's, in tokens; 0 = not known yet. */
  readonly window: number;
}

export const UNKNOWN_CONTEXT: Context = { tokens: 0, window: 0 };

/** Tokens; only to budget a block while no model can be had. */
const FALLBACK_WINDOW = 128_000;

/** Tokens that are left for a completion block. */
export function freeTokens({ tokens, window }: Context, messages: readonly Message[]): number {
  return Math.max(0, (window || FALLBACK_WINDOW) - (tokens || estimateTokens('', messages)));
}
