import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { DelegationInput, RequestRules } from '../../../src/delegation/request';
import { childTask } from '../../../src/agent/prompts';
import { ownContext, readDelegationInput } from '../../../src/delegation/request';

const RULES: RequestRules = {
  maxTasks: 3,
  knownToolsets: ['read', 'write', 'shell'],
  models: ['acme/large', 'acme/small'],
  modelProblem: () => undefined,
  parentToolsets: ['read', 'write'],
  defaultModel: 'acme/large',
  defaultModelFrom: 'fanout.delegation.model',
  canNest: true,
};

function errorOf(input: unknown, rules = RULES): string {
  const read = readDelegationInput(input, rules);
  return 'error' in read ? read.error : assert.fail(`accepted: ${JSON.stringify(read)}`);
}

function tasksOf(input: unknown, rules = RULES): DelegationInput['tasks'] {
  const read = readDelegationInput(input, rules);
  return 'error' in read ? assert.fail(read.error) : read.tasks;
}

/** What is wrong, the input, the whole sentence. */
const BAD: readonly (readonly [string, unknown, string])[] = [
  ['not an object', 'do it', 'The input must be an object with goal or tasks, not a string.'],
  ['an array', [{ goal: 'a' }], 'The input must be an object with goal or tasks, not an array.'],
  ['neither goal nor tasks', {}, 'Give either goal (one task) or tasks (an array of {goal}); neither is there.'],
  [
    'no tasks in the array and no goal',
    { tasks: [] },
    'Give either goal (one task) or tasks (an array of {goal}); neither is there.',
  ],
  ['a blank goal', { goal: ' \n' }, 'goal is blank.'],
  ['a goal that is no text', { goal: 7 }, 'goal must be a string, not a number.'],
  ['tasks that are no array', { tasks: { goal: 'a' } }, 'tasks must be an array of objects, not an object.'],
  ['tasks that are a plain text', { tasks: 'do it' }, 'tasks must be an array of objects, not a string.'],
  ['a task that is a string', { tasks: [{ goal: 'a' }, 'b'] }, 'tasks[1] must be an object with a goal, not a string.'],
  ['a task that is null', { tasks: [null] }, 'tasks[0] must be an object with a goal, not null.'],
  ['a task that is an array', { tasks: [['a']] }, 'tasks[0] must be an object with a goal, not an array.'],
  [
    'a task without a goal',
    { tasks: [{ goal: 'a' }, { context: 'c' }] },
    'tasks[1].goal is missing: each task needs a goal.',
  ],
  ['a task with a blank goal', { tasks: [{ goal: '' }] }, 'tasks[0].goal is blank.'],
  [
    'more tasks than the cap',
    { tasks: [1, 2, 3, 4].map((n) => ({ goal: `${n}` })) },
    'tasks holds 4 tasks, the limit is 3 (fanout.delegation.maxTasks). Send fewer, or several batches one after the other.',
  ],
  [
    'an unknown toolset',
    { goal: 'a', toolsets: ['read', 'browser'] },
    'toolsets: unknown toolset "browser". The toolsets are: read, write, shell.',
  ],
  [
    'an unknown toolset in a task',
    { tasks: [{ goal: 'a', toolsets: ['nope'] }] },
    'tasks[0].toolsets: unknown toolset "nope". The toolsets are: read, write, shell.',
  ],
  ['toolsets that are no array', { goal: 'a', toolsets: 1 }, 'toolsets must be an array of names, not a number.'],
  ['an unknown role', { goal: 'a', role: 'boss' }, 'role: unknown role "boss". The roles are: leaf, orchestrator.'],
  [
    'an unknown model',
    { tasks: [{ goal: 'a' }, { goal: 'b', model: 'acme/huge' }] },
    'tasks[1].model: unknown model "acme/huge". The models are: acme/large, acme/small.',
  ],
  [
    'an agent, of which there are none',
    { goal: 'a', agent: 'reviewer' },
    'agent: there is no agent named "reviewer", none is defined; leave it out.',
  ],
  ['a title that is no text', { goal: 'a', title: 7 }, 'title must be a string, not a number.'],
  ['a context that is no text', { goal: 'a', context: {} }, 'context must be a string, not an object.'],
];

