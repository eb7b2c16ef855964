import { wordsOf } from './agentScript';
import type { ScriptedRequest } from './scriptedModel';
import type { TestEngine } from './testEngine';

/** The last message of a request, as the agent reads it. */
export const newest = ({ prompt }: ScriptedRequest): string => {
  const last = prompt.at(-1);
  return last === undefined ? '' : wordsOf(last);
};

/** What started each turn: the messages of the user's side, shortened. */
export const turnsOf = ({ session }: TestEngine): readonly string[] =>
  session.entries.flatMap(({ entry }) =>
    entry.role === 'user'
      ? [entry.origin === 'completion' ? `results of ${entry.delegationId ?? ''}` : entry.text]
      : [],
  );
