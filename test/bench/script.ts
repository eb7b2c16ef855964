import { setTimeout as delay } from 'node:timers/promises';
import type { ModelRequest, Reply, Step } from '../fakes/modelServerWords';
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
export function answerTo(request: ModelRequest, { children, steps, stream }: Load): Reply {
  const { purpose, part } = readPurpose(request);
  switch (purpose) {
    case 'fan-out': {
      const tasks = Array.from({ length: children }, (_, i) => ({ goal: goalOf(i + 1) }));
      return { calls: [{ name: 'delegate_task', input: { tasks } }] };
    }
    case 'step': {
      const taken = request.messages.filter(({ role }) => role === 'assistant').length;
      if (taken < steps - 1) return { calls: [{ name: 'read_file', input: { path: fileOf(part) } }] };
      return stream === undefined ? { text: reportOn(part) } : streamed(reportOn(part), stream);
    }
    case 'handle':
      return { text: 'They run.' };
    case 'results':
      return { text: 'All is well.' };
  }
}

/** Words at a steady pace, and the report at the end. A late chunk is made up for, so that the pace holds under load. */
async function* streamed(
  report: string,
  { chunksPerSecond, durationMs }: NonNullable<Load['stream']>,
): AsyncGenerator<Step> {
  const started = performance.now();
  const total = Math.round((chunksPerSecond * durationMs) / 1000);
  for (let sent = 0; sent < total; sent++) {
    const due = started + ((sent + 1) * 1000) / chunksPerSecond;
    const early = due - performance.now();
    if (early > 0) await delay(early);
    yield { text: ` word ${sent} `, chunkChars: 40 };
  }
  yield { text: report };
}
