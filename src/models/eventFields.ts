import { field } from './vendorAnswer';

/**
 * The events of one stream as the vendor's package is to read them. A package checks each event whole, and takes a field of
 * another form than it expects for a fault: it gets the fields that we use and no others, in the form that it wants, and
 * nothing of events and blocks that nobody here knows (SPEC C75).
 */
export interface VendorEvents {
  /** What takes the place of the data of one event; as often as not one event, or none. */
  readonly take: (data: string) => readonly object[];
  /** The reply is whole: nothing that belongs to it follows. */
  readonly isOver: () => boolean;
}

/** Those of the named fields of `value` that are texts. */
export function textsIn(value: unknown, ...names: readonly string[]): Record<string, string> {
  return fieldsIn(names, (name) => {
    const text = field(value, name);
    return typeof text === 'string' ? text : undefined;
  });
}

/** Those of the named fields of `value` that are counts; some send them as texts. */
export function countsIn(value: unknown, ...names: readonly string[]): Record<string, number> {
  return fieldsIn(names, (name) => {
    const given = field(value, name);
    const count = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
    return typeof count === 'number' && Number.isFinite(count) && count >= 0 ? count : undefined;
  });
}

function fieldsIn<T>(names: readonly string[], read: (name: string) => T | undefined): Record<string, T> {
  return Object.fromEntries(
    names.flatMap((name): [string, T][] => {
      const value = read(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

export function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

export function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value : otherwise;
}
