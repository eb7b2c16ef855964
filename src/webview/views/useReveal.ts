import type { Virtualizer } from '@tanstack/virtual-core';
import { useEffect, useState } from 'preact/hooks';
import type { ChatItem } from '../../protocol';
import { useChat } from './ChatContext';

/** As long as the animation in the style sheet. */
const FLASH_MS = 1600;

/** Scrolls to the card of a delegation when that is asked for; returns the id of the item to be highlighted. */
export function useReveal(list: Virtualizer<HTMLElement, HTMLElement>, items: readonly ChatItem[]): string | undefined {
  const chat = useChat();
  const [flashed, setFlashed] = useState<string>();
  const asked = chat.reveal.value;
  const cardId = asked && chat.state.peek().cards.get(asked.delegationId);
  useEffect(() => {
    const at = items.findIndex((item) => item.id === cardId);
    // Before the snapshot there is nothing to scroll to yet.
    if (!asked || chat.state.peek().session === undefined) return;
    // Done with: items that come later are not to scroll there again.
    chat.reveal.value = undefined;
    if (at < 0) return;
    list.scrollToIndex(at, { align: 'center' });
    setFlashed(cardId);
  }, [asked, cardId, items]);
  useEffect(() => {
    if (flashed === undefined) return;
    const timer = setTimeout(() => setFlashed(undefined), FLASH_MS);
    return () => clearTimeout(timer);
  }, [flashed]);
  return flashed;
}
