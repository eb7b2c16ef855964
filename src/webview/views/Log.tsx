import type { Virtualizer } from '@tanstack/virtual-core';
import type { ChatItem } from '../../protocol';
import type { ChatState } from '../chatState';
import { keyOf } from '../elementKeys';
import { ItemView } from './ItemView';

interface Props {
  readonly list: Virtualizer<HTMLElement, HTMLElement>;
  readonly items: readonly ChatItem[];
  readonly keys: ChatState['keys'];
  /** New items are read out; not so while the reader is elsewhere, where scrolling alone brings items in. */
  readonly live: boolean;
  /** The item to be highlighted. */
  readonly flashed: string | undefined;
}

/** As high as all items together; only those around the visible ones are in it, moved to their place. */
export function Log({ list, items, keys, live, flashed }: Props) {
  const drawn = list.getVirtualItems();
  return (
    <div
      class="log"
      role="log"
      aria-label="Conversation"
      aria-live={live ? 'polite' : 'off'}
      style={{ height: `${list.getTotalSize()}px` }}
    >
      <div style={{ transform: `translateY(${drawn[0]?.start ?? 0}px)` }}>
        {drawn.map(({ index }) => {
          const item = items[index];
          if (!item) return null;
          const flash = item.id === flashed ? 'flash' : '';
          return (
            <div
              key={keyOf({ keys }, item)}
              data-index={index}
              ref={list.measureElement}
              class={`item item-${item.kind} ${flash}`}
            >
              <ItemView item={item} />
            </div>
          );
        })}
      </div>
    </div>
  );
}
