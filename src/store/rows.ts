import type { Database, Row } from './database';

/**
 * A JSON column as an object; undefined where it is damaged, so that one bad row does not take the rest along. The user
 * is told of it once.
 */
export function readBody<T extends object>(
  db: Database,
  row: Row,
  isWhole: (value: Partial<T>) => boolean,
): T | undefined {
  try {
    const value: unknown = JSON.parse(readText(row, 'body'));
    if (typeof value === 'object' && value !== null && isWhole(value)) return value as T;
    throw new Error('The row does not have the shape that it should have.');
  } catch (error) {
    db.reportDamagedRow(error);
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
