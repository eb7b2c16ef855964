import type { Virtualizer } from '@tanstack/virtual-core';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { ChatItem } from '../../protocol';
import { useChat, useSelect } from './ChatContext';
import { END_THRESHOLD } from './useVirtualizer';

type List = Virtualizer<HTMLElement, HTMLElement>;

/** Goes to where the conversation was scrolled to when it was last seen, or to its end; and remembers where it is. */
export function usePlace(list: List, items: readonly ChatItem[]): void {
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
    if (scroll && at >= 0) list.scrollToIndex(at, { align: 'start' });
    else list.scrollToEnd();
    // How far into the item makes sense only once the item has been drawn and measured.
    afterTwoFrames(() => {
      settled.current = true;
      if (scroll && at >= 0) list.scrollBy(scroll.offset);
    });
  }, [chat, list, items, sessionId]);

  const { isScrolling } = list;
  useEffect(() => {
    if (isScrolling || !settled.current) return;
    const offset = list.scrollOffset ?? 0;
    const first = list.getVirtualItemForOffset(offset);
    const item = first && items[first.index];
    const atEnd = list.isAtEnd(END_THRESHOLD);
    chat.rememberScroll(atEnd || !item ? undefined : { itemId: item.id, offset: offset - first.start });
  }, [chat, list, items, isScrolling]);
}

function afterTwoFrames(run: () => void): void {
  requestAnimationFrame(() => requestAnimationFrame(run));
}
