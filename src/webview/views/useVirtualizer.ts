import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
  type VirtualizerOptions,
} from '@tanstack/virtual-core';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';

type List = Virtualizer<HTMLElement, HTMLElement>;
type Options = Pick<
  VirtualizerOptions<HTMLElement, HTMLElement>,
  'count' | 'getScrollElement' | 'estimateSize' | 'getItemKey' | 'initialOffset'
> & {
  /** Told whenever what is visible, or how large it is, may have changed. */
  readonly onChange: (list: List) => void;
};

/** Closer to the end than this many pixels counts as being at the end. */
export const END_THRESHOLD = 24;

/** Many, so that searching in the page, and a screen reader, find what is near without scrolling. */
const OVERSCAN = 30;

/**
 * Of a long list only what is visible, and some around it, is in the document. The list sticks to its end while it is
 * there; otherwise what is visible stays where it is, whatever is put before, after or into it.
 */
export function useVirtualizer({ onChange, ...options }: Options): List {
  const [, render] = useReducer((count: number) => count + 1, 0);
  const all: VirtualizerOptions<HTMLElement, HTMLElement> = {
    ...options,
    overscan: OVERSCAN,
    paddingStart: 10,
    paddingEnd: 6,
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: END_THRESHOLD,
    scrollToFn: elementScroll,
    observeElementOffset,
    // In full: rounded heights of all that is drawn above would add up to a visible shift.
    measureElement: (element, entry) => entry?.borderBoxSize[0]?.blockSize ?? element.getBoundingClientRect().height,
    observeElementRect: (list, report) =>
      observeElementRect(list, (rect) => {
        // The box below may grow (approvals, a longer draft): what was at the end stays at the end.
        const wasAtEnd = list.isAtEnd(END_THRESHOLD) || distanceBefore(list) <= END_THRESHOLD;
        report(rect);
        if (wasAtEnd) list.scrollToEnd();
      }),
    onChange: (list) => {
      render(0);
      onChange(list);
    },
  };
  const [list] = useState(() => new Virtualizer(all));
  list.setOptions(all);
  useLayoutEffect(() => list._didMount(), [list]);
  useLayoutEffect(() => list._willUpdate());
  return list;
}

/** How far the end was when the list's window still had the height that the list last heard of. */
function distanceBefore(list: List): number {
  const height = list.scrollRect?.height ?? 0;
  return list.getTotalSize() - height - (list.scrollOffset ?? 0);
}
