/** Who scrolls down to this many pixels from the end, or less, wants to be there. */
const NEAR_END = 24;

/** Sizes and places are fractions of pixels, of which a browser tells whole ones. */
const NOTHING = 2;

export interface Scrolled {
  readonly scrollTop: number;
  readonly scrollHeight: number;
  readonly clientHeight: number;
}

/** How far it is to the end. */
function restOf({ scrollTop, scrollHeight, clientHeight }: Scrolled): number {
  return scrollHeight - clientHeight - scrollTop;
}

export function isAtEnd(scrolled: Scrolled): boolean {
  return restOf(scrolled) < NOTHING;
}

/**
 * Whether the end is followed, after a scroll from `before`. Only scrolling up ends that, by however little, and only
 * scrolling down begins it again: what grows moves the end away, and is no word of the reader's.
 */
export function followsAfter(followed: boolean, before: number, now: Scrolled): boolean {
  if (isAtEnd(now)) return true;
  if (now.scrollTop < before) return false;
  return followed || (now.scrollTop > before && restOf(now) <= NEAR_END);
}
