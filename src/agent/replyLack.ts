import { isBlank } from './legalText';
import type { UserMessage } from './messages';
import type { Reply } from './reply';
import { endsWithTextCall } from './replyText';

/** What a reply without tool calls lacks to be the end of a run. */
export type Lack = 'text' | 'announced-call' | 'real-call';

/** `tools` are the names of those that the model has. */
export function lackOf(reply: Reply, tools: readonly string[]): Lack | undefined {
  if (reply.announcedCalls) return 'announced-call';
  if (isBlank(reply.text)) return 'text';
  return endsWithTextCall(reply.text, tools) ? 'real-call' : undefined;
}

/** What the model is told, once. */
export function correctionOf(lack: Lack, cutByLength: boolean): UserMessage {
  return { role: 'user', origin: 'correction', text: cutByLength ? `${CUT} ${WORDS[lack]}` : WORDS[lack] };
}

const CUT = 'Your last reply reached the limit of output tokens before it said anything: be brief.';

const WORDS: Readonly<Record<Lack, string>> = {
  text: 'Your last reply held no text and no tool call. Go on with a tool call, or end with your answer as text.',
  'announced-call':
    'Your last reply announced a tool call but held none. Make the call again, or end with your answer as text.',
  'real-call':
    'Your last reply held a tool call as text, which runs nothing. Make the call through the tool interface, or end with your answer as text.',
};

/** Why the run ends where the next reply lacks the same; undefined where that reply will do. */
export function failureOf(lack: Lack, model: string, hasText: boolean): string | undefined {
  if (lack === 'real-call')
    return `${model} ${CALLED_IN_TEXT} Choose a model that takes tools, or see how its server is set up.`;
  if (hasText) return undefined;
  return `${model} ${GAVE_NO_TEXT}, also when it was asked once more. Try again, or choose another model.`;
}

/** Parts of what the user is told. */
export const GAVE_NO_TEXT = 'gave no text';
export const CALLED_IN_TEXT = 'wrote its tool calls as text, which runs nothing.';
