import type { ChatItem } from '../protocol';
import type { ChatState } from './chatState';

type Reply = Extract<ChatItem, { kind: 'assistant' }>;

/** What the element of an item is known by. */
export function keyOf({ keys }: Pick<ChatState, 'keys'>, { id }: ChatItem): string {
  return keys.get(id) ?? id;
}

/**
 * A reply that streamed goes, and comes as a message of its own: it takes over the element, so that nothing of a long text
 * is drawn a second time. What streams next under the same id gets another one.
 */
export function handOver(before: ChatState, after: ChatState): ChatState {
  const streamed = before.items.findLast(isStreaming);
  if (streamed === undefined || after.items.some(({ id }) => id === streamed.id)) return after;
  const known = new Set(before.items.map(({ id }) => id));
  const message = after.items.findLast((item) => isReply(item) && !known.has(item.id) && continues(item, streamed));
  if (message === undefined) return after;
  const keys = new Map(after.keys).set(message.id, keyOf(before, streamed));
  return { ...after, keys: keys.set(streamed.id, `${streamed.id} after ${message.id}`) };
}

function isReply(item: ChatItem): item is Reply {
  return item.kind === 'assistant';
}

function isStreaming(item: ChatItem): item is Reply {
  return isReply(item) && item.streaming;
}

/** More of it may have come in the same moment. */
function continues(item: ChatItem, { markdown }: Reply): boolean {
  return isReply(item) && item.markdown.startsWith(markdown);
}
