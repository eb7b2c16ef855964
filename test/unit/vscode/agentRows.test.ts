import assert from 'node:assert/strict';
import {
  advance,
  createDelegation,
  interrupted,
  type Delegation,
  type NewDelegation,
} from '../../../src/delegation/delegation';
import { agentRows } from '../../../src/vscode/agentRows';

const task = (goal: string) => ({ goal, context: '', toolsets: ['read'], role: 'leaf', model: 'm' }) as const;

function delegation(id: string, dispatchedAt: number, goals: readonly string[], more: Partial<NewDelegation> = {}) {
  const rest = { sessionId: 's', depth: 1, mode: 'background', origin: 'agent', context: '' } as const;
  return createDelegation({ ...rest, id, dispatchedAt, tasks: goals.map(task), ...more });
}

const started = (one: Delegation, now: number): Delegation =>
  one.children.reduce(
    (so, { id }) => advance(so, { type: 'child-started', childId: id }, now),
    advance(one, { type: 'started' }, now),
  );

describe('the rows of /agents', () => {
  it('put what runs first, the newest first, children below their delegation', () => {
    const old = advance(delegation('old', 1, ['x']), { type: 'cancelled', reason: 'No.' }, 5);
    const running = started(delegation('running', 2, ['a', 'b']), 3);
    const queued = delegation('queued', 4, ['c']);
    assert.deepEqual(
      agentRows([old, running, queued], 10).map(({ id, level, status }) => `${'  '.repeat(level)}${id} ${status}`),
      [
        'queued queued',
        '  queued.1 queued',
        'running running',
        '  running.1 running',
        '  running.2 running',
        'old interrupted',
        '  old.1 interrupted',
      ],
    );
  });

  it('put what a child delegated below the child', () => {
    const top = started(delegation('top', 1, ['lead', 'other']), 1);
    const nested = delegation('nested', 2, ['part'], { parentChildId: 'top.1', depth: 2 });
    assert.deepEqual(
      agentRows([top, nested], 2).map(({ id, level }) => [id, level]),
      [
        ['top', 0],
        ['top.1', 1],
        ['nested', 2],
        ['nested.1', 3],
        ['top.2', 1],
      ],
    );
  });

  it('say what a running child does, and how long one that is over took', () => {
    const running = started(delegation('d', 0, ['a', 'b']), 1000);
    const [a, b] = running.children;
    assert.ok(a && b);
    const busy = advance(
      running,
      { type: 'child-progress', childId: a.id, change: { type: 'tool-started', activity: 'read_file a.ts' } },
      2000,
    );
    const mixed = advance(busy, { type: 'child-ended', childId: b.id, ending: interrupted(b, 'No.') }, 3500);
    assert.deepEqual(
      agentRows([mixed], 5000).map(({ detail }) => detail),
      ['4 s', 'read_file a.ts', '2.5 s'],
    );
  });
});
