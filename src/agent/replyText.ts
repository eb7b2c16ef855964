/** Some models think in their text: it begins with one of these, and what they say follows after its end. */
const OPENING = /^\s*<(think|thinking|thought|reasoning)>/;
/** As long as the text may still become such a beginning. */
const MAY_OPEN = /^\s{0,99}(?:<[a-z]{0,9})?$/;
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
    if (this.#state === 'beginning') {
      const tag = OPENING.exec(this.#held);
      if (tag === null) return MAY_OPEN.test(this.#held) ? [] : this.#become('text');
      this.#state = 'thinking';
      this.#end = `</${tag[1]}>`;
      this.#held = this.#held.slice(tag[0].length);
    }
    const end = this.#held.indexOf(this.#end);
    if (end < 0) return this.#release();
    const thought = this.#held.slice(0, end);
    this.#held = this.#held.slice(end + this.#end.length).trimStart();
    return [...(thought === '' ? [] : [{ type: 'reasoning', text: thought } as const]), ...this.#become('text')];
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
  /<tool_call|<function[=_ ]|<invoke |<\|tool_calls?(?:_section)?_begin\|>|<\|?tool_calls?\|>|<｜tool▁calls?▁begin｜>|<\|python_tag\|>|\[TOOL_CALLS\]/g;
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
  if (/^[{[]/.test(json) && namedIn(json).some((name) => tools.includes(name))) return true;
  const begin = [...end.matchAll(BEGIN)].at(-1)?.index;
  if (begin === undefined || !/[}\]>)]$/.test(end)) return false;
  const beginning = end.slice(begin, begin + NEAR);
  return tools.some((name) => names(beginning, name));
}

/** What stands in the fence that ends the text. */
function lastFence(text: string): string {
  const block = text.slice(text.lastIndexOf('```', text.length - 4), -3);
  return block.slice(block.indexOf('\n') + 1).trim();
}

/** The tool that a JSON object calls, in whichever way it names it. */
function namedIn(json: string): readonly string[] {
  try {
    const value: unknown = JSON.parse(json);
    const calls: readonly unknown[] = Array.isArray(value) ? value : [value];
    return calls.flatMap((call) => {
      if (typeof call !== 'object' || call === null) return [];
      const hasInput = ['arguments', 'parameters', 'input', 'args'].some((key) => key in call);
      const named = 'name' in call ? call.name : 'tool' in call ? call.tool : undefined;
      return hasInput && typeof named === 'string' ? [named] : [];
    });
  } catch {
    return [];
  }
}

/** Whether a tool's name stands in the text as a word of its own. */
function names(text: string, tool: string): boolean {
  const at = text.indexOf(tool);
  return at >= 0 && !/\w/.test(text.charAt(at - 1)) && !/\w/.test(text.charAt(at + tool.length));
}
