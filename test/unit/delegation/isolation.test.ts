import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { gate, wordsOf } from '../../fakes/agentScript';
import { runGit } from '../../fakes/gitRepository';
import { TestEngine } from '../../fakes/testEngine';
import { until } from '../../fakes/until';
import {
  checkouts,
  delegateAndWait,
  idsOf,
  isolated,
  readIn,
  runs,
  tasks,
  workers,
  worktreeOf,
} from './isolationHarness';

const systemOf = async (fanout: TestEngine, goal: string) => {
  const [system] = (await fanout.childRequest(goal)).prompt;
  return system === undefined ? '' : wordsOf(system);
};

const lastPart = (fanout: TestEngine) => JSON.stringify(fanout.model.requests.at(-1)?.prompt.at(-1));

describe('children with fanout.delegation.isolation: worktree', () => {
  it("work side by side in the same file, and leave the user's alone", async () => {
    await using fanout = await isolated(
      workers({ one: 'echo one >> a.txt', two: 'echo two >> a.txt; echo new > b.txt' }),
    );
    const over = await delegateAndWait(fanout, tasks('one', 'two'));
    assert.equal(over.status, 'completed');
    assert.equal(await readIn(fanout.path(''), 'a.txt'), 'a\n');
    const [one = '', two = ''] = idsOf(over);
    assert.deepEqual(worktreeOf(fanout, one), {
      path: fanout.path(`../worktrees/${one}`),
      repository: fanout.path('').replace(/\/$/, ''),
      base: worktreeOf(fanout, two).base,
      state: 'ready',
      files: [{ path: 'a.txt', change: 'modified' }],
    });
    assert.equal(await readIn(worktreeOf(fanout, one).path, 'a.txt'), 'a\none\n');
    assert.deepEqual(
      worktreeOf(fanout, two).files.map(({ path }) => path),
      ['a.txt', 'b.txt'],
    );
    assert.deepEqual(
      over.children.map(({ worktree }) => worktree?.state),
      ['ready', 'ready'],
      'the end knows of it',
    );
    assert.deepEqual(fanout.faults, []);
  });

  it('begin with the files as they were when the first of them began, not saved by any commit', async () => {
    await using fanout = await isolated({
      children: { one: [runs('cat a.txt new.txt'), 'Did one.'], two: [runs('cat a.txt new.txt'), 'Did two.'] },
      delegation: { maxConcurrentChildren: 1 },
    });
    await fanout.write('a.txt', 'changed\n');
    await fanout.write('new.txt', 'new\n');
    const over = delegateAndWait(fanout, tasks('one', 'two'));
    await fanout.childRequest('one');
    await fanout.write('a.txt', 'changed while they work\n');
    await over;
    const outputs = fanout.model.requests
      .map(({ prompt }) => JSON.stringify(prompt.at(-1)))
      .filter((text) => text.includes('tool-result'));
    assert.equal(outputs.length, 2);
    for (const output of outputs) assert.match(output, /changed\\nnew\\n/);
  });

  it('leave no worktree behind where they change nothing', async () => {
    await using fanout = await isolated(workers({ look: 'cat a.txt' }));
    const over = await delegateAndWait(fanout, tasks('look'));
    assert.equal(over.children[0]?.worktree, undefined);
    assert.deepEqual(await checkouts(fanout), []);
    assert.equal((await runGit(fanout.path(''), 'worktree', 'list')).split('\n').length, 1);
  });

  it('stay with the files of the user where they only read, and see what is not saved', async () => {
    const read = { calls: [{ name: 'read_file', input: { path: 'a.txt' } }] };
    await using fanout = await isolated({ children: { look: [read, 'Seen.'] } });
    fanout.unsaved.set(fanout.path('a.txt'), 'not saved\n');
    const over = await delegateAndWait(fanout, { goal: 'look', toolsets: ['read'] });
    assert.equal(over.children[0]?.worktree, undefined);
    assert.match(lastPart(fanout), /not saved/);
    assert.deepEqual(await checkouts(fanout), []);
  });

  it('are told where they are; those that share the files of the user read what they always did', async () => {
    const script = workers({ alone: 'true' });
    await using fanout = await isolated(script);
    await fanout.write('AGENTS.md', 'Use tabs.');
    await delegateAndWait(fanout, tasks('alone'));
    const apart = await systemOf(fanout, 'alone');
    assert.match(apart, /git worktree/);
    assert.match(apart, /Nobody else changes these files/);
    assert.match(apart, /ignores \(installed packages, build output\) is not in it/);
    assert.match(apart, /need not commit/);
    assert.match(apart, /Use tabs\./);
    await using shared = new TestEngine(script);
    await shared.write('AGENTS.md', 'Use tabs.');
    await delegateAndWait(shared, tasks('alone'));
    const together = await systemOf(shared, 'alone');
    assert.doesNotMatch(together, /worktree/);
    assert.match(together, /Other agents may work in the same files at the same time\. Read before/);
    assert.ok(
      together.endsWith(
        `The workspace folder is ${shared.path('')}. Paths are relative to it.\n\nProject instructions (AGENTS.md):\nUse tabs.`,
      ),
    );
  });

  it("find the files that a task names by the user's own paths", async () => {
    const write = (path: string) => ({ calls: [{ name: 'write_file', input: { path, content: 'new\n' } }] });
    await using fanout = await isolated({ children: { write: [() => write(fanout.path('deep/b.txt')), 'Done.'] } });
    const over = await delegateAndWait(fanout, tasks('write'));
    assert.equal(existsSync(fanout.path('deep/b.txt')), false);
    const [child] = over.children;
    assert.deepEqual(
      [child?.worktree?.files, child?.progress.filesWritten],
      [[{ path: 'deep/b.txt', change: 'added' }], ['deep/b.txt']],
    );
  });

  it('cannot leave their worktree by path, nor write to what git keeps there', async () => {
    const write = (path: string) => ({ calls: [{ name: 'write_file', input: { path, content: 'x' } }] });
    await using fanout = await isolated({
      children: { write: [() => write(fanout.path('../project2/x')), write('../other/x'), write('.git'), 'Done.'] },
    });
    const over = await delegateAndWait(fanout, tasks('write'));
    assert.deepEqual(
      over.children[0]?.progress.toolTrace.map(({ status }) => status),
      ['error', 'error', 'error'],
    );
    assert.deepEqual(await checkouts(fanout), []);
  });

  it('are honest that problems are known of the files of the user only', async () => {
    await using fanout = await isolated({
      children: { look: [{ calls: [{ name: 'get_problems', input: {} }] }, 'Done.'] },
    });
    await delegateAndWait(fanout, tasks('look'));
    assert.match(lastPart(fanout), /problems of the user's files only/);
  });

  it('are asked for no edit where the user asks to be asked, for commands they are', async () => {
    const edit = { calls: [{ name: 'write_file', input: { path: 'b.txt', content: 'b\n' } }] };
    await using fanout = await isolated({
      children: { edit: [edit, 'Done.'], run: [runs('echo c > c.txt'), 'Done.'] },
      settings: { approvals: { edits: 'ask', commands: 'ask', allowedCommands: [] } },
    });
    const { approvals } = fanout.engine;
    const asked: string[] = [];
    approvals.onDidChange(() => {
      for (const { id, request } of approvals.pending()) {
        asked.push(request.subject);
        approvals.decide(id, 'approve');
      }
    });
    const over = await delegateAndWait(fanout, tasks('edit', 'run'));
    assert.deepEqual(asked, ['echo c > c.txt']);
    assert.deepEqual(
      over.children.map(({ worktree }) => worktree?.files[0]?.path),
      ['b.txt', 'c.txt'],
    );
    fanout.settings = { ...fanout.settings, approvals: { edits: 'deny', commands: 'ask', allowedCommands: [] } };
    fanout.crash({ children: { edit: [edit, 'Denied.'] } });
    const denied = await delegateAndWait(fanout, tasks('edit'));
    assert.deepEqual(
      denied.children[0]?.progress.toolTrace.map(({ status }) => status),
      ['denied'],
    );
  });

  it('of an orchestrator work in its worktree, whatever they hold', async () => {
    const nested = {
      calls: [{ name: 'delegate_task', input: { tasks: [{ goal: 'below' }, { goal: 'reads', toolsets: ['read'] }] } }],
    };
    const read = { calls: [{ name: 'read_file', input: { path: 'begun.txt' } }] };
    await using fanout = await isolated({
      children: {
        top: [runs('echo begun > begun.txt'), nested, runs('cat below.txt'), 'Done.'],
        below: [runs('echo below > below.txt'), 'Did below.'],
        reads: [read, 'Read it.'],
      },
      delegation: { maxSpawnDepth: 2 },
    });
    const over = await delegateAndWait(fanout, { goal: 'top', role: 'orchestrator' });
    assert.deepEqual(
      over.children[0]?.worktree?.files.map(({ path }) => path),
      ['begun.txt', 'below.txt'],
    );
    const below = fanout.engine.pool.list().find(({ depth }) => depth === 2);
    assert.deepEqual(
      below?.children.map(({ worktree }) => worktree),
      [undefined, undefined],
    );
    assert.deepEqual(
      below.children.flatMap(({ progress }) => progress.toolTrace.map(({ status }) => status)),
      ['ok', 'ok'],
    );
    assert.match(await systemOf(fanout, 'below'), /Other agents may work in the same files[^]*git worktree/);
    assert.equal(existsSync(fanout.path('below.txt')), false);
    assert.equal((await checkouts(fanout)).length, 1);
  });

  it("work by the task's own isolation where it has one, also when they go on after a reload", async () => {
    const held = gate();
    const script = {
      apart: [runs('echo apart > apart.txt'), held.answer],
      joint: [runs('echo joint > joint.txt'), 'Did joint.'],
    };
    await using fanout = await isolated({ children: script, main: ['Good.'] });
    for (const setting of ['shared', 'worktree'] as const) {
      fanout.settings = { ...fanout.settings, delegation: { ...fanout.settings.delegation, isolation: setting } };
      const goals = [
        { goal: 'apart', isolation: 'worktree' },
        { goal: 'joint', isolation: 'shared' },
      ];
      const to = { sessionId: fanout.session.id, origin: 'user', wait: 'background' } as const;
      fanout.engine.delegate({ tasks: goals }, to, new AbortController().signal);
      await until(
        () => fanout.delegation.children.every(({ progress }) => progress.modelCalls === 2),
        fanout.engine.pool.onDidChange,
      );
      await fanout.reload({ children: { apart: ['Did apart.'], joint: ['Did joint.'] }, main: ['Good.'] });
      fanout.engine.start();
      const [apart, joint] = (await fanout.over()).children;
      assert.deepEqual(apart?.worktree?.files, [{ path: 'apart.txt', change: 'added' }]);
      assert.equal(joint?.worktree, undefined);
      assert.ok(existsSync(fanout.path('joint.txt')) && !existsSync(fanout.path('apart.txt')));
      await fanout.idle();
      await unlink(fanout.path('joint.txt'));
      await fanout.reload({ children: script, main: ['Good.'] });
      fanout.engine.start();
    }
  });

  it('work in the folders that are open, which may lie deeper in the repository', async () => {
    await using fanout = await isolated(workers({ deep: 'pwd; echo deep > c.txt' }), { 'pack age/b.txt': 'b\n' });
    fanout.folders = [
      { name: 'pack age', path: fanout.path('pack age') },
      { name: 'empty', path: fanout.path('empty') },
    ];
    await fanout.write('empty/x.txt', 'x');
    await runGit(fanout.path(''), 'clean', '--quiet', '--force', 'empty/x.txt');
    const over = await delegateAndWait(fanout, tasks('deep'));
    assert.deepEqual(over.children[0]?.worktree?.files, [{ path: 'pack age/c.txt', change: 'added' }]);
  });
});

describe('a child that is to have a worktree and cannot', () => {
  it('fails where there is no repository, and says what to do; the others are not touched', async () => {
    await using fanout = new TestEngine({ children: { reads: ['Fine.'] }, delegation: { isolation: 'worktree' } });
    const over = await delegateAndWait(fanout, { tasks: [{ goal: 'edits' }, { goal: 'reads', toolsets: ['read'] }] });
    const [edits, reads] = over.children.map(({ state }) => state);
    assert.equal(edits?.status, 'failed');
    assert.match(
      'error' in edits ? (edits.error ?? '') : '',
      /^fanout\.delegation\.isolation is set to worktree, but there is no git repository to be used at .*not a git repository.*Run git init there, or set it to shared\.$/,
    );
    assert.equal(reads?.status, 'completed');
    assert.deepEqual(fanout.faults, []);
  });

  it('fails where the open folders are in several repositories, where git ignores one, and where there is no git', async () => {
    await using fanout = await isolated({}, { '.gitignore': 'out\n' });
    const errorNow = async () => {
      const [child] = (await delegateAndWait(fanout, tasks('edits'))).children;
      return child !== undefined && 'error' in child.state ? child.state.error : undefined;
    };
    await fanout.write('other/a.txt', 'a');
    await runGit(fanout.path('other'), 'init', '--quiet');
    fanout.folders = ['', 'other'].map((name) => ({ name, path: fanout.path(name) }));
    assert.match(
      (await errorNow()) ?? '',
      /several repositories \(.*project, .*other\)\. Open the folders of one only/,
    );
    await fanout.write('out/a.txt', 'a');
    fanout.folders = [{ name: 'out', path: fanout.path('out') }];
    assert.match((await errorNow()) ?? '', /git ignores .*out, so that a worktree would not hold it/);
    const { PATH: path } = process.env;
    process.env['PATH'] = '/nowhere';
    try {
      assert.match((await errorNow()) ?? '', /git was not found\. Install git, or set it to shared\.$/);
    } finally {
      process.env['PATH'] = path;
    }
    assert.deepEqual(fanout.faults, []);
  });
});
