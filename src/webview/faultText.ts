/** In characters; the host takes no more of it. */
const MAX_DETAIL = 4000;

/**
 * What the banner says of something that nobody caught; undefined where it is none. A browser tells by an error that it
 * put off sizes to the next frame, which is what it is meant to do: https://www.w3.org/TR/resize-observer/#deliver-resize-error
 */
export function faultText(error: unknown): string | undefined {
  const text = error instanceof Error ? error.message : String(error);
  return /^(Uncaught )?ResizeObserver loop /.test(text) ? undefined : text;
}

/** The same for the log, with the place in the code. */
export function faultDetail(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return text.slice(0, MAX_DETAIL);
}
