import * as z from 'zod';
import type { SettingKey } from './contributions';
import { USER_ONLY_SETTINGS } from './contributions';

/** What VS Code knows of one setting, by where it was set. */
export interface Inspected {
  readonly defaultValue?: unknown;
  readonly globalValue?: unknown;
  readonly workspaceValue?: unknown;
  readonly workspaceFolderValue?: unknown;
}

/** Reads single settings of a kind each; what can't be used is reported with what is used instead. */
export class SettingReader {
  readonly #inspect: (key: SettingKey) => Inspected | undefined;
  readonly #report: (problem: string) => void;

  constructor(inspect: (key: SettingKey) => Inspected | undefined, report: (problem: string) => void) {
    this.#inspect = inspect;
    this.#report = report;
  }

  text(key: SettingKey, fallback: string): string {
    return this.#read(key, z.string().trim(), 'a text', fallback);
  }

  oneOf<T extends string>(key: SettingKey, values: readonly T[], fallback: T): T {
    return this.#read(key, z.enum(values), `one of ${values.join(', ')}`, fallback);
  }

  /** A whole number; below the floor, the floor. */
  count(key: SettingKey, floor: number, fallback: number): number {
    return this.#atLeast(key, floor, this.#read(key, z.int(), 'a whole number', fallback));
  }

  /** The same, undefined where nobody set it. */
  optionalCount(key: SettingKey, floor: number): number | undefined {
    const value = this.#read(key, z.int().nullable(), 'a whole number', null);
    return value === null ? undefined : this.#atLeast(key, floor, value);
  }

  /** One number of a setting that is an object; below the floor, the floor. */
  part(key: SettingKey, name: string, floor: number, fallback: number): number {
    const layers = this.#layers(key).map((layer) => (isRecord(layer) ? layer[name] : undefined));
    const value = layers.findLast((layer) => layer !== undefined) ?? fallback;
    if (typeof value === 'number' && Number.isFinite(value)) return this.#atLeast(`${key}.${name}`, floor, value);
    this.#tell(`${key}.${name}`, value, 'a number', fallback);
    return fallback;
  }

  /** The items that are valid; each other one is reported by its place and left out. */
  list<T>(key: SettingKey, item: z.ZodType<T>): T[] {
    const values = this.#read(key, z.array(z.unknown()), 'a list', []);
    return values.flatMap((value, i) => {
      const parsed = item.safeParse(value);
      if (parsed.success) return [parsed.data];
      const [issue] = parsed.error.issues;
      const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
      this.#report(`fanout.${key}[${i}] is left out: ${where}${issue?.message ?? 'not valid'}.`);
      return [];
    });
  }

  #read<T>(key: SettingKey, schema: z.ZodType<T>, expected: string, fallback: T): T {
    const value = this.#layers(key).at(-1);
    if (value === undefined) return fallback;
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    this.#tell(key, value, expected, fallback);
    return fallback;
  }

  /** What was set, the strongest last. */
  #layers(key: SettingKey): unknown[] {
    const { defaultValue, globalValue, workspaceValue, workspaceFolderValue } = this.#inspect(key) ?? {};
    const user = [defaultValue, globalValue].filter((value) => value !== undefined);
    const workspace = [workspaceValue, workspaceFolderValue].filter((value) => value !== undefined);
    if (!USER_ONLY_SETTINGS.includes(key)) return [...user, ...workspace];
    if (workspace.length > 0)
      this.#report(`fanout.${key} is set in the workspace, where it is ignored: only your user settings count.`);
    return user;
  }

  #atLeast(key: string, floor: number, value: number): number {
    if (value >= floor) return value;
    this.#report(`fanout.${key} is ${value}; the least is ${floor}, which is used.`);
    return floor;
  }

  #tell(key: string, value: unknown, expected: string, used: unknown): void {
    const text = JSON.stringify(value);
    const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
    this.#report(`fanout.${key} is ${shown}, which is not ${expected}; ${JSON.stringify(used)} is used.`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
