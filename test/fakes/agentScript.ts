import type { ModelScript, ScriptedReply, ScriptedRequest } from './scriptedModel';

/** A promise is a gate: the request waits until the test resolves it. */
export type Answer = ScriptedReply | Promise<ScriptedReply> | ((request: ScriptedRequest) => ScriptedReply);

export interface AgentScript {
  /** The replies of the sessions' own agents, in order of their requests. */
  readonly main?: readonly Answer[];
  /** The replies of the children by goal, in order of their requests. */
  readonly children?: Readonly<Record<string, readonly Answer[]>>;
}

/** One model for all agents of a test: it tells a child by its goal. A request that the script does not foresee fails. */
export function agentScript({ main = [], children = {} }: AgentScript): ModelScript {
  const asked = new Map<string, number>();
  return (request) => {
    const goal = goalOf(request);
    const answers = goal === undefined ? main : children[goal];
    const count = asked.get(goal ?? '') ?? 0;
    asked.set(goal ?? '', count + 1);
    const answer = answers?.[count];
    if (answer === undefined)
      return new Error(`The script holds no reply ${count + 1} for ${goal ?? 'the main agent'}.`);
    return typeof answer === 'function' ? answer(request) : answer;
  };
}

/** The goal of the child that asks; undefined where it is a session's own agent. */
export function goalOf({ prompt }: Pick<ScriptedRequest, 'prompt'>): string | undefined {
  const [system, task] = prompt;
  if (system?.role !== 'system' || !system.content.startsWith('You are a background agent')) return undefined;
  return task === undefined ? undefined : wordsOf(task).split('\n', 1)[0];
}

/** What a message of a prompt says, tool calls and results left out. */
export function wordsOf(message: ScriptedRequest['prompt'][number]): string {
  if (message.role === 'system') return message.content;
  return message.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

/** One reply that delegates; several goals make one batch. */
export function delegates(...goals: readonly string[]): ScriptedReply {
  const input = goals.length === 1 ? { goal: goals[0] } : { tasks: goals.map((goal) => ({ goal })) };
  return { calls: [{ name: 'delegate_task', input }] };
}

/** A reply that a test holds back. */
export function gate(): { readonly answer: Promise<ScriptedReply>; open(reply: ScriptedReply): void } {
  const { promise, resolve } = Promise.withResolvers<ScriptedReply>();
  return { answer: promise, open: resolve };
}
