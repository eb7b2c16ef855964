import type { Virtualizer } from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';
import { followsAfter, isAtEnd } from '../following';
import { afterFrames } from './afterFrames';

type List = Virtualizer<HTMLElement, HTMLElement>;

/** Frames in which a list that goes to a place measures what is there. */
const SETTLING = 3;

/**
 * Keeps the conversation at its end until the reader scrolls up. How far away the end is does not count: a card may grow
 * by more than a window at once, and the box below may take as much away.
 */
export class Following {
  readonly #list: List;
  readonly #show: (follows: boolean) => void;
  #follows = true;
  /** On its way to another place: where it comes by is no place that the reader chose. */
  #travels = 0;
  #top = 0;
  #size = '';

  constructor(list: List, show: (follows: boolean) => void) {
    this.#list = list;
    this.#show = show;
  }

  get follows(): boolean {
    return this.#follows;
  }

  /** Goes to the end and stays there, whatever grows. */
  begin(): void {
    this.#travels = 0;
    this.#set(true);
    this.#list.scrollToEnd();
  }

  /** Leaves the end, for a place that `go` scrolls to. */
  leave(go: () => void): void {
    this.#set(false);
    const travel = ++this.#travels;
    go();
    afterFrames(SETTLING, () => {
      if (this.#travels !== travel) return;
      this.#travels = 0;
      this.#scrolled();
    });
  }

  /** Heard of before the picture is painted that shows what grew. */
  grown(): void {
    const element = this.#list.scrollElement;
    if (element === null) return;
    if (this.#follows && !isAtEnd(element)) this.#list.scrollToEnd();
    this.#top = element.scrollTop;
  }

  /** The same, asked at each rendering: sizes are looked up only where the list knows of a change. */
  rendered(): void {
    const size = `${this.#list.getTotalSize()} ${this.#list.scrollRect?.height ?? 0}`;
    if (size === this.#size) return;
    this.#size = size;
    this.grown();
  }

  /** Follows what the reader does, until that is called off. */
  watch(element: HTMLElement): () => void {
    const onScroll = (): void => this.#scrolled();
    element.addEventListener('scroll', onScroll, { passive: true });
    // The box below may grow: approvals, a longer draft.
    const sizes = new ResizeObserver(() => this.grown());
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      element.removeEventListener('scroll', onScroll);
    };
  }

  #scrolled(): void {
    const element = this.#list.scrollElement;
    if (element === null) return;
    const follows = followsAfter(this.#follows, this.#top, element);
    this.#top = element.scrollTop;
    if (this.#travels === 0) this.#set(follows);
  }

  #set(follows: boolean): void {
    if (this.#follows === follows) return;
    this.#follows = follows;
    // What is on its way to the end would take the reader back.
    if (!follows) this.#list.cancelScroll();
    this.#show(follows);
  }
}

export function useFollowing(list: List, scroller: RefObject<HTMLElement | null>): Following {
  const [, show] = useState(true);
  const [following] = useState(() => new Following(list, show));
  useLayoutEffect(() => (scroller.current === null ? undefined : following.watch(scroller.current)), [following]);
  useLayoutEffect(() => following.rendered());
  return following;
}
