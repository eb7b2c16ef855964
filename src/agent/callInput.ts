import { isDeep, isPlainObject, legalValue } from './legalText';
import type { ToolCall } from './messages';
import { names } from './replyText';
import { headOf } from '../util/cutText';

/** Arguments that are longer are not taken: no tool of ours has use for them. In characters. */
const MOST_INPUT = 1024 * 1024;
/** So much is kept of arguments that were not taken. */
const KEPT_INPUT = 20_000;

/**
 * A call as it came, read kindly: models and servers send no arguments, `null`, an object instead of its JSON, or JSON
 * that was encoded twice. What is no object all the same is kept as `malformed`, and the model is told.
 */
export function readCall(id: string, name: string, given: unknown): ToolCall {
  const call = { id, name };
  if (typeof given !== 'string') return { ...call, ...readInput(given) };
  if (given.length > MOST_INPUT) {
    const size = `they are ${given.length} characters long, and may be ${MOST_INPUT}`;
    return { ...call, input: kept(given), malformed: size };
  }
  try {
    const read = readInput(unpacked(given));
    return 'malformed' in read ? { ...call, ...read, input: kept(given) } : { ...call, ...read };
  } catch (error) {
    return { ...call, input: kept(given), malformed: error instanceof Error ? error.message : String(error) };
  }
}

function kept(given: string): string {
  return headOf(given, KEPT_INPUT).toWellFormed();
}

/** The value of some JSON, which may be JSON again. */
function unpacked(json: string): unknown {
  const text = json.trim();
  if (text === '') return {};
  const value = parsed(text);
  return typeof value === 'string' && /^\s*(?:[{"]|(?:null)?\s*$)/.test(value) ? unpacked(value) : value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    try {
      return JSON.parse(mended(text));
    } catch {
      throw error;
    }
  }
}

/** What models write around an object and within, where there is no doubt what is meant; what is cut off stays so. */
function mended(text: string): string {
  return text
    .replace(/^```\w*\n(.*)\n```$/s, '$1')
    .replace(/(?:<\|[a-z_]+\|>|<\/tool_call>)$/, '')
    .replace(/^\{\}(?=\{)/, '')
    .replace(STRING_OR_COMMA, (found) =>
      found === ',' ? '' : found.replace(/\p{Cc}/gu, (control) => JSON.stringify(control).slice(1, -1)),
    );
}

/** A string (to the end where it has none), so that nothing within it is taken for more; or a comma that nothing follows. */
const STRING_OR_COMMA = /"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?$)|,(?=\s*[}\]])/gs;

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
 * (`read_file<|channel|>commentary`, `functions.read_file:0`). Whatever it is, the name of one tool stands in it.
 */
export function readName(name: string, tools: readonly string[]): string {
  if (tools.includes(name)) return name;
  const bare = name
    .replace(/<.*/s, '')
    .trim()
    .replace(/^(?:functions?|tools?|default_api|api)[.:/]/, '')
    .replace(/:\d+$/, '')
    .replace(/\(\)$/, '');
  const meant = tools.includes(bare) ? [] : tools.filter((tool) => names(name.toLowerCase(), tool.toLowerCase()));
  return meant.length === 1 && meant[0] !== undefined ? meant[0] : bare;
}
