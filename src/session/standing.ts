/**
 * Whose a session is. `unclaimed` until it is opened, sent to or written: reading it has no effect. `elsewhere`: another
 * window has it; `held`: it cannot be claimed as long as another program holds the store. Both are only read along.
 */
export type Standing = 'unclaimed' | 'ours' | 'elsewhere' | 'held';

/** Why nothing can be said in it. */
export const READ_ALONG = {
  elsewhere: 'This session is open in another window. Go on there, or close that window.',
  held: "Fanout's store is held by another program, so nothing can be said here until it is free.",
};

export function isReadAlong(standing: Standing): standing is keyof typeof READ_ALONG {
  return standing in READ_ALONG;
}