describe('what is asked of delegate_task', () => {
  for (const [what, input, sentence] of BAD)
    it(`C42 is refused in one sentence: ${what}`, () => assert.equal(errorOf(input), sentence));

  it('C42 has a sentence of its own for each of them', () => {
    const sentences = new Set(BAD.map(([, , sentence]) => sentence));
    // The two ways to give nothing at all say the same.
    assert.equal(sentences.size, BAD.length - 1);
  });

  it('becomes one task with the defaults applied', () => {
    assert.deepEqual(readDelegationInput({ goal: ' look around ', context: 'here' }, RULES), {
      context: 'here',
      tasks: [{ goal: 'look around', context: 'here', toolsets: ['read', 'write'], role: 'leaf', model: 'acme/large' }],
    });
  });

  it("gives tasks the fields beside them as defaults; a task's own value wins, its context comes after the shared one", () => {
    const own = { goal: 'b', context: 'own', toolsets: ['write'], role: 'leaf', model: 'acme/large' };
    const shared = { context: 'shared', toolsets: ['read'], role: 'orchestrator', model: 'acme/small' };
    assert.deepEqual(tasksOf({ ...shared, tasks: [{ goal: 'a' }, own] }), [
      { goal: 'a', ...shared },
      { ...own, context: 'shared\n\nown' },
    ]);
  });

  it('makes a goal beside tasks part of their context', () => {
    const read = readDelegationInput({ goal: 'ship it', context: 'soon', tasks: [{ goal: 'a' }] }, RULES);
    assert.equal('context' in read && read.context, 'Overall goal: ship it\nsoon');
    assert.equal(tasksOf({ goal: 'ship it', tasks: [{ goal: 'a' }] })[0]?.context, 'Overall goal: ship it');
  });

  // P18
  it('tells the overall goal to every task, also to one with a context of its own', () => {
    const input = { goal: 'overall', tasks: [{ goal: 'a', context: 'own' }, { goal: 'b' }] };
    assert.deepEqual(
      tasksOf(input).map(({ context }) => context),
      ['Overall goal: overall\n\nown', 'Overall goal: overall'],
    );
    for (const { context } of tasksOf(input))
      assert.equal(ownContext('Overall goal: overall', context), context.endsWith('own') ? 'own' : '');
  });

  // P19
  it('takes a context of blanks for none, wherever it is given', () => {
    for (const blank of ['', '   ', '\n\t ', null]) {
      assert.deepEqual(readDelegationInput({ goal: 'a', context: blank }, RULES), {
        context: '',
        tasks: tasksOf({ goal: 'a' }),
      });
      assert.equal(tasksOf({ context: blank, tasks: [{ goal: 'a', context: blank }] })[0]?.context, '');
      assert.equal(tasksOf({ context: 'shared', tasks: [{ goal: 'a', context: blank }] })[0]?.context, 'shared');
    }
    assert.equal(childTask({ goal: 'a', context: ' \n', orchestrator: false }), 'a');
  });

  it('accepts a JSON string that holds the array of tasks or toolsets', () => {
    assert.deepEqual(
      tasksOf({ tasks: '[{"goal":"a"},{"goal":"b"}]' }).map(({ goal }) => goal),
      ['a', 'b'],
    );
    for (const toolsets of ['["read"]', 'read', ' read , read'])
      assert.deepEqual(tasksOf({ goal: 'a', toolsets })[0]?.toolsets, ['read']);
  });

  it('C43 tolerates deprecated, unknown, extra and null fields', () => {
    const extra = {
      background: false,
      priority: 9,
      toolsets: null,
      model: null,
      role: null,
      context: null,
      tasks: null,
    };
    assert.deepEqual(tasksOf({ goal: 'a', ...extra }), tasksOf({ goal: 'a' }));
    assert.deepEqual(tasksOf({ tasks: [{ goal: 'a', color: 'red', background: true }] }), tasksOf({ goal: 'a' }));
  });

  for (const nothing of ['', '  ', '\n\t', null, [], undefined])
    it(`C43 takes ${JSON.stringify(nothing)} as not given, in every field`, () => {
      // P14
      const fields = [
        'context',
        'toolsets',
        'role',
        'model',
        'title',
        'agent',
        'isolation',
        'background',
        'output_schema',
      ];
      const blank = Object.fromEntries(fields.map((field) => [field, nothing]));
      assert.deepEqual(tasksOf({ goal: 'a', tasks: nothing, ...blank }), tasksOf({ goal: 'a' }));
      const shared = { context: 'shared', toolsets: ['read'], role: 'orchestrator', model: 'acme/small' };
      assert.deepEqual(
        tasksOf({ goal: nothing, ...shared, tasks: [{ goal: 'a', ...blank }] }),
        tasksOf({ ...shared, tasks: [{ goal: 'a' }] }),
      );
    });

  it('takes the isolation of a task, which wins over the one of all, and refuses one that there is not', () => {
    const isolations = (input: object) => tasksOf(input).map(({ isolation }) => isolation);
    assert.deepEqual(isolations({ goal: 'a' }), [undefined]);
    assert.deepEqual(isolations({ goal: 'a', isolation: ' Worktree' }), ['worktree']);
    const tasks = [
      { goal: 'a', isolation: 'shared' },
      { goal: 'b', isolation: '' },
    ];
    assert.deepEqual(isolations({ tasks, isolation: 'worktree' }), ['shared', 'worktree']);
    assert.match(errorOf({ tasks: [{ goal: 'a', isolation: 'docker' }] }), /^tasks\[0\]\.isolation: .*"docker"/);
    assert.match(errorOf({ goal: 'a', isolation: true }), /^isolation: .*a boolean/);
  });

  it('C43 takes names in any letter case, with blanks around them', () => {
    // P14
    const [task] = tasksOf({
      goal: 'a',
      role: ' Orchestrator',
      model: 'ACME/Small',
      toolsets: ['READ', ' Write ', ''],
    });
    assert.deepEqual([task?.role, task?.model, task?.toolsets], ['orchestrator', 'acme/small', ['read', 'write']]);
    assert.equal(tasksOf({ goal: 'a', role: 'LEAF' })[0]?.role, 'leaf');
    for (const toolsets of ['"read"', 'Read,WRITE', '["read", "write"]'])
      assert.ok(tasksOf({ goal: 'a', toolsets })[0]?.toolsets.includes('read'), toolsets);
  });

  it('keeps the title of a task on one line, and gives none of those beside tasks to each of them', () => {
    const [a, b] = tasksOf({ title: 'All', tasks: [{ goal: 'a', title: ' Audit\nthe  cart ' }, { goal: 'b' }] });
    assert.deepEqual([a?.title, b?.title], ['Audit the cart', undefined]);
    assert.equal(tasksOf({ goal: 'a', title: 'x'.repeat(500) })[0]?.title?.length, 80);
  });

  it('C67 refuses a model that cannot answer, where it stands or where the default comes from', () => {
    // P15
    const modelProblem = (name: string) => (name === 'acme/small' ? 'acme has no API key.' : undefined);
    const rules = { ...RULES, modelProblem };
    assert.equal(
      errorOf({ tasks: [{ goal: 'a' }, { goal: 'b', model: 'acme/small' }] }, rules),
      'tasks[1].model: acme has no API key.',
    );
    assert.equal(
      errorOf({ goal: 'a' }, { ...rules, defaultModel: 'acme/small' }),
      'fanout.delegation.model: acme has no API key.',
    );
    assert.equal(tasksOf({ goal: 'a' }, rules)[0]?.model, 'acme/large');
  });

  it('C45 gives no more toolsets than the parent holds', () => {
    assert.deepEqual(tasksOf({ goal: 'a', toolsets: ['shell', 'write'] })[0]?.toolsets, ['write']);
    assert.deepEqual(tasksOf({ goal: 'a', toolsets: ['shell'] })[0]?.toolsets, []);
    assert.deepEqual(tasksOf({ goal: 'a' })[0]?.toolsets, ['read', 'write']);
  });

  it('C44 an orchestrator without room below it is a leaf', () => {
    const roles = [true, false].map(
      (canNest) => tasksOf({ goal: 'a', role: 'orchestrator' }, { ...RULES, canNest })[0]?.role,
    );
    assert.deepEqual(roles, ['orchestrator', 'leaf']);
  });

  it('C42 never throws, whatever JSON it is: it is either whole tasks or one sentence', () => {
    const field = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom('', ' ', 'a', 'LEAF', 'orchestrator', 'Read', 'acme/large', '[{}]', 'null'),
    );
    const names = ['goal', 'title', 'context', 'toolsets', 'role', 'model', 'background'].map(
      (name) => [name, field] as const,
    );
    const task = fc.oneof(fc.record(Object.fromEntries(names), { requiredKeys: [] }), field);
    const tasks = fc.oneof(
      fc.array(task, { maxLength: 5 }),
      fc.array(task, { maxLength: 2 }).map((value) => JSON.stringify(value)),
      field,
    );
    const input = fc.oneof(fc.jsonValue(), fc.record({ ...Object.fromEntries(names), tasks }, { requiredKeys: [] }));
    fc.assert(
      fc.property(input, (value) => {
        const read = readDelegationInput(value, RULES);
        if ('error' in read) return assert.match(read.error, /^\S.*\.$/s);
        assert.ok(read.tasks.length >= 1 && read.tasks.length <= RULES.maxTasks);
        for (const { goal, toolsets, model } of read.tasks) {
          assert.ok(goal.trim() !== '' && RULES.models.includes(model));
          assert.ok(toolsets.every((name) => RULES.parentToolsets.includes(name)));
        }
      }),
      { numRuns: 500 },
    );
  });
});
