import type * as z from 'zod';

/** Mends at most so often: what a text holds may itself want mending. */
const ROUNDS = 3;

/** Under which some models put the arguments once more. */
const WRAPPERS = ['arguments', 'parameters', 'input', 'args'];

/**
 * Holds input to a schema, and takes what models send for what they mean: null for "not given", numbers, truth values and
 * lists as text, one item for a list, the arguments within the arguments. What is valid as it is stays untouched; where
 * nothing helps, the error is that of what came.
 */
export function parseKindly<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): z.ZodSafeParseResult<z.output<Schema>> {
  const asItCame = schema.safeParse(input);
  let issues = asItCame.error?.issues ?? [];
  let mended: unknown = unwrapped(input);
  for (let round = 0; issues.length > 0 && round < ROUNDS; round++) {
    const before = mended;
    if (round > 0 || before === input) mended = issues.reduce(mend, before);
    const parsed = schema.safeParse(mended);
    if (parsed.success) return parsed;
    ({ issues } = parsed.error);
  }
  return asItCame;
}

function unwrapped(input: unknown): unknown {
  if (!isObject(input)) return input;
  const [only, ...others] = Object.keys(input);
  if (only === undefined || others.length > 0 || !WRAPPERS.includes(only)) return input;
  const inner = fromText(input[only]);
  return isObject(inner) ? inner : input;
}

/** The input with what one issue complains of as it was meant; the same where nothing is known to help. */
function mend(input: unknown, issue: z.core.$ZodIssue): unknown {
  if (issue.code !== 'invalid_type' || issue.path.length === 0) return input;
  return changed(input, issue.path, (value) => meant(value, issue.expected));
}

const NOT_GIVEN = Symbol('not given');
const TRUTH: Readonly<Record<string, boolean>> = { true: true, false: false };

function meant(value: unknown, expected: string): unknown {
  if (value === null) return NOT_GIVEN;
  switch (expected) {
    case 'number':
    case 'int':
      return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
    case 'boolean':
      return typeof value === 'string' ? (TRUTH[value.trim().toLowerCase()] ?? value) : value;
    case 'string':
      return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
    case 'object':
      return isObject(fromText(value)) ? fromText(value) : value;
    case 'array': {
      const items = fromText(value);
      return Array.isArray(items) || items === undefined ? items : [items];
    }
    default:
      return value;
  }
}

/** A copy with another value at a path; without it where that is {@link NOT_GIVEN}. */
function changed(value: unknown, path: readonly PropertyKey[], change: (value: unknown) => unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return change(value);
  if (Array.isArray(value))
    return value.map((item, index): unknown => (index === key ? changed(item, rest, change) : item));
  if (!isObject(value) || typeof key !== 'string') return value;
  const inner = changed(value[key], rest, change);
  const { [key]: _before, ...others } = value;
  return inner === NOT_GIVEN ? others : { ...value, [key]: inner };
}

/** What a JSON text holds; anything else, and a text that is none, as it is. */
function fromText(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
