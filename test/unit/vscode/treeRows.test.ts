import assert from 'node:assert/strict';
import type { ChildEnding, Delegation, DelegationEvent } from '../../../src/delegation/delegation';
import { advance, createDelegation } from '../../../src/delegation/delegation';
import type { PendingApproval } from '../../../src/tools/approvals';
import type { RowSource, TreeRow } from '../../../src/vscode/treeRows';
import { delegationRow, orderedRoots } from '../../../src/vscode/treeRows';
import { taskOf } from '../delegation/poolHarness';

const T0 = Date.UTC(2026, 0, 1, 12);

function delegationOf(id: string, goals: readonly string[], more: Partial<Delegation> = {}): Delegation {
  const made = createDelegation({
    id,
    sessionId: 's',
    depth: 1,
    mode: 'background',
    origin: 'agent',
    context: '',
    dispatchedAt: T0,
    tasks: goals.map(taskOf),
  });
  return { ...made, ...more };
}

function after(delegation: Delegation, events: readonly DelegationEvent[], at = T0): Delegation {
  return events.reduce((current, event) => advance(current, event, at), delegation);
}

function running(delegation: Delegation, ...children: readonly number[]): Delegation {
  const starts = children.map((n) => ({ type: 'child-started', childId: `${delegation.id}.${n}` }) as const);
  return after(delegation, [{ type: 'started' }, ...starts]);
}

function ended(delegation: Delegation, n: number, more: Partial<ChildEnding> = {}, at = T0 + 65_000): Delegation {
  const ending = { status: 'completed', exitReason: 'completed', summary: 'Done.', truncated: false, ...more } as const;
  const over = after(delegation, [{ type: 'child-ended', childId: `${delegation.id}.${n}`, ending }], at);
  return after(over, [{ type: 'delivery', delivery: 'delivered' }]);
}

function source(more: Partial<RowSource> = {}): RowSource {
  return { now: T0 + 12_000, nested: () => [], approvals: () => [], ...more };
}

function approvalOf(childId: string, subject: string): PendingApproval {
  return {
    id: `approval-${subject}`,
    agent: { sessionId: 's', depth: 1, childId, label: 'goal' },
    request: { kind: 'command', action: 'run a command', subject },
    at: T0,
  };
}

function outline(row: TreeRow): unknown[] {
  return [row.label, ...row.children.map(outline)];
}

