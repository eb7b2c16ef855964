import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { delegates, gate } from '../../fakes/agentScript';
import { runGit } from '../../fakes/gitRepository';
import type { TestEngine } from '../../fakes/testEngine';
import { until } from '../../fakes/until';
import {
  atWork,
  checkouts,
  childOf,
  delegateAndWait,
  idsOf,
  isolated,
  readIn,
  runs,
  tasks,
  untilState,
  workers,
  worktreeOf,
} from './isolationHarness';

const contentOf = (fanout: TestEngine) => readFile(fanout.path('a.txt'), 'utf8');

describe('the changes of isolated children', () => {
  it('are left alone in a workspace that is not trusted: git runs what its settings name', async () => {
    await using fanout = await isolated(workers({ one: 'echo b > a.txt' }));
    const [one = ''] = idsOf(await delegateAndWait(fanout, tasks('one')));
    const { worktrees } = fanout.engine;
    fanout.trusted = false;
    for (const attempt of [
      () => worktrees.changes(one),
      () => worktrees.before(one, 'a.txt'),
      () => worktrees.apply([one]),
      () => worktrees.discard([one]),
    ])
      await assert.rejects(attempt, /not trusted/);
    assert.equal(worktreeOf(fanout, one).state, 'ready');
    assert.equal(await contentOf(fanout), 'a\n');
  });

  it('are applied in order, and stop at the first that conflicts', async () => {
    await using fanout = await isolated(
      workers({
        top: 'sed -i s/1/one/ a.txt',
        bottom: 'sed -i s/9/nine/ a.txt',
        same: 'sed -i s/1/ONE/ a.txt; echo > c.txt',
      }),
      { 'a.txt': '1\n2\n3\n4\n5\n6\n7\n8\n9\n' },
    );
    const [top = '', bottom = '', same = ''] = idsOf(await delegateAndWait(fanout, tasks('top', 'bottom', 'same')));
    const { worktrees } = fanout.engine;
    const index = await runGit(fanout.path(''), 'ls-files', '--stage');
    assert.deepEqual(await worktrees.apply([bottom, top, same]), { kind: 'conflict', childId: same, files: ['a.txt'] });
    assert.equal(await contentOf(fanout), 'one\n2\n3\n4\n5\n6\n7\n8\nnine\n');
    assert.equal(existsSync(fanout.path('c.txt')), false);
    assert.equal(await runGit(fanout.path(''), 'ls-files', '--stage'), index);
    assert.deepEqual(
      [top, bottom, same].map((id) => worktreeOf(fanout, id).state),
      ['applied', 'applied', 'ready'],
    );
    assert.deepEqual(await checkouts(fanout), [same]);
    assert.deepEqual(
      await worktrees.apply([top, bottom]),
      { kind: 'applied', files: ['a.txt'] },
      'once more is no harm',
    );
    assert.equal(await contentOf(fanout), 'one\n2\n3\n4\n5\n6\n7\n8\nnine\n');
    fanout.crash();
    assert.equal(worktreeOf(fanout, top).state, 'applied', 'it is stored');
  });

  // T3, T4
  it('are applied but for what git cannot carry over, which stays in the worktree', async () => {
    await using fanout = await isolated(
      workers({ work: 'echo b > a.txt; git init -q inner; echo x > inner/x.txt', only: 'git init -q inner' }),
    );
    const [work = '', only = ''] = idsOf(await delegateAndWait(fanout, tasks('work', 'only')));
    const { worktrees } = fanout.engine;
    const inner = { path: 'inner', change: 'added' } as const;
    for (const files of [['a.txt'], []]) {
      const applied = await worktrees.apply([work]);
      assert.equal(applied.kind, files.length > 0 ? 'applied' : 'conflict');
      assert.deepEqual('left' in applied ? applied.left.map(({ path }) => path) : [], ['inner']);
      assert.deepEqual([worktreeOf(fanout, work).state, worktreeOf(fanout, work).files], ['ready', [inner]]);
    }
    assert.equal(await contentOf(fanout), 'b\n');
    assert.equal(await readIn(worktreeOf(fanout, work).path, 'inner/x.txt'), 'x\n');
    assert.equal((await worktrees.apply([only])).kind, 'conflict');
    assert.deepEqual(worktreeOf(fanout, only).files, [inner]);
    await runGit(fanout.path(''), 'gc', '--quiet', '--prune=now');
    assert.deepEqual(await worktrees.changes(work), [inner]);
    await worktrees.discard([work]);
    assert.deepEqual(await checkouts(fanout), [only]);
  });

  // T5
  it('are told and kept where they are in a stash or on a branch of the child', async () => {
    const commits =
      'git checkout -q -b mine && echo b > b.txt && git add . && git commit -q -m Mine && git checkout -q -';
    await using fanout = await isolated(
      workers({
        branch: commits,
        stash: 'echo c > a.txt; git stash -q; echo b > a.txt; git stash -q',
        nothing: 'git stash pop; git checkout -q -b b',
        plain: 'git checkout -q -b c; echo > c.txt; git add .; git commit -q -m C',
      }),
    );
    const root = fanout.path('');
    await fanout.write('a.txt', 'of the user\n');
    await runGit(root, 'stash');
    const stashed = await runGit(root, 'stash', 'list');
    const ids = idsOf(await delegateAndWait(fanout, tasks('branch', 'stash', 'nothing', 'plain')));
    assert.deepEqual(
      ids.map((id) => childOf(fanout, id).worktree?.state),
      ['ready', 'ready', undefined, 'ready'],
    );
    const applied = await fanout.engine.worktrees.apply(ids.slice(0, 2));
    assert.ok(applied.kind === 'applied');
    assert.deepEqual(applied.commits, [
      `refs/fanout/${ids[0]}/heads/mine`,
      `refs/fanout/${ids[1]}/stash`,
      `refs/fanout/${ids[1]}/stash-1`,
    ]);
    assert.equal(await runGit(root, 'show', `${applied.commits[0]}:b.txt`), 'b');
    assert.equal(await runGit(root, 'show', `${applied.commits[1]}:a.txt`), 'b');
    assert.equal(await runGit(root, 'show', `${applied.commits[2]}:a.txt`), 'c');
    assert.equal(await runGit(root, 'stash', 'list'), stashed);
    assert.equal(await runGit(root, 'branch', '--list', 'mine', 'b', 'c'), '');
    assert.deepEqual(await fanout.engine.worktrees.apply(ids.slice(3)), { kind: 'applied', files: ['c.txt'] });
  });

  // X14
  it('are begun side by side: no worktree waits until another is made', async () => {
    await using fanout = await isolated(workers({ one: 'true', two: 'true' }), {
      'a.slow': 'a\n',
      '.gitattributes': '*.slow filter=slow\n',
    });
    const [began, goOn] = [fanout.path('../began'), fanout.path('../goOn')];
    await execa('/bin/sh', ['-c', 'mkfifo "$@"', 'sh', began, goOn]);
    await runGit(fanout.path(''), 'config', 'filter.slow.smudge', `echo x > '${began}'; read -r _ < '${goOn}'; cat`);
    const over = delegateAndWait(fanout, tasks('one', 'two'));
    await using begins = await open(began, 'r+');
    const both = Buffer.alloc(4);
    for (let read = 0; read < both.length;) read += (await begins.read(both, read, 1)).bytesRead;
    await using goes = await open(goOn, 'r+');
    await goes.write('on\non\n');
    await over;
    assert.deepEqual(fanout.faults, []);
  });

  it('can be looked at: what changed, what was there before, where it is now', async () => {
    await using fanout = await isolated(workers({ work: 'echo b >> a.txt; echo n > n.txt' }));
    const [id = ''] = idsOf(await delegateAndWait(fanout, tasks('work')));
    const { worktrees } = fanout.engine;
    assert.equal(await worktrees.before(id, 'a.txt'), 'a\n');
    assert.equal(await worktrees.before(id, 'n.txt'), '');
    assert.equal(await readFile(worktrees.fileIn(id, 'a.txt'), 'utf8'), 'a\nb\n');
    await rm(worktrees.fileIn(id, 'n.txt'));
    assert.deepEqual(await worktrees.changes(id), [{ path: 'a.txt', change: 'modified' }], 'by what is there now');
    assert.throws(() => worktrees.fileIn('deleg_00000000.1', 'a.txt'), /has no worktree/);
    assert.deepEqual(await worktrees.changes('deleg_00000000.1'), []);
  });

  it('are not applied over what is typed and not saved', async () => {
    await using fanout = await isolated(workers({ work: 'echo b >> a.txt; echo n > n.txt' }));
    const [id = ''] = idsOf(await delegateAndWait(fanout, tasks('work')));
    fanout.unsaved.set(fanout.path('a.txt'), 'typing\n');
    assert.deepEqual(await fanout.engine.worktrees.apply([id]), { kind: 'conflict', childId: id, files: ['a.txt'] });
    assert.equal(existsSync(fanout.path('n.txt')), false);
    fanout.unsaved.clear();
    assert.equal((await fanout.engine.worktrees.apply([id])).kind, 'applied');
    assert.equal(await contentOf(fanout), 'a\nb\n');
  });

  it('are neither applied nor discarded while the child works', async () => {
    const { fanout, id, held, over } = await atWork();
    await using _ = fanout;
    await assert.rejects(fanout.engine.worktrees.apply([id]), {
      message: `${id} is still at work in its worktree. Cancel it, or wait for its end.`,
    });
    await assert.rejects(fanout.engine.worktrees.discard([id]), /still at work/);
    assert.deepEqual(
      await fanout.engine.worktrees.changes(id),
      [{ path: 'b.txt', change: 'added' }],
      'but can be looked at',
    );
    held.open('Done.');
    await over;
  });

  it('are gone for good when they are discarded', async () => {
    await using fanout = await isolated(workers({ work: 'echo b >> a.txt' }));
    const [id = ''] = idsOf(await delegateAndWait(fanout, tasks('work')));
    const { worktrees } = fanout.engine;
    await worktrees.discard([id]);
    await worktrees.discard([id]);
    assert.equal(worktreeOf(fanout, id).state, 'discarded');
    assert.deepEqual(await checkouts(fanout), []);
    assert.deepEqual(await worktrees.apply([id]), { kind: 'gone', childId: id });
    assert.deepEqual(
      await worktrees.changes(id),
      [{ path: 'a.txt', change: 'modified' }],
      'what they were is still known',
    );
    assert.equal(await contentOf(fanout), 'a\n');
  });

  it('are gone where somebody removed their folder', async () => {
    await using fanout = await isolated(workers({ work: 'echo b >> a.txt' }));
    const [id = ''] = idsOf(await delegateAndWait(fanout, tasks('work')));
    await rm(worktreeOf(fanout, id).path, { recursive: true });
    assert.deepEqual(await fanout.engine.worktrees.apply([id]), { kind: 'gone', childId: id });
    assert.equal(childOf(fanout, id).worktree, undefined);
  });

  it('keep their delegation listed until they are taken', async () => {
    await using fanout = await isolated(workers({ work: 'echo b >> a.txt' }));
    const { id, children } = await delegateAndWait(fanout, tasks('work'));
    const { pool, worktrees } = fanout.engine;
    assert.equal(pool.clearFinished(), 0);
    assert.equal(pool.remove(id), false);
    await worktrees.discard([children[0]?.id ?? '']);
    assert.equal(pool.clearFinished(), 1);
  });

  it('are worked on when the child is continued, in the same worktree', async () => {
    await using fanout = await isolated({
      ...workers({ work: 'echo b >> a.txt' }),
      main: ['I see.'],
    });
    const [first = ''] = idsOf(await delegateAndWait(fanout, tasks('work')));
    const { path, base } = worktreeOf(fanout, first);
    fanout.settings = { ...fanout.settings, delegation: { ...fanout.settings.delegation, isolation: 'shared' } };
    fanout.crash({ main: ['I see.'], children: { work: [runs('echo c >> a.txt'), 'Did more.'] } });
    fanout.engine.start();
    fanout.engine.pool.continue(first, 'One line more.');
    const { children } = await fanout.over();
    assert.equal(childOf(fanout, first).worktree, undefined);
    assert.deepEqual(children[0]?.worktree, {
      path,
      repository: children[0]?.worktree?.repository,
      base,
      state: 'ready',
      files: [{ path: 'a.txt', change: 'modified' }],
    });
    assert.equal(await readIn(path, 'a.txt'), 'a\nb\nc\n');
    await fanout.idle();
  });

  it('are not there for a child that is continued after they were applied, nor for one that is begun again', async () => {
    await using fanout = await isolated({
      children: {
        work: [
          runs('echo b >> a.txt'),
          'Did it.',
          runs('cat a.txt; echo c >> a.txt'),
          'Did more.',
          runs('echo d > d.txt'),
          'Again.',
        ],
      },
      main: ['I see.', 'I see.'],
    });
    const [first = ''] = idsOf(await delegateAndWait(fanout, tasks('work')));
    await fanout.engine.worktrees.apply([first]);
    fanout.engine.pool.continue(first, 'One line more.');
    const second = (await fanout.over()).children[0]?.id ?? '';
    assert.equal(
      await readIn(worktreeOf(fanout, second).path, 'a.txt'),
      'a\nb\nc\n',
      'a new one holds what was applied',
    );
    await fanout.idle();
    fanout.engine.pool.retry(second);
    const third = (await fanout.over()).children[0]?.id ?? '';
    assert.deepEqual(worktreeOf(fanout, third).files, [{ path: 'd.txt', change: 'added' }]);
    assert.equal(worktreeOf(fanout, second).state, 'ready');
    await fanout.idle();
  });

  it('are found of a child that another one stands in for', async () => {
    const held = gate();
    await using fanout = await isolated({
      children: {
        work: [runs('echo b > b.txt'), 'Did it.', runs('echo c > c.txt'), 'Did it again.'],
        wait: [held.answer],
      },
    });
    const over = delegateAndWait(fanout, tasks('work', 'wait'));
    await fanout.childRequest('work');
    const [work = ''] = idsOf(fanout.delegation);
    await untilState(fanout, work, 'ready');
    await until(() => childOf(fanout, work).state.status === 'completed', fanout.engine.pool.onDidChange);
    fanout.engine.pool.retry(work);
    const again = fanout.delegation.children[0]?.id ?? '';
    await untilState(fanout, again, 'ready');
    held.open('Done.');
    await over;
    assert.equal(worktreeOf(fanout, work).base, worktreeOf(fanout, again).base);
    assert.equal((await fanout.engine.worktrees.apply([work, again])).kind, 'applied');
    fanout.crash();
    assert.deepEqual(
      [work, again].map((id) => worktreeOf(fanout, id).state),
      ['applied', 'applied'],
      'it is stored',
    );
    assert.equal(await readFile(join(fanout.path(''), 'b.txt'), 'utf8'), 'b\n');
  });

  it('are named in the results that a caller waits for, with where they are', async () => {
    await using fanout = await isolated({
      main: [delegates('hold'), delegates('work'), 'I see.', 'And that.'],
      children: { hold: ['Held.'], ...workers({ work: 'echo b > b.txt' }).children },
      delegation: { maxAsyncDelegations: 1 },
    });
    fanout.engine.pool.pause();
    fanout.engine.pool.resume();
    await fanout.say('Delegate both.');
    const results = JSON.stringify(fanout.mainRequests[2]?.prompt.at(-1));
    const child = fanout.engine.pool
      .list()
      .flatMap(({ children }) => children)
      .find(({ task }) => task.goal === 'work');
    assert.ok(results.includes(child?.worktree?.path ?? 'no worktree'));
    assert.match(results, /NOT in the workspace yet/);
  });
});
