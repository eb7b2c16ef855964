import type { Body, Codec } from './codecs/codec';
import type { Database, Row } from './database';

/**
 * Reads the bodies of rows, so that one that is damaged does not take the rest along: it is left out and stays where it
 * is. The user is told once.
 */
export class Reading {
  readonly #db: Database;
  #leftOut = 0;
  #error: unknown;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Undefined where nothing can be made of it. `columns` hold what the row knows better than its body. */
  body<T>(codec: Codec<T>, row: Row, columns: Body = {}): T | undefined {
    try {
      const stored: unknown = JSON.parse(readText(row, 'body'));
      const { value, isWhole } = codec.read(isObject(stored) ? { ...stored, ...columns } : stored);
      if (!isWhole) this.#leaveOut(new Error('A part of a stored body is of no use.'));
      return value;
    } catch (error) {
      this.#leaveOut(error);
      return undefined;
    }
  }

  /** A part of a body that is stored by itself; undefined where it is damaged. */
  json(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (error) {
      this.#leaveOut(error);
      return undefined;
    }
  }

  /** All is read: tells of what was not to be used. */
  end(): void {
    if (this.#leftOut > 0) this.#db.reportLeftOut(this.#leftOut, this.#error);
  }

  #leaveOut(error: unknown): void {
    this.#leftOut++;
    this.#error ??= error;
  }
}

export function readText(row: Row, column: string): string {
  const value = row[column];
  return typeof value === 'string' ? value : '';
}

export function readNumber(row: Row, column: string): number {
  return Number(row[column] ?? 0);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
