import type * as z from 'zod';

export type Body = Readonly<Record<string, unknown>>;

/** Makes a body of one version that of the next. */
export type Upgrade = (body: Body) => Body;

/** What could be read of a body; not whole where something of it was of no use and is left out. */
export interface Read<T> {
  readonly value: T;
  readonly isWhole: boolean;
}

/** How things of one kind are stored: as JSON, with the version of their shape. */
export interface Codec<T> {
  /** Throws where nothing can be made of it. */
  read(body: unknown): Read<T>;
  /**
   * With all fields that it does not know: a newer Fanout may have put them there. Some of a value may be stored
   * elsewhere, and is left away here.
   */
  write(value: Partial<T>): string;
}

/** A schema for each field of `T`, and for any that are to come. */
export type Shape<T> = { readonly [Key in keyof T]-?: z.ZodType } & Readonly<Record<string, z.ZodType>>;

/**
 * `upgrades[n]` is for bodies of version n; those of version 0 do not name it. What is missing gets the schema's default,
 * what is of the wrong type is as good as missing, and an item of a list that cannot be had is left out of it.
 */
export function createCodec<T extends object>(schema: z.ZodType<T>, upgrades: readonly Upgrade[] = []): Codec<T> {
  const version = upgrades.length;
  return {
    read(stored) {
      if (!isBody(stored)) throw new Error('A stored body is no object.');
      const from = versionOf(stored);
      const body = upgrades.slice(from).reduce(tryUpgrade, stored);
      if (from > version) return repaired(schema, body);
      // Every version that is known is the same from here on.
      const { v: _version, ...rest } = body;
      return repaired(schema, rest);
    },
    write(value) {
      const written = Math.max(version, versionOf(value));
      return JSON.stringify(written === 0 ? value : { ...value, v: written });
    },
  };
}

export function isBody(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function versionOf({ v }: Body): number {
  return typeof v === 'number' && Number.isInteger(v) && v > 0 ? v : 0;
}

/** A body that is too odd to be upgraded is repaired as it is. */
function tryUpgrade(body: Body, upgrade: Upgrade): Body {
  try {
    return upgrade(body);
  } catch {
    return body;
  }
}

function repaired<T>(schema: z.ZodType<T>, body: Body): Read<T> {
  const first = schema.safeParse(body);
  if (first.success) return { value: first.data, isWhole: true };
  const rest = structuredClone(body);
  let { error } = first;
  // Each round takes something away, so there is an end.
  for (;;) {
    for (const path of useless(rest, error)) remove(rest, path);
    const next = schema.safeParse(rest);
    if (next.success) return { value: next.data, isWhole: false };
    ({ error } = next);
  }
}

type Path = readonly PropertyKey[];

/** What has to go: what is of the wrong type, or what misses something; the last one of a list first. */
function useless(body: Body, { issues }: z.ZodError): Path[] {
  const paths = issues.map(({ path }) => (at(body, path) === undefined ? path.slice(0, -1) : path));
  if (paths.some(({ length }) => length === 0)) throw new Error('A stored body misses what it cannot do without.');
  const once = new Map(paths.map((path) => [path.map(String).join('\n'), path]));
  return [...once.values()].sort(lastFirst);
}

function lastFirst(a: Path, b: Path): number {
  const index = a.findIndex((key, i) => key !== b[i]);
  if (index === -1) return b.length - a.length;
  const [mine, other] = [a[index], b[index]];
  return typeof mine === 'number' && typeof other === 'number' ? other - mine : b.length - a.length;
}

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, key) => (inner === undefined || inner === null ? undefined : Reflect.get(Object(inner), key)),
    value,
  );
}

function remove(body: Body, path: Path): void {
  const parent = at(body, path.slice(0, -1));
  const key = path.at(-1);
  if (key === undefined || typeof parent !== 'object' || parent === null) return;
  if (Array.isArray(parent) && typeof key === 'number') parent.splice(key, 1);
  else Reflect.deleteProperty(parent, key);
}
