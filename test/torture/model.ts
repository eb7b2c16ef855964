import type { ModelRequest, RequestMessage, ScriptedCall, Step } from '../fakes/modelServerWords';
import { LONG_FILE, LONG_PARTS, PART_LINES, writtenBy } from './project';

/** What the user says, each followed by the name of the life. */
export const PLAN_A = 'Do all of it:';
export const PLAN_B = 'And the other thing:';
export const MORE = 'One more thing:';

/** The goals, each followed by the name of the life. */
const READ = 'Read for';
const COMMAND = 'Run a command for';
const WRITE = 'Write for';
const NEST = 'Orchestrate';
const LEAF = 'Work below';
const NEST_BELOW = 'Orchestrate below';
const WRITE_BELOW = 'Write below';
const OVER = 'Overflow for';
const LONG = 'Plow through';
export const STAY = 'Stay for';
export const DIRECT = 'Do directly';

let calls = 0;

/** What the script of a chain's model refers to. */
export interface ModelPorts {
  /** A command that runs until somebody ends it. */
  readonly forever: string;
  /** A command that leaves a trace of having run for this goal. */
  readonly trace: (goal: string) => string;
  /** Some child reads more than the model has room for. */
  readonly isNarrow: boolean;
}

/**
 * What a model answers. Each step of it is sent by itself, so that a window can die between any two. No answer repeats
 * what an earlier one of the same conversation did.
 */
export class ScriptedAgents {
  readonly #ports: ModelPorts;
  /** Parts of the long file that were asked for, by goal: what was compacted tells no more. */
  readonly #parts = new Map<string, number>();

  constructor(ports: ModelPorts) {
    this.#ports = ports;
  }

  answerTo({ system, messages }: ModelRequest): readonly Step[] {
    if (system.startsWith('You compact')) return [{ text: 'Work was ' }, { text: 'handed out.' }];
    if (system.startsWith('You are a background agent')) return this.#childAnswer(messages);
    const text = messages.at(-1)?.text ?? '';
    const life = text.slice(text.lastIndexOf(':') + 1).trim();
    if (text.startsWith(PLAN_A)) {
      const tasks = [
        { goal: `${READ} ${life}`, toolsets: ['read'] },
        { goal: `${COMMAND} ${life}`, toolsets: ['run'] },
        { goal: `${WRITE} ${life}` },
      ];
      const over = { goal: `${this.#ports.isNarrow ? LONG : OVER} ${life}`, toolsets: ['read'] };
      return [{ text: 'I hand it out.' }, delegate({ tasks }, { goal: `${NEST} ${life}`, role: 'orchestrator' }, over)];
    }
    if (text.startsWith(PLAN_B)) return [delegate({ goal: `${STAY} ${life}`, toolsets: ['run'] })];
    return [{ text: 'It is ' }, { text: 'well.' }];
  }

  #childAnswer(messages: readonly RequestMessage[]): readonly Step[] {
    const { forever, trace } = this.#ports;
    const goal = goalIn(messages);
    const name = goal.slice(goal.lastIndexOf(' ') + 1);
    if (goal.startsWith(LONG)) return this.#readOn(goal, messages.length === 1);
    if (messages.length === 1) {
      if (goal.startsWith(READ)) return [{ text: 'I look. ' }, call('list_files', {})];
      if (goal.startsWith(COMMAND)) return [call('run_command', { command: `${trace(goal)}; ${forever} & echo done` })];
      if (goal.startsWith(STAY))
        return [call('run_command', { command: `${trace(goal)}; ${forever} & ${forever}; true` })];
      if (goal.startsWith(WRITE) || goal.startsWith(WRITE_BELOW)) return [call('write_file', writtenBy(goal))];
      if (goal.startsWith(NEST_BELOW)) return [delegate({ goal: `${WRITE_BELOW} ${name}` })];
      if (goal.startsWith(NEST)) {
        const below = { goal: `${NEST_BELOW} ${name}`, role: 'orchestrator' };
        return [delegate({ tasks: [{ goal: `${LEAF} ${name}`, toolsets: ['read'] }, below] })];
      }
    }
    return [{ text: `Report of ${goal}: ` }, { text: 'nothing ' }, { text: 'is wrong.' }];
  }

  #readOn(goal: string, isFirst: boolean): readonly Step[] {
    const part = isFirst ? 0 : (this.#parts.get(goal) ?? 0);
    this.#parts.set(goal, part + 1);
    if (part >= LONG_PARTS) return [{ text: `Report of ${goal}: ${'all is well. '.repeat(400)}`, chunkChars: 2000 }];
    const startLine = 1 + part * PART_LINES;
    return [call('read_file', { path: LONG_FILE, startLine, endLine: startLine + PART_LINES - 1 })];
  }
}

/** The goal of the child that asks: a compaction may have put its own words before it. */
function goalIn(messages: readonly RequestMessage[]): string {
  const first = messages[0]?.text ?? '';
  return new RegExp(`${LONG} \\S+`).exec(first)?.[0] ?? first.split('\n', 1)[0] ?? '';
}

function delegate(...inputs: readonly object[]): Step {
  return { calls: inputs.map((input) => scripted('delegate_task', input)) };
}

function call(name: string, input: object): Step {
  return { calls: [scripted(name, input)] };
}

function scripted(name: string, input: object): ScriptedCall {
  return { name, input, id: `call_${calls++}` };
}
