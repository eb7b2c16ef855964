import type { Row } from './database';

/** A JSON column as an object; undefined where it is damaged, so that one bad row does not take the rest along. */
export function readBody<T extends object>(row: Row, isWhole: (value: Partial<T>) => boolean): T | undefined {
  try {
    const value: unknown = JSON.parse(readText(row, 'body'));
    if (typeof value !== 'object' || value === null) return undefined;
    return isWhole(value) ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}

export function readText(row: Row, column: string): string {
  const value = row[column];
  return typeof value === 'string' ? value : '';
}

export function readNumber(row: Row, column: string): number {
  return Number(row[column] ?? 0);
}
