import type { ModelRequest, Step } from '../fakes/modelServerWords';
import type { Load, Purpose } from './exchanges';

/** The model of the benchmark: a parent that delegates all parts at once, children that read a file in every step but the last. */

export const goalOf = (part: number) => `Look at part ${part}.`;
export const fileOf = (part: number) => `src/part${part}.ts`;
const reportOn = (part: number) => `Report on part ${part}: nothing is wrong with it.`;

const GOAL = /^Look at part (\d+)\./;

/** What a request is for, and whose it is. */
export function readPurpose({ messages }: ModelRequest): { readonly purpose: Purpose; readonly part: number } {
  const part = Number(GOAL.exec(messages[0]?.text ?? '')?.[1] ?? 0);
  if (part > 0) return { purpose: 'step', part };
  if (messages.length === 1) return { purpose: 'fan-out', part };
  const last = messages.at(-1);
  const said = [last?.text ?? '', ...(last?.toolResults ?? []).map(({ text }) => text)].join('\n');
  return { purpose: said.includes(reportOn(1)) ? 'results' : 'handle', part };
}

/** The answer to a request. */
export function answerTo(request: ModelRequest, { children, steps }: Pick<Load, 'children' | 'steps'>): Step {
  const { purpose, part } = readPurpose(request);
  switch (purpose) {
    case 'fan-out': {
      const tasks = Array.from({ length: children }, (_, i) => ({ goal: goalOf(i + 1) }));
      return { calls: [{ name: 'delegate_task', input: { tasks } }] };
    }
    case 'step': {
      const taken = request.messages.filter(({ role }) => role === 'assistant').length;
      return taken < steps - 1
        ? { calls: [{ name: 'read_file', input: { path: fileOf(part) } }] }
        : { text: reportOn(part) };
    }
    case 'handle':
      return { text: 'They run.' };
    case 'results':
      return { text: 'All is well.' };
  }
}
