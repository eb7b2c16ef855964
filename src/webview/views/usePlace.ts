import type { Virtualizer } from '@tanstack/virtual-core';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { ChatItem } from '../../protocol';
import { useChat, useSelect } from './ChatContext';
import { afterFrames } from './afterFrames';
import type { Following } from './useFollowing';

type List = Virtualizer<HTMLElement, HTMLElement>;

/** Goes to where the conversation was scrolled to when it was last seen, or to its end; and remembers where it is. */
export function usePlace(list: List, following: Following, items: readonly ChatItem[]): void {
  const chat = useChat();
  const sessionId = useSelect((state) => state.session?.id);
  const placed = useRef<string>(undefined);
  const settled = useRef(false);
  useLayoutEffect(() => {
    if (sessionId === undefined || placed.current === sessionId || items.length === 0) return;
    placed.current = sessionId;
    settled.current = false;
    const { scroll } = chat;
    const at = scroll ? items.findIndex((item) => item.id === scroll.itemId) : -1;
    if (scroll && at >= 0) following.leave(() => list.scrollToIndex(at, { align: 'start' }));
    else following.begin();
    // How far into the item makes sense only once the item has been drawn and measured.
    afterFrames(2, () => {
      settled.current = true;
      if (scroll && at >= 0) list.scrollBy(scroll.offset);
    });
  }, [chat, list, following, items, sessionId]);

  const { isScrolling } = list;
  useEffect(() => {
    if (isScrolling || !settled.current) return;
    const offset = list.scrollOffset ?? 0;
    const first = list.getVirtualItemForOffset(offset);
    const item = first && items[first.index];
    chat.rememberScroll(following.follows || !item ? undefined : { itemId: item.id, offset: offset - first.start });
  }, [chat, list, following, items, isScrolling]);
}
