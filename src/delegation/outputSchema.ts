import { isDeepStrictEqual } from 'node:util';
import { runInNewContext } from 'node:vm';
import type { ErrorObject, ValidateFunction } from 'ajv';

/** The JSON schema that the answer of a child is held to (SPEC 2.10). */
export type OutputSchema = Readonly<Record<string, unknown>>;

/** Characters of a schema, as JSON. */
const SCHEMA_CHARACTERS = 20_000;
/** Levels of a schema, and of a value. */
const LEVELS = 64;
/** Characters of an answer that is looked through for JSON. */
const ANSWER_CHARACTERS = 200_000;
/** Fenced blocks of an answer that are tried, the last ones. */
const BLOCKS = 10;
/**
 * A schema is written by a model, and a small one can take for ever (patterns, references that double): then it is stopped.
 * This is for all of an answer: nothing else of the window happens meanwhile.
 */
const PATIENCE_MS = 500;
/** Things that do not fit that are told. */
const PROBLEMS = 5;

/** What can be seen at once of a schema, or why it is none. Whether it can be used, {@link schemaProblem} finds out. */
export function readOutputSchema(value: unknown): { readonly schema: OutputSchema } | { readonly problem: string } {
  const given = typeof value === 'string' ? parse(value) : value;
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return { problem: 'must be a JSON schema, which is an object' };
  if (isDeeper(given, LEVELS)) return { problem: `is nested in more than ${LEVELS} levels` };
  const characters = JSON.stringify(given).length;
  if (characters > SCHEMA_CHARACTERS)
    return { problem: `has ${characters} characters, the limit is ${SCHEMA_CHARACTERS}` };
  return { schema: given as OutputSchema };
}

/** Why nothing can be held to this schema; undefined where that can be done. */
export async function schemaProblem(schema: OutputSchema): Promise<string | undefined> {
  const compiled = await compile(schema);
  return 'problem' in compiled ? compiled.problem : undefined;
}

/** The JSON in an answer that fits the schema, or what stands in the way. */
export async function fit(
  answer: string,
  schema: OutputSchema,
): Promise<{ readonly structured: unknown } | { readonly problem: string }> {
  if (answer.length > ANSWER_CHARACTERS)
    return { problem: `the answer has ${answer.length} characters, the limit is ${ANSWER_CHARACTERS}` };
  const values = jsonIn(answer).map(({ value }) => value);
  if (values.length === 0) return { problem: 'there is no JSON in the answer' };
  if (values.some((value) => isDeeper(value, LEVELS)))
    return { problem: `the JSON is nested in more than ${LEVELS} levels` };
  const compiled = await compile(schema);
  if ('problem' in compiled) return compiled;
  try {
    return bounded(() => fitting(values, compiled.validate));
  } catch (error) {
    return { problem: reasonOf(error) };
  }
}

/** The first of the values that fits, or what does not fit of the likeliest one. */
function fitting(
  values: readonly unknown[],
  validate: ValidateFunction,
): { readonly structured: unknown } | { readonly problem: string } {
  let problem: string | undefined;
  for (const value of values) {
    if (validate(value)) return { structured: value };
    problem ??= (validate.errors ?? []).slice(0, PROBLEMS).map(describe).join('; ');
  }
  return { problem: problem ?? 'it does not fit' };
}

/** The text with a mark in the place of the JSON that holds this value. */
export function withoutJson(text: string, structured: unknown, mark: string): string {
  if (text.length > ANSWER_CHARACTERS) return text;
  const found = jsonIn(text).find(({ value }) => isDeepStrictEqual(value, structured));
  return found === undefined ? text : `${text.slice(0, found.start)}${mark}${text.slice(found.end)}`.trim();
}

type Compiled = { readonly validate: ValidateFunction } | { readonly problem: string };

async function compile({ $schema: _dialect, $id: _id, ...schema }: OutputSchema): Promise<Compiled> {
  const { default: Ajv } = await import('ajv');
  // Kind to what it does not know; it fetches nothing, and says nothing to the console.
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, logger: false });
  try {
    return { validate: bounded(() => ajv.compile(schema)) };
  } catch (error) {
    return { problem: reasonOf(error) };
  }
}

/** Runs what may never end, and throws where it takes too long. */
function bounded<T>(work: () => T): T {
  return runInNewContext('work()', { work }, { timeout: PATIENCE_MS }) as T;
}

function reasonOf(error: unknown): string {
  // That of a script which was stopped is an Error of another realm.
  if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
    return 'the schema takes too long to check';
  return (error instanceof Error ? error.message : String(error)).slice(0, 500);
}

function describe({ instancePath, message = 'does not fit', params }: ErrorObject): string {
  const extra = 'additionalProperty' in params ? ` (${JSON.stringify(params['additionalProperty'])})` : '';
  return `${instancePath === '' ? 'the value' : instancePath} ${message}${extra}`.slice(0, 300);
}

interface Json {
  readonly value: unknown;
  /** Where it stands in the text, with the fence around it. */
  readonly start: number;
  readonly end: number;
}

/** Objects and arrays in a text, the likeliest first: all of it, a fenced block (the last first), from the first brace on. */
function jsonIn(text: string): Json[] {
  const fences = fencedBlocks(text).slice(-BLOCKS).reverse();
  const [start, end] = [text.search(/[{[]/), Math.max(text.lastIndexOf('}'), text.lastIndexOf(']')) + 1];
  const places = [
    { inner: text, start: 0, end: text.length },
    ...fences,
    ...(start >= 0 && end > start ? [{ inner: text.slice(start, end), start, end }] : []),
  ];
  return places.flatMap((place) => {
    const value = parse(place.inner);
    return typeof value === 'object' && value !== null ? [{ value, start: place.start, end: place.end }] : [];
  });
}

function fencedBlocks(text: string): { readonly inner: string; readonly start: number; readonly end: number }[] {
  const blocks = [];
  let open: { readonly fence: string; readonly start: number; readonly body: number } | undefined;
  let at = 0;
  for (const line of text.split('\n')) {
    const next = at + line.length + 1;
    const fence = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (open === undefined) {
      if (fence !== undefined) open = { fence, start: at, body: next };
    } else if (fence?.startsWith(open.fence) === true) {
      blocks.push({ inner: text.slice(open.body, at), start: open.start, end: Math.min(next, text.length) });
      open = undefined;
    }
    at = next;
  }
  return blocks;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}
