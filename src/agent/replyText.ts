import { isPlainObject } from './legalText';

/** Some models think in their text: it begins with one of these, and what they say follows after its end. */
const OPENING = /^\s*(?:<(?:\w+:)?(?:think|thinking|thought|reasoning)>|\[think\]|◁think▷)/i;
/** As long as the text may still become such a beginning. */
const MAY_OPEN = /^\s{0,99}(?:[<[◁][\w:]{0,19})?$/;
/** The beginning of it, in a template of the server's, was not sent. */
const LONE_END = /^<\/(?:think|thinking|thought|reasoning)>\s*$/m;

export interface SplitText {
  readonly type: 'text' | 'reasoning';
  readonly text: string;
}

/** Tells thinking from text while it streams, where a model writes it as `<think>…</think>` before what it says. */
export class ThinkSplitter {
  #state: 'beginning' | 'thinking' | 'text' = 'beginning';
  #held = '';
  #end = '';

  /** What is known now of a text that goes on. */
  push(delta: string): readonly SplitText[] {
    if (this.#state === 'text') return delta === '' ? [] : [{ type: 'text', text: delta }];
    this.#held += delta;
    const thoughts: SplitText[] = [];
    for (;;) {
      if (this.#state === 'beginning') {
        // Some think more than once before they speak.
        if (this.#end !== '') this.#held = this.#held.trimStart();
        const tag = OPENING.exec(this.#held);
        if (tag === null) return MAY_OPEN.test(this.#held) ? thoughts : [...thoughts, ...this.#become('text')];
        this.#state = 'thinking';
        this.#end = tag[0].trimStart().replace(/^./, '$&/');
        this.#held = this.#held.slice(tag[0].length);
      }
      const end = this.#held.indexOf(this.#end);
      if (end < 0) return [...thoughts, ...this.#release()];
      if (end > 0) thoughts.push({ type: 'reasoning', text: this.#held.slice(0, end) });
      this.#held = this.#held.slice(end + this.#end.length);
      this.#state = 'beginning';
    }
  }

  /** What was held back of a text that is over. */
  finish(): readonly SplitText[] {
    return this.#state === 'thinking' ? this.#become('reasoning') : this.#become('text');
  }

  #become(type: SplitText['type']): readonly SplitText[] {
    const text = this.#held;
    this.#held = '';
    this.#state = 'text';
    return text === '' ? [] : [{ type, text }];
  }

  /** All but what may be the beginning of the end tag. */
  #release(): readonly SplitText[] {
    const sure = this.#held.length - this.#end.length + 1;
    if (sure <= 0) return [];
    const text = this.#held.slice(0, sure);
    this.#held = this.#held.slice(sure);
    return [{ type: 'reasoning', text }];
  }
}

/** Thinking and text where only the end of the thinking is marked, on a line of its own. */
export function splitAtLoneEnd(text: string): { readonly reasoning: string; readonly text: string } {
  const end = LONE_END.exec(text);
  if (end === null || /<(?:think|thought|reasoning)/.test(text.slice(0, end.index))) return { reasoning: '', text };
  return { reasoning: text.slice(0, end.index).trimEnd(), text: text.slice(end.index + end[0].length).trimStart() };
}

/** Where a call begins that a model writes as text, in the forms in which models are trained to write it. */
const BEGIN =
  /<(?:\w+:)?tool_call|<function[=_ ]|<invoke |<｜DSML｜invoke |<\|tool_calls?(?:_section)?_begin\|>|<\|?tool_calls?\|>|<｜tool▁calls?▁begin｜>|<\|python_tag\|>|<\|START_ACTION\|>|<\|channel\|>commentary|\[TOOL_CALLS\]|^>>>|^Action: /gm;
/** The name of the tool stands no further from there. */
const NEAR = 200;
/** What is longer is a text that holds an example. */
const LONGEST_CALL = 100_000;

/**
 * Whether a reply ends with the call of a tool as text, which runs nothing: the server did not understand it, or takes no
 * tools. A text that speaks of such a form goes on after it, or names no tool that there is.
 */
export function endsWithTextCall(text: string, tools: readonly string[]): boolean {
  const end = text.slice(-LONGEST_CALL).trim();
  const json = end.endsWith('```') ? lastFence(end) : end.slice(end.lastIndexOf('\n{') + 1);
  if (isCallOf(json, tools) || tools.some((name) => isCode(end, name) || isElement(end, name))) return true;
  const begin = [...end.matchAll(BEGIN)].at(-1)?.index;
  if (begin === undefined || !/[}\]>)]$/.test(end)) return false;
  const call = end.slice(begin);
  const beginning = call.slice(0, NEAR);
  return tools.some((name) => names(beginning, name)) || isCallOf(jsonIn(call), tools);
}

/** From the first bracket to the last. */
function jsonIn(text: string): string {
  const begin = text.search(/[{[]/);
  return begin < 0 ? '' : text.slice(begin, Math.max(text.lastIndexOf('}'), text.lastIndexOf(']')) + 1);
}

function isCallOf(json: string, tools: readonly string[]): boolean {
  return /^[{[]/.test(json) && namedIn(json).some((name) => tools.includes(name));
}

/** Whether it ends with `[tool(…)]`, or with a block of code that is meant to be run and names the tool. */
function isCode(text: string, tool: string): boolean {
  const at = text.startsWith(`[${tool}(`) ? 0 : text.lastIndexOf(`\n[${tool}(`);
  if (at >= 0 && text.endsWith(')]')) return true;
  return text.endsWith('```') && names(/^```tool_code\n(.*)$/s.exec(fenced(text))?.[1] ?? '', tool);
}

/** Whether it ends with `<tool>…</tool>`. */
function isElement(text: string, tool: string): boolean {
  return text.endsWith(`</${tool}>`) && /(?:^|\n)$/.test(text.slice(0, text.lastIndexOf(`<${tool}>`)));
}

/** What stands in the fence that ends the text. */
function lastFence(text: string): string {
  const block = fenced(text).slice(0, -3);
  return block.slice(block.indexOf('\n') + 1).trim();
}

/** The fence that ends the text. */
function fenced(text: string): string {
  return text.slice(text.lastIndexOf('```', text.length - 4));
}

/** The tools that some JSON calls, in whichever way it names them. */
function namedIn(json: string): readonly string[] {
  try {
    return calledBy(JSON.parse(json));
  } catch {
    return [];
  }
}

const NAMES = ['name', 'tool', 'tool_name', 'function', 'action'];
const INPUTS = ['arguments', 'parameters', 'input', 'args', 'tool_input', 'action_input'];

function calledBy(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(calledBy);
  if (!isPlainObject(value)) return [];
  const { tool_calls: calls, function: called } = value;
  if (Array.isArray(calls)) return calls.flatMap(calledBy);
  if (isPlainObject(called)) return calledBy(called);
  const named = NAMES.map((key) => value[key]).find((name) => typeof name === 'string');
  return typeof named === 'string' && INPUTS.some((key) => key in value) ? [named] : [];
}

/** Whether a tool's name stands in the text as a word of its own. */
export function names(text: string, tool: string): boolean {
  const at = text.indexOf(tool);
  return at >= 0 && !/\w/.test(text.charAt(at - 1)) && !/\w/.test(text.charAt(at + tool.length));
}
