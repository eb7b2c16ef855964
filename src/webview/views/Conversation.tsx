import { useEffect, useRef } from 'preact/hooks';
import type { ChatItem } from '../../protocol';
import { keyOf } from '../elementKeys';
import { useChat, useSelect } from './ChatContext';
import { EmptyState } from './EmptyState';
import { Icon } from './Icon';
import { Log } from './Log';
import { usePlace } from './usePlace';
import { useReveal } from './useReveal';
import { useFollowing } from './useFollowing';
import { useVirtualizer } from './useVirtualizer';

/** First guesses of heights in pixels; what is rendered is measured. */
const ESTIMATES: Readonly<Record<ChatItem['kind'], number>> = {
  user: 56,
  assistant: 110,
  reasoning: 30,
  tool: 30,
  delegation: 130,
  completion: 130,
  agents: 160,
  notice: 44,
};

/** Older items are asked for when it is this many pixels or less to the top. */
const NEAR_TOP = 400;

export function Conversation() {
  const chat = useChat();
  const items = useSelect((state) => state.items);
  const keys = useSelect((state) => state.keys);
  const loaded = useSelect((state) => state.session !== undefined);
  const hasOlder = useSelect((state) => state.hasOlder);
  const scroller = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => ESTIMATES[items[index]?.kind ?? 'assistant'],
    getItemKey: (index) => (items[index] ? keyOf({ keys }, items[index]) : index),
    onChange: (changed) => {
      if (changed.isScrolling && (changed.scrollOffset ?? 0) < NEAR_TOP) chat.askForOlder();
    },
  });
  const following = useFollowing(list, scroller);
  usePlace(list, following, items);
  const flashed = useReveal(list, following, items);
  const sent = chat.sent.value;
  useEffect(() => {
    if (sent > 0) following.begin();
  }, [following, sent]);
  useEffect(() => {
    // Too few to scroll: there is no scrolling that would ask for more.
    if (hasOlder && list.getTotalSize() < (scroller.current?.clientHeight ?? 0)) chat.askForOlder();
  }, [chat, list, items, hasOlder]);

  return (
    <main class="conversation">
      <div class="scroller" ref={scroller} tabIndex={0}>
        <Log list={list} items={items} keys={keys} live={following.follows} flashed={flashed} />
        {loaded && items.length === 0 && <EmptyState />}
      </div>
      {!following.follows && items.length > 0 && (
        <button type="button" class="jump" onClick={() => following.begin()}>
          <Icon name="arrow-down" /> Jump to latest
        </button>
      )}
    </main>
  );
}
