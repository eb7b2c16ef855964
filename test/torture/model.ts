import type { ModelRequest, RequestMessage, ScriptedCall, Step } from '../fakes/modelServerWords';

/** What the user says, each followed by the name of the life. */
export const PLAN_A = 'Do all of it:';
export const PLAN_B = 'And the other thing:';
export const MORE = 'One more thing:';

/** The goals, each followed by the name of the life. */
const READ = 'Read for';
const COMMAND = 'Run a command for';
const TALK = 'Talk about';
const NEST = 'Orchestrate';
const LEAF = 'Work below';
const OVER = 'Overflow for';
export const STAY = 'Stay for';
export const DIRECT = 'Do directly';

let calls = 0;

/**
 * What the model answers. Each step of it is sent by itself, so that a window can die between any two. `forever` is a
 * command that runs until somebody ends it.
 */
export function answerTo(request: ModelRequest, forever: string): readonly Step[] {
  const last = request.messages.at(-1);
  const goal = goalOf(request);
  if (goal !== undefined) return childAnswer(goal, request.messages, forever);
  const text = last?.text ?? '';
  const life = text.slice(text.lastIndexOf(':') + 1).trim();
  if (text.startsWith(PLAN_A)) {
    const tasks = [READ, COMMAND, TALK].map((what) => ({ goal: `${what} ${life}` }));
    return [
      { text: 'I hand it out.' },
      delegate({ tasks }, { goal: `${NEST} ${life}`, role: 'orchestrator' }, { goal: `${OVER} ${life}` }),
    ];
  }
  if (text.startsWith(PLAN_B)) return [delegate({ goal: `${STAY} ${life}` })];
  return [{ text: 'It is ' }, { text: 'well.' }];
}

function childAnswer(goal: string, messages: readonly RequestMessage[], forever: string): readonly Step[] {
  const isFirst = messages.length === 1;
  const name = goal.slice(goal.lastIndexOf(' ') + 1);
  if (isFirst && goal.startsWith(READ)) return [{ text: 'I look. ' }, call('list_files', {})];
  if (isFirst && goal.startsWith(COMMAND)) return [call('run_command', { command: `${forever} & echo done` })];
  if (isFirst && goal.startsWith(STAY)) return [call('run_command', { command: `${forever} & ${forever}; true` })];
  if (isFirst && goal.startsWith(NEST)) return [delegate({ goal: `${LEAF} ${name}` })];
  return [{ text: `Report of ${goal}: ` }, { text: 'nothing ' }, { text: 'is wrong.' }];
}

/** The goal of the child that asks; undefined where it is a session's own agent. */
function goalOf({ system, messages }: ModelRequest): string | undefined {
  return system.startsWith('You are a background agent') ? messages[0]?.text.split('\n', 1)[0] : undefined;
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
