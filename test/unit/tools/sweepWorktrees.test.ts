import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sweepWorktrees } from '../../../src/tools/sweepWorktrees';
import { GitRepository, initRepository, runGit, writeBelow } from '../../fakes/gitRepository';

const nothingKnown = { open: [], closed: [] };

describe('the folder of worktrees', () => {
  it('is cleared of checkouts that no row knows and in which nothing changed, and of what is done with', async () => {
    await using repository = await GitRepository.of({ 'a.txt': 'a\n' });
    const { outside } = repository;
    const at = async (name: string) => (await repository.worktree(name)).path;
    const open = await at('open');
    const closed = await at('closed');
    await writeFile(join(closed, 'a.txt'), 'applied\n');
    await at('untouched');
    await repository.git('worktree', 'lock', '--reason', 'initializing', await at('half made'));
    await mkdir(join(outside, 'worktrees', 'empty'));
    await writeFile(join(await at('changed'), 'a.txt'), 'changed\n');
    await writeFile(join(await at('with a new file'), 'new.txt'), 'new\n');
    const committed = await at('committed');
    await runGit(committed, 'commit', '--allow-empty', '--quiet', '-m', 'Of the child');
    await writeBelow(join(outside, 'worktrees'), 'no checkout/x.txt', 'x');
    await initRepository(join(outside, 'worktrees', 'a repository'));
    await sweepWorktrees(join(outside, 'worktrees'), () => ({ open: [open], closed: [closed] }));
    assert.deepEqual((await readdir(join(outside, 'worktrees'))).toSorted(), [
      'a repository',
      'changed',
      'committed',
      'no checkout',
      'open',
      'with a new file',
    ]);
    const registered = await repository.git('worktree', 'list');
    assert.equal(registered.split('\n').length, 5, registered);
  });

  it('is left alone where the rows cannot be had, and where there is none', async () => {
    await using repository = await GitRepository.of({ 'a.txt': 'a\n' });
    await sweepWorktrees(join(repository.outside, 'worktrees'), () => assert.fail('nobody needs to be asked'));
    await repository.worktree('untouched');
    await sweepWorktrees(join(repository.outside, 'worktrees'), () => undefined);
    assert.deepEqual(await readdir(join(repository.outside, 'worktrees')), ['untouched']);
    await sweepWorktrees(join(repository.outside, 'worktrees'), () => nothingKnown);
    assert.deepEqual(await readdir(join(repository.outside, 'worktrees')), []);
  });
});