describe('delegationRow', () => {
  it('is named by the titles of its tasks where they have any, else by their goals', () => {
    const titled = { ...taskOf('Read every file below src/cart and list where prices are rounded'), title: 'Rounding' };
    const made = (...tasks: readonly ReturnType<typeof taskOf>[]) =>
      delegationRow(
        {
          ...delegationOf('deleg_1', []),
          children: createDelegation({ ...delegationOf('deleg_1', []), tasks }).children,
        },
        source(),
      );
    assert.deepEqual(outline(made(titled)), ['Rounding']);
    assert.deepEqual(outline(made(titled, taskOf('b'))), ['2 tasks: Rounding; b', ['Rounding'], ['b']]);
  });

  it('shows what a running agent does, for how long, and its tokens', () => {
    const delegation = after(running(delegationOf('deleg_1', ['Read the cart']), 1), [
      {
        type: 'child-progress',
        childId: 'deleg_1.1',
        change: { type: 'tool-started', activity: 'read_file src/cart.ts' },
      },
      {
        type: 'child-progress',
        childId: 'deleg_1.1',
        change: { type: 'usage', tokens: { input: 3000, output: 400, cached: 0 }, costUsd: null },
      },
    ]);
    const row = delegationRow(delegation, source());
    assert.equal(row.label, 'Read the cart');
    assert.equal(row.description, 'read_file src/cart.ts · 12s · 3.4k tokens');
    assert.equal(row.icon.id, 'sync~spin');
    assert.equal(row.accessibilityLabel, 'Read the cart, running, read_file src/cart.ts, 12s, 3.4k tokens');
  });

  it('is one row for a delegation of one task, which stands for its agent too', () => {
    const row = delegationRow(running(delegationOf('deleg_1', ['One']), 1), source());
    assert.equal(row.id, 'deleg_1');
    assert.equal(row.childId, 'deleg_1.1');
    assert.equal(row.contextValue, 'delegation.agent.active.running.started');
    assert.deepEqual(row.children, []);
  });

  it('has the agents of a batch below it, in input order', () => {
    const delegation = ended(running(delegationOf('deleg_1', ['One', 'Two', 'Three']), 1, 2), 2);
    const row = delegationRow(delegation, source());
    assert.deepEqual(outline(row), ['3 tasks: One; Two; Three', ['One'], ['Two'], ['Three']]);
    assert.equal(row.description, '1/3 done · 12s');
    assert.equal(row.contextValue, 'delegation.active.running');
    assert.deepEqual(
      row.children.map((child) => child.contextValue),
      ['agent.active.running.started', 'agent.over.started', 'agent.active.queued'],
    );
  });

  it('tells of an agent that failed while the others still run', () => {
    const batch = running(delegationOf('deleg_1', ['One', 'Two']), 1, 2);
    const row = delegationRow(ended(batch, 1, { status: 'failed', exitReason: 'error', error: 'No route.' }), source());
    assert.match(row.description, /^0\/2 done · 1 failed/);
  });

  // U4
  it('warns of a batch some of whose tasks are not done, and offers to begin those again', () => {
    const batch = running(delegationOf('deleg_1', ['One', 'Two', 'Three']), 1, 2, 3);
    const failed = ended(batch, 1, { status: 'failed', exitReason: 'error', error: 'No route.' });
    assert.match(delegationRow(failed, source()).contextValue, /^delegation\.active\.running\.partly$/);
    const row = delegationRow(ended(ended(failed, 2), 3), source());
    assert.match(row.description, /^2 of 3 done · 1 failed · /);
    assert.match(row.accessibilityLabel, /2 of 3 done/);
    assert.equal(row.icon.id, 'warning');
    assert.equal(row.contextValue, 'delegation.over.removable.partly');
    const whole = delegationRow(ended(ended(ended(batch, 1), 2), 3), source());
    assert.deepEqual([whole.icon.id, whole.contextValue], ['pass', 'delegation.over.removable']);
    assert.doesNotMatch(whole.description, /done/);
  });

  // P4
  it('offers no single click to begin again what is done while others run, and shows all runs of a task', () => {
    const batch = running(delegationOf('deleg_1', ['One', 'Two', 'Three']), 1, 2, 3);
    const some = ended(ended(batch, 1), 2, { status: 'failed', exitReason: 'error', summary: 'half' });
    const words = (row: TreeRow) => row.children.map(({ contextValue }) => contextValue);
    assert.deepEqual(words(delegationRow(some, source())), [
      'agent.over.started',
      'agent.over.started.again',
      'agent.active.running.started',
    ]);
    const again = after(some, [{ type: 'child-retried', childId: 'deleg_1.2', newId: 'deleg_1.4' }]);
    const [, two] = delegationRow(again, source()).children;
    assert.deepEqual([two?.id, two?.children.map(({ id }) => id)], ['deleg_1.4', ['deleg_1.2']]);
    const over = ended(ended(again, 4, { status: 'interrupted', summary: '' }), 3);
    const [, back] = delegationRow(over, source()).children;
    assert.deepEqual([back?.id, back?.children.map(({ id }) => id)], ['deleg_1.2', ['deleg_1.4']]);
    assert.match(back?.children[0]?.description ?? '', /^another run · interrupted/);
    assert.equal(back?.children[0]?.childId, 'deleg_1.4');
  });

  // P13
  it('C62 counts the tokens of all below it', () => {
    const used = (delegation: Delegation, input: number) =>
      after(running(delegation, 1), [
        {
          type: 'child-progress',
          childId: `${delegation.id}.1`,
          change: { type: 'usage', tokens: { input, output: 0, cached: 0 }, costUsd: 0 },
        },
      ]);
    const nested = used(delegationOf('deleg_2', ['Deep'], { parentChildId: 'deleg_1.1', depth: 2 }), 500);
    const below = source({ nested: (childId) => (childId === 'deleg_1.1' ? [nested] : []) });
    const lead = used(delegationOf('deleg_1', ['Lead']), 200);
    assert.match(delegationRow(lead, below).description, /700 tokens/);
    const batch = used(delegationOf('deleg_1', ['Lead', 'Other']), 200);
    assert.match(delegationRow(batch, below).description, /700 tokens/);
    assert.match(delegationRow(batch, below).children[0]?.description ?? '', /700 tokens/);
  });

  // P12
  it('stays the row of a batch where the record of all tasks but one is damaged', () => {
    const batch = ended(ended(running(delegationOf('deleg_1', ['One', 'Two']), 1, 2), 1), 2);
    const row = delegationRow({ ...batch, children: batch.children.slice(1) }, source());
    assert.deepEqual(outline(row), ['2 tasks: Two', ['Two']]);
    assert.match(row.description, /^1 of 2 done · 1 unknown/);
  });

  it('has the agents of an orchestrator right below it', () => {
    const nested = delegationOf('deleg_2', ['Deep one', 'Deep two'], { parentChildId: 'deleg_1.1', depth: 2 });
    const row = delegationRow(
      running(delegationOf('deleg_1', ['Lead']), 1),
      source({ nested: (childId) => (childId === 'deleg_1.1' ? [nested] : []) }),
    );
    assert.deepEqual(outline(row), ['Lead', ['Deep one'], ['Deep two']]);
    assert.equal(row.children[0]?.delegationId, 'deleg_2');
  });

  it('names the exact command that waits for an approval, and marks the rows above', () => {
    const delegation = running(delegationOf('deleg_1', ['One', 'Two']), 1, 2);
    const approvals = (childId: string) => (childId === 'deleg_1.2' ? [approvalOf(childId, 'npm test')] : []);
    const row = delegationRow(delegation, source({ approvals }));
    assert.equal(row.icon.id, 'shield');
    assert.match(row.description, /1 waiting for your approval/);
    const [, child] = row.children;
    assert.equal(child?.approvalId, 'approval-npm test');
    assert.match(child.description, /^waits for your approval to run a command: npm test/);
    assert.match(child.contextValue, /\.approval\b/);
  });

  it('says how an agent ended where it did not end well', () => {
    const failed = ended(running(delegationOf('deleg_1', ['One']), 1), 1, {
      status: 'failed',
      exitReason: 'error',
      error: 'No route.',
    });
    const row = delegationRow(failed, source());
    assert.equal(row.description, 'failed · No route. · 1m 05s');
    assert.equal(row.icon.id, 'error');
    const cut = ended(running(delegationOf('deleg_2', ['Two']), 1), 1, {
      exitReason: 'max_iterations',
      truncated: true,
    });
    assert.equal(delegationRow(cut, source()).description, 'cut off · 1m 05s');
  });

  it('says that a delegation runs inline, and where its results are', () => {
    const inline = running(delegationOf('deleg_1', ['One'], { mode: 'inline' }), 1);
    assert.match(delegationRow(inline, source()).description, /^inline · /);
    const over = ended(running(delegationOf('deleg_1', ['One']), 1), 1);
    const with_ = (delivery: Delegation['delivery']) => delegationRow({ ...over, delivery }, source());
    assert.match(with_('undelivered').description, /^not delivered · /);
    assert.equal(with_('undelivered').contextValue, 'delegation.agent.over.started.continuable.undelivered.removable');
    assert.match(with_('pending').description, /^waits for its session · /);
    assert.equal(with_('pending').contextValue, 'delegation.agent.over.started.continuable');
    assert.equal(with_('delivered').contextValue, 'delegation.agent.over.started.continuable.removable');
  });

  it('keeps a goal of many lines on one', () => {
    assert.equal(delegationRow(delegationOf('deleg_1', ['Read\n\nthis   file']), source()).label, 'Read this file');
  });
});

describe('orderedRoots', () => {
  it('puts running and queued ones first, then what is over, newest first, and no nested ones', () => {
    const at = (id: string, dispatchedAt: number, more: Partial<Delegation> = {}) =>
      delegationOf(id, [id], { dispatchedAt, ...more });
    const listed = [
      at('old', 1, { status: 'completed', endedAt: 50 }),
      at('long', 2, { status: 'failed', endedAt: 90 }),
      at('first', 3, { status: 'running' }),
      at('second', 4, { status: 'running' }),
      at('nested', 5, { status: 'running', parentChildId: 'second.1' }),
      at('waits', 6),
    ];
    assert.deepEqual(
      orderedRoots(listed).map(({ id }) => id),
      ['second', 'first', 'waits', 'long', 'old'],
    );
  });
});
