import { field } from './vendorAnswer';

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
