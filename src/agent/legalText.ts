/**
 * What providers insist on in the small: text, values, names and ids of a prompt. All of it is deterministic, so that a
 * later request repeats an earlier one byte for byte (SPEC C26).
 */

/** Nesting of arguments beyond this is cut off: no tool of ours needs it, and serialisers recurse. */
const MOST_DEPTH = 100;
const TOO_DEEP = '[nested too deeply]';

/** A JSON value with well-formed text only, keys included, and of bounded depth. */
export function legalValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MOST_DEPTH) return TOO_DEEP;
  if (Array.isArray(value)) return value.map((item) => legalValue(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key.toWellFormed(), legalValue(inner, depth + 1)]),
  );
}

/** Whether a value is nested deeper than {@link legalValue} leaves it. */
export function isDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth >= MOST_DEPTH || Object.values(value).some((inner) => isDeep(inner, depth + 1));
}

export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a reader would see nothing of it: also where it holds control characters, or such as have no width. */
export function isBlank(text: string): boolean {
  return BLANK.test(text);
}

const BLANK = /^[\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

/** A tool's name as every provider takes it; the same where it is that already. */
export function legalName(name: string): string {
  return onlyLegal(name, 64) || 'unknown_tool';
}

/** OpenAI takes no longer ones. */
const MOST_ID = 40;

/** The ids of the calls of one prompt: legal, and each only once, whoever made them up. */
export class CallIds {
  readonly #taken = new Set<string>();
  /** The number that was given last to each id that was wanted. */
  readonly #again = new Map<string, number>();

  /** The id for the next call; the given one where that will do. */
  next(given: string): string {
    const wanted = onlyLegal(given, MOST_ID) || 'call';
    let id = wanted;
    let count = this.#again.get(wanted) ?? 1;
    while (this.#taken.has(id)) {
      count += 1;
      const suffix = `_${count}`;
      id = wanted.slice(0, MOST_ID - suffix.length) + suffix;
    }
    this.#again.set(wanted, count);
    this.#taken.add(id);
    return id;
  }
}

function onlyLegal(text: string, max: number): string {
  return text.replace(/[^a-zA-Z0-9_-]+/g, '_').slice(0, max);
}
