import assert from 'node:assert/strict';
import { open, readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { delegates, gate, wordsOf } from '../../fakes/agentScript';
import { runGit } from '../../fakes/gitRepository';
import { TestEngine } from '../../fakes/testEngine';
import { until } from '../../fakes/until';
import {
  atWork,
  checkouts,
  childOf,
  delegateAndWait,
  idsOf,
  isolated,
  runs,
  tasks,
  untilState,
  workers,
  worktreeOf,
} from './isolationHarness';

/** Two pipes by which a filter of git's tells that it began, and is held. */
async function pipes(fanout: TestEngine): Promise<readonly [string, string]> {
  const paths = [fanout.path('../began'), fanout.path('../goOn')] as const;
  await execa('/bin/sh', ['-c', 'mkfifo "$@"', 'sh', ...paths]);
  return paths;
}

/** Opened for both, so that it does not matter whether anybody reads from it still. */
async function release(pipe: string): Promise<void> {
  await (await open(pipe, 'r+')).close();
}

describe('what an isolated child left when it is cut off', () => {
  it('is kept where it is cancelled: it is over at once, and its changes are known a little later', async () => {
    const { fanout, over, id } = await atWork();
    await using _ = fanout;
    assert.equal(worktreeOf(fanout, id).state, 'working');
    fanout.engine.pool.cancel(id);
    assert.equal(fanout.engine.pool.remove(fanout.delegation.id), false, 'it is not known yet what would be lost');
    await over;
    await untilState(fanout, id, 'ready');
    assert.deepEqual(worktreeOf(fanout, id).files, [{ path: 'b.txt', change: 'added' }]);
    assert.equal(childOf(fanout, id).state.status, 'interrupted');
  });

  it('is nothing where git was cut off while it made the worktree', async () => {
    const fanout = await isolated({}, { 'a.slow': 'a\n', '.gitattributes': '*.slow filter=slow\n' });
    await using _ = fanout;
    const [began, goOn] = await pipes(fanout);
    await runGit(fanout.path(''), 'config', 'filter.slow.smudge', `echo > '${began}'; cat '${goOn}'`);
    const over = delegateAndWait(fanout, tasks('never begins'));
    await readFile(began);
    const id = fanout.delegation.children[0]?.id ?? '';
    assert.equal(worktreeOf(fanout, id).state, 'working', 'it is recorded before there is a folder');
    fanout.engine.pool.cancel(id);
    await untilState(fanout, id, undefined);
    await release(goOn);
    await over;
    assert.deepEqual(await checkouts(fanout), []);
    assert.equal((await runGit(fanout.path(''), 'worktree', 'list')).split('\n').length, 1);
    assert.deepEqual(fanout.faults, []);
  });

  it('is kept where the window closes', async () => {
    const { fanout, id } = await atWork();
    await using _ = fanout;
    await fanout.reload();
    assert.equal(worktreeOf(fanout, id).state, 'ready');
    assert.deepEqual(worktreeOf(fanout, id).files, [{ path: 'b.txt', change: 'added' }]);
  });

  it('is found after a crash, and nothing is left of those that changed nothing', async () => {
    const held = gate();
    await using fanout = await isolated({
      children: { work: [runs('echo b > b.txt'), held.answer], look: [runs('true'), held.answer] },
    });
    void delegateAndWait(fanout, tasks('work', 'look'));
    await fanout.model.waitForRequest(4);
    const [work = '', look = ''] = idsOf(fanout.delegation);
    fanout.crash();
    assert.equal(childOf(fanout, work).state.status, 'unknown');
    assert.equal(worktreeOf(fanout, work).state, 'working');
    fanout.engine.start();
    await Promise.all([untilState(fanout, work, 'ready'), untilState(fanout, look, undefined)]);
    assert.deepEqual(worktreeOf(fanout, work).files, [{ path: 'b.txt', change: 'added' }]);
    assert.deepEqual(await checkouts(fanout), [work]);
    fanout.crash();
    assert.equal(worktreeOf(fanout, work).state, 'ready', 'it is stored');
  });

  it('is not touched by another window while its own is alive', async () => {
    const { fanout, id } = await atWork();
    await using _ = fanout;
    await using other = new TestEngine({ beside: fanout, delegation: { isolation: 'worktree' } });
    other.engine.start();
    await other.engine.worktrees.idle();
    assert.equal(worktreeOf(other, id).state, 'working');
    await assert.rejects(other.engine.worktrees.apply([id]), /belongs to another window/);
    await assert.rejects(other.engine.worktrees.discard([id]), /belongs to another window/);
    fanout.engine.pool.cancel(id);
    await untilState(fanout, id, 'ready');
  });

  it('is left to the window whose agent has not let go of it yet', async () => {
    await using fanout = await isolated(workers({ work: 'echo > b.slow' }), {
      '.gitattributes': '*.slow filter=slow\n',
    });
    const [began, goOn] = await pipes(fanout);
    await runGit(
      fanout.path(''),
      'config',
      'filter.slow.clean',
      `cat; mkdir '${began}.once' && echo > '${began}' && cat '${goOn}'; true`,
    );
    const over = delegateAndWait(fanout, tasks('work'));
    await readFile(began);
    const id = fanout.delegation.children[0]?.id ?? '';
    fanout.engine.pool.cancel(id);
    await over;
    await using other = new TestEngine({ beside: fanout });
    other.engine.start();
    assert.equal(childOf(other, id).state.status, 'interrupted');
    await other.engine.worktrees.idle();
    assert.equal(worktreeOf(other, id).state, 'working');
    await assert.rejects(other.engine.worktrees.apply([id]), /belongs to another window/);
    await release(goOn);
    await untilState(fanout, id, 'ready');
  });

  it('C68 is where it goes on after a reload, and after Resume, also where it had changed nothing yet', async () => {
    for (const cut of ['reload', 'crash'] as const) {
      await using fanout = await isolated({
        main: [delegates('write', 'look'), 'They run.'],
        children: { write: [runs('echo b > b.txt'), gate().answer], look: [gate().answer] },
      });
      await fanout.say('Delegate.');
      await fanout.childRequest('look');
      await until(() => fanout.delegation.children[0]?.progress.modelCalls === 2, fanout.engine.pool.onDidChange);
      const [id = '', other = ''] = idsOf(fanout.delegation);
      const { path, base } = worktreeOf(fanout, id);
      await fanout[cut]({
        main: ['I see.', 'They are done.'],
        children: { write: [runs('cat b.txt > c.txt'), 'Written.'], look: ['Looked.'] },
      });
      fanout.engine.start();
      if (cut === 'crash') {
        await until(() => fanout.delegation.delivery === 'delivered', fanout.engine.pool.onDidChange);
        assert.equal(fanout.engine.resumeWork(fanout.delegation.id), undefined);
      }
      await until(() => fanout.delegation.delivery === 'delivered', fanout.engine.pool.onDidChange);
      await untilState(fanout, id, 'ready');
      await untilState(fanout, other, undefined);
      assert.equal(fanout.delegation.status, 'completed');
      assert.deepEqual([worktreeOf(fanout, id).path, worktreeOf(fanout, id).base], [path, base]);
      const changed = worktreeOf(fanout, id).files.map((file) => file.path);
      assert.deepEqual(changed, ['b.txt', 'c.txt']);
      await fanout.idle();
      assert.deepEqual(fanout.faults, []);
    }
  });

  it('is told in the block that comes after a crash', async () => {
    const held = gate();
    await using fanout = await isolated({
      main: [delegates('work'), 'It runs.'],
      children: { work: [runs('echo b > b.txt'), held.answer] },
    });
    await fanout.say('Delegate.');
    await until(() => fanout.delegation.children[0]?.progress.modelCalls === 2, fanout.engine.pool.onDidChange);
    fanout.crash({ main: ['I see.'] });
    fanout.engine.start();
    const block = (await fanout.mainRequest(1)).prompt.at(-1);
    assert.match(
      block === undefined ? '' : wordsOf(block),
      /What it changed \(1 file: b\.txt added\) is in a git worktree, .*worktrees.*, and NOT in the workspace yet\./,
    );
    await fanout.idle();
  });
});
