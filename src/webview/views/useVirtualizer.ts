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

/** Many, so that searching in the page, and a screen reader, find what is near without scrolling. */
const OVERSCAN = 30;

/**
 * Of a long list only what is visible, and some around it, is in the document. What is visible stays where it is,
 * whatever is put before, after or into it.
 */
export function useVirtualizer({ onChange, ...options }: Options): List {
  const [, render] = useReducer((count: number) => count + 1, 0);
  const all: VirtualizerOptions<HTMLElement, HTMLElement> = {
    ...options,
    overscan: OVERSCAN,
    paddingStart: 10,
    paddingEnd: 6,
    anchorTo: 'end',
    scrollToFn: elementScroll,
    observeElementOffset,
    // In full: rounded heights of all that is drawn above would add up to a visible shift.
    measureElement: (element, entry) => entry?.borderBoxSize[0]?.blockSize ?? element.getBoundingClientRect().height,
    observeElementRect,
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
