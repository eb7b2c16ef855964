import { isDeep, isPlainObject, legalValue } from './legalText';
import type { ToolCall } from './messages';
import { headOf } from '../util/cutText';

/** Arguments that are longer are not taken: no tool of ours has use for them. In characters. */
const MOST_INPUT = 1024 * 1024;
/** So much is kept of arguments that were not taken. */
const KEPT_INPUT = 2_000;

/**
 * A call as it came, read kindly: models and servers send no arguments, `null`, an object instead of its JSON, or JSON
 * that was encoded twice. What is no object all the same is kept as `malformed`, and the model is told.
 */
export function readCall(id: string, name: string, given: unknown): ToolCall {
  const call = { id, name: readName(name) };
  if (typeof given !== 'string') return { ...call, ...readInput(given) };
  if (given.length > MOST_INPUT) {
    const size = `they are ${given.length} characters long, and may be ${MOST_INPUT}`;
    return { ...call, input: headOf(given, KEPT_INPUT).toWellFormed(), malformed: size };
  }
  try {
    const read = readInput(unpacked(given));
    return 'malformed' in read ? { ...call, ...read, input: given.toWellFormed() } : { ...call, ...read };
  } catch (error) {
    return { ...call, input: given.toWellFormed(), malformed: error instanceof Error ? error.message : String(error) };
  }
}

/** The value of some JSON, which may be JSON again. */
function unpacked(json: string): unknown {
  if (json.trim() === '') return {};
  const value: unknown = JSON.parse(json);
  return typeof value === 'string' && /^\s*[{"]/.test(value) ? unpacked(value) : value;
}

function readInput(value: unknown): Pick<ToolCall, 'input' | 'malformed'> {
  // Some models send these for a tool that needs no arguments.
  if (value === null || value === undefined) return { input: {} };
  if (isDeep(value)) return { input: legalValue(value), malformed: 'they are nested too deeply' };
  if (isPlainObject(value)) return { input: legalValue(value) };
  const kind = Array.isArray(value) ? 'an array' : JSON.stringify(value);
  return { input: legalValue(value), malformed: `expected an object, got ${kind}` };
}

/**
 * The tool that a model means: some put their own channel, their namespace or a number beside its name
 * (`read_file<|channel|>commentary`, `functions.read_file:0`).
 */
function readName(name: string): string {
  return name
    .replace(/<.*/s, '')
    .trim()
    .replace(/^(?:functions?|tools?|default_api|api)[.:/]/, '')
    .replace(/:\d+$/, '')
    .replace(/\(\)$/, '');
}
