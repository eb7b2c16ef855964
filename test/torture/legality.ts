import type { SessionEntry } from '../../src/store/entries';
import type { RequestMessage } from '../fakes/modelServerWords';
import { toolCallsOf } from '../../src/agent/messages';

/** What is wrong with a session's transcript: each call has its one result right after it. Undefined where nothing is. */
export function faultInTranscript(entries: readonly SessionEntry[]): string | undefined {
  const messages = entries.flatMap((entry) => (entry.role === 'notice' || entry.role === 'dispatched' ? [] : [entry]));
  if (messages.length > 0 && messages[0]?.role !== 'user') return 'It does not begin with the user.';
  for (const [i, message] of messages.entries()) {
    const calls = message.role === 'assistant' ? toolCallsOf(message).map(({ id }) => id) : [];
    const next = messages[i + 1];
    const results = next?.role === 'tool' ? next.results.map(({ callId }) => callId) : [];
    if (calls.join() !== results.join())
      return `Message ${i} calls [${calls.join()}], and its results are [${results.join()}].`;
  }
  return undefined;
}

/** What a provider would refuse in a prompt. Undefined where nothing is. */
export function faultInPrompt(messages: readonly RequestMessage[]): string | undefined {
  if (messages[0]?.role !== 'user') return 'It does not begin with the user.';
  if (messages.at(-1)?.role === 'assistant') return 'It ends with the agent.';
  let open: readonly string[] = [];
  for (const [i, message] of messages.entries()) {
    if (message.role === 'tool') {
      const [first, ...others] = open;
      if (first === undefined || message.toolResults[0]?.id !== first) return `Message ${i} answers no open call.`;
      open = others;
      continue;
    }
    if (open.length > 0) return `Message ${i} comes before the results of ${open.join()}.`;
    if (i > 0 && message.role === messages[i - 1]?.role) return `Message ${i} follows its like.`;
    open = message.toolCalls.map(({ id }) => id);
  }
  return open.length > 0 ? `The calls ${open.join()} have no results.` : undefined;
}
