import type { Virtualizer } from '@tanstack/virtual-core';
import { useEffect, useState } from 'preact/hooks';
import type { ChatItem, Place } from '../../protocol';
import type { ChatState } from '../chatState';
import { useChat } from './ChatContext';
import type { Following } from './useFollowing';

/** As long as the animation in the style sheet. */
const FLASH_MS = 1600;

/** Scrolls to a place when that is asked for; returns the id of the item to be highlighted. */
export function useReveal(
  list: Virtualizer<HTMLElement, HTMLElement>,
  following: Following,
  items: readonly ChatItem[],
): string | undefined {
  const chat = useChat();
  const [flashed, setFlashed] = useState<string>();
  const asked = chat.reveal.value;
  useEffect(() => {
    const state = chat.state.peek();
    // Before the snapshot there is nothing to scroll to yet.
    if (!asked || state.session === undefined) return;
    const at = indexOf(asked, state);
    // It may stand further up: the page that is asked for here brings this back.
    if (at < 0 && state.hasOlder) return chat.askForOlder();
    // Done with: items that come later are not to scroll there again.
    chat.reveal.value = undefined;
    if (at < 0) return;
    following.leave(() => list.scrollToIndex(at, { align: 'center' }));
    setFlashed(items[at]?.id);
  }, [asked, items]);
  useEffect(() => {
    if (flashed === undefined) return;
    const timer = setTimeout(() => setFlashed(undefined), FLASH_MS);
    return () => clearTimeout(timer);
  }, [flashed]);
  return flashed;
}

/** Below 0 where it is not among the items that are loaded. */
function indexOf(place: Place, { items, cards }: ChatState): number {
  if ('delegationId' in place) return items.findIndex(({ id }) => id === cards.get(place.delegationId));
  return items.findIndex(({ id }) => id === place.entry || id.startsWith(`${place.entry}.`));
}
