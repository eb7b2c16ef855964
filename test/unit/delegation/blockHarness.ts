import type { BlockOptions } from '../../../src/delegation/block';
import type { Child, ChildEnding, Delegation, DelegationEvent, Task } from '../../../src/delegation/delegation';
import { advance, createDelegation } from '../../../src/delegation/delegation';
import { completed } from '../../fakes/gatedChildren';

export const DISPATCHED_AT = Date.UTC(2026, 10, 22, 12, 5);
export const MINUTE = 60_000;

export interface FinishedChild {
  readonly task: Partial<Task> & Pick<Task, 'goal'>;
  readonly ending: ChildEnding;
  readonly seconds?: number;
  readonly cost?: number | null;
  readonly calls?: number;
  readonly files?: readonly string[];
  readonly missedSteer?: string;
}

/** A delegation that is over, by the same events as in life. Children run one after the other, a minute each by default. */
export function finished(children: readonly FinishedChild[], context = ''): Delegation {
  const tasks = children.map(({ task }) => ({
    context,
    toolsets: ['read', 'search'],
    role: 'leaf' as const,
    model: 'acme/large',
    ...task,
  }));
  const created = createDelegation({
    id: 'deleg_0a1b2c3d',
    sessionId: 'session-1',
    depth: 1,
    mode: 'background',
    origin: 'agent',
    context,
    dispatchedAt: DISPATCHED_AT,
    tasks,
  });
  let now = DISPATCHED_AT;
  let delegation = advance(created, { type: 'started' }, now);
  for (const [i, child] of children.entries()) {
    const childId = `${created.id}.${i + 1}`;
    delegation = advance(delegation, { type: 'child-started', childId }, now);
    for (const event of lifeOf(child, childId)) delegation = advance(delegation, event, now);
    now += (child.seconds ?? 60) * 1000;
    delegation = advance(delegation, { type: 'child-ended', childId, ending: child.ending }, now);
  }
  return delegation;
}

function lifeOf(
  { calls = 2, cost = 0.125, files = [], missedSteer }: FinishedChild,
  childId: string,
): DelegationEvent[] {
  const changes: Extract<DelegationEvent, { type: 'child-progress' }>['change'][] = [];
  for (let i = 0; i < calls; i++) {
    changes.push({ type: 'request', priced: cost !== null });
    changes.push({ type: 'usage', tokens: { input: 1000, output: 100, cached: i === 0 ? 0 : 400 }, costUsd: cost });
  }
  const entry = { tool: 'write_file', args_bytes: 9, result_bytes: 9, status: 'ok' } as const;
  if (files.length > 0) changes.push({ type: 'tool-finished', entry, filesWritten: files });
  if (missedSteer !== undefined) changes.push({ type: 'steered', text: missedSteer });
  return changes.map((change) => ({ type: 'child-progress', childId, change }));
}

export function optionsFor(more: Partial<BlockOptions> = {}): BlockOptions {
  return {
    now: DISPATCHED_AT + 84 * MINUTE,
    utcOffset: 0,
    maxSummaryChars: 24_000,
    totalChars: 100_000,
    fullTextOf: (child: Child) => `/store/${child.id}.md`,
    ...more,
  };
}

export function done(goal: string, summary: string): FinishedChild {
  return { task: { goal }, ending: completed(summary) };
}
