import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { leftOutOf, takeSnapshot } from '../../../src/tools/snapshot';
import { LARGEST_FILE } from '../../../src/tools/workingTree';
import { changesIn, isWhole, removeWorktree, textAtBase } from '../../../src/tools/worktree';
import { GitRepository, initRepository, runGit, writeBelow } from '../../fakes/gitRepository';

/** All that a snapshot must leave as it is. */
async function stateOf(repository: GitRepository): Promise<string> {
  const asked = [
    ['status', '--porcelain=v2', '--branch', '--untracked-files=all'],
    ['diff', '--cached'],
    ['diff'],
    ['stash', 'list'],
    ['for-each-ref'],
  ];
  const answers: string[] = [];
  for (const args of asked) answers.push(await repository.git(...args));
  return answers.join('\n---\n');
}

describe('a worktree', () => {
  it("holds the user's files as they are: staged, changed, new and deleted, but not what git ignores", async () => {
    await using repository = await GitRepository.of({
      'a.txt': 'a\n',
      'gone.txt': 'gone\n',
      'straße/b c.txt': 'b\n',
      '.gitignore': 'node_modules\n',
    });
    await repository.write('a.txt', 'staged\n');
    await repository.git('add', 'a.txt');
    await repository.write('a.txt', 'staged and changed\n');
    await repository.write('new/näu.txt', 'new\n');
    await repository.write('node_modules/x.js', 'x');
    await rm(repository.path('gone.txt'));
    const { path } = await repository.worktree();
    assert.equal(await readFile(join(path, 'a.txt'), 'utf8'), 'staged and changed\n');
    assert.equal(await readFile(join(path, 'new/näu.txt'), 'utf8'), 'new\n');
    assert.equal(await readFile(join(path, 'straße/b c.txt'), 'utf8'), 'b\n');
    assert.equal(existsSync(join(path, 'gone.txt')), false);
    assert.equal(existsSync(join(path, 'node_modules')), false);
  });

  it('holds what was changed in the same moment as it was committed, to the same length', async () => {
    await using repository = await GitRepository.of();
    // All that git compares is then as it was, but for the content.
    await repository.git('config', 'core.trustctime', 'false');
    const moment = 1_700_000_000;
    for (const text of ['a\n', 'b\n']) {
      await repository.write('a.txt', text);
      await utimes(repository.path('a.txt'), moment, moment);
      if (text === 'a\n') await repository.commit();
    }
    await utimes(repository.path('.git/index'), moment, moment);
    const { path } = await repository.worktree();
    assert.equal(await readFile(join(path, 'a.txt'), 'utf8'), 'b\n');
  });

  it('leaves index, branches, stash and files of the user as they are', async () => {
    await using repository = await GitRepository.of({ 'a.txt': 'a\n', 'b.txt': 'b\n' });
    await repository.write('b.txt', 'stashed\n');
    await repository.git('stash');
    await repository.write('a.txt', 'staged\n');
    await repository.git('add', 'a.txt');
    await repository.write('a.txt', 'changed\n');
    await repository.write('new.txt', 'new\n');
    const before = await stateOf(repository);
    const index = await readFile(repository.path('.git/index'));
    const worktree = await repository.worktree();
    assert.deepEqual(await readFile(repository.path('.git/index')), index);
    assert.equal(await stateOf(repository), before);
    await writeFile(join(worktree.path, 'a.txt'), 'of the child\n');
    await runGit(worktree.path, 'commit', '--all', '--quiet', '-m', 'Of the child');
    await changesIn(worktree);
    await removeWorktree(worktree);
    assert.equal(await stateOf(repository), before);
    assert.equal((await repository.git('worktree', 'list')).split('\n').length, 1);
  });

  it('can be had where nothing was ever committed, or there is nothing at all', async () => {
    await using repository = await GitRepository.of();
    const empty = await repository.worktree('empty');
    assert.deepEqual(await changesIn(empty), []);
    await repository.write('first.txt', 'first\n');
    const worktree = await repository.worktree();
    assert.equal(await readFile(join(worktree.path, 'first.txt'), 'utf8'), 'first\n');
    await assert.rejects(repository.git('rev-parse', '--verify', 'HEAD'));
  });

  // T4
  it('can be had beside what git cannot take, and names that where a child leaves it', async () => {
    await using repository = await GitRepository.of({ 'a.txt': 'a\n' });
    await initRepository(repository.path('inner'));
    await repository.write('b.txt', 'b\n');
    const worktree = await repository.worktree();
    const at = (name: string) => join(worktree.path, name);
    assert.equal(await readFile(at('b.txt'), 'utf8'), 'b\n');
    assert.equal(existsSync(at('inner')), false);
    assert.match(await leftOutOf(repository.root, worktree.base), /^inner: /);
    await initRepository(at('inner'));
    await writeBelow(worktree.path, 'half/.git', 'garbage');
    await writeBelow(worktree.path, 'half/x.txt', 'x');
    await writeFile(at('index.lock'), '');
    await writeFile(at('c.txt'), 'c\n');
    await execa('/bin/sh', ['-c', 'mkfifo "$@"', 'sh', at('pipe')]);
    assert.deepEqual(await changesIn(worktree), [
      { path: 'c.txt', change: 'added' },
      { path: 'half/x.txt', change: 'added' },
      { path: 'index.lock', change: 'added' },
      { path: 'inner', change: 'added' },
    ]);
  });

  // T4
  it('names files whose names are not UTF-8, and takes the others', async function () {
    if (process.platform !== 'linux') this.skip();
    await using repository = await GitRepository.of({ 'a.txt': 'a\n' });
    const at = (folder: string, name: string) =>
      Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name, 'latin1')]);
    await writeFile(at(repository.root, 'caf\xe9.txt'), 'x\n');
    await writeFile(at(repository.root, 'th\xe9.txt'), 'x\n');
    await repository.commit();
    const worktree = await repository.worktree();
    await writeFile(at(worktree.path, 'caf\xe9.txt'), 'changed\n');
    await rm(at(worktree.path, 'th\xe9.txt'));
    await writeFile(at(worktree.path, 'na\xefve.txt'), 'new\n');
    await writeFile(join(worktree.path, 'b.txt'), 'b\n');
    assert.deepEqual(await changesIn(worktree), [
      { path: 'b.txt', change: 'added' },
      { path: 'caf\ufffd.txt', change: 'modified' },
      { path: 'na\ufffdve.txt', change: 'added' },
      { path: 'th\ufffd.txt', change: 'deleted' },
    ]);
  });

  // T4
  it('takes all others where the filter of one file does not work', async () => {
    await using repository = await GitRepository.of({ '.gitattributes': '*.bin filter=broken\n', 'a.txt': 'a\n' });
    await repository.write('large.bin', 'x\n');
    await repository.commit();
    const worktree = await repository.worktree();
    await repository.git('config', 'filter.broken.clean', 'false');
    await repository.git('config', 'filter.broken.required', 'true');
    await writeFile(join(worktree.path, 'large.bin'), 'y\n');
    await writeFile(join(worktree.path, 'a.txt'), 'b\n');
    assert.deepEqual(await changesIn(worktree), [
      { path: 'a.txt', change: 'modified' },
      { path: 'large.bin', change: 'modified' },
    ]);
    await repository.write('large.bin', 'z\n');
    assert.match(await leftOutOf(repository.root, await takeSnapshot(repository.root)), /^large\.bin: /);
  });

  // T13
  it('leaves out new files that are very large, and says which', async () => {
    await using repository = await GitRepository.of({ 'a.txt': 'a\n' });
    await repository.write('large.bin', '');
    await truncate(repository.path('large.bin'), LARGEST_FILE + 1);
    const worktree = await repository.worktree();
    assert.equal(existsSync(join(worktree.path, 'large.bin')), false);
    assert.match(await leftOutOf(repository.root, worktree.base), /^large\.bin: /);
    await writeFile(join(worktree.path, 'data.bin'), '');
    await truncate(join(worktree.path, 'data.bin'), LARGEST_FILE + 1);
    assert.deepEqual(await changesIn(worktree), [{ path: 'data.bin', change: 'added' }]);
  });

  // T14
  it('holds what git was told not to look at', async () => {
    await using repository = await GitRepository.of({ 'skipped.txt': 'a\n', 'assumed.txt': 'a\n' });
    await repository.git('update-index', '--skip-worktree', 'skipped.txt');
    await repository.git('update-index', '--assume-unchanged', 'assumed.txt');
    for (const name of ['skipped.txt', 'assumed.txt']) await repository.write(name, 'of the user\n');
    const flags = await repository.git('ls-files', '-v');
    const worktree = await repository.worktree();
    for (const name of ['skipped.txt', 'assumed.txt']) {
      assert.equal(await readFile(join(worktree.path, name), 'utf8'), 'of the user\n');
    }
    assert.equal(await repository.git('ls-files', '-v'), flags);
  });

  // T5
  for (const command of ['pop', 'drop', 'clear', 'apply']) {
    it(`shields the stash of the user from git stash ${command}`, async () => {
      await using repository = await GitRepository.of({ 'a.txt': 'a\n' });
      await repository.write('a.txt', 'stashed\n');
      await repository.git('stash');
      const before = await stateOf(repository);
      const { path } = await repository.worktree();
      await runGit(path, 'stash', command).catch(() => undefined);
      assert.equal(await readFile(join(path, 'a.txt'), 'utf8'), 'a\n');
      await writeFile(join(path, 'a.txt'), 'of the child\n');
      await runGit(path, 'stash');
      await runGit(path, 'stash', 'pop');
      assert.equal(await readFile(join(path, 'a.txt'), 'utf8'), 'of the child\n');
      assert.equal(await stateOf(repository), before);
    });
  }

  // T5, S27
  it('knows branches, tags and settings of the user, and changes none of them', async () => {
    await using repository = await GitRepository.of({ 'a.txt': 'a\n' });
    await repository.git('tag', 'v1');
    await repository.git('branch', 'other');
    const before = await stateOf(repository);
    const config = await repository.read('.git/config');
    const worktree = await repository.worktree();
    const { path } = worktree;
    assert.equal(await runGit(path, 'log', '-1', '--format=%s', 'main'), 'As it is');
    assert.equal(await runGit(path, 'status', '--porcelain'), '');
    await runGit(path, 'branch', '-D', 'other');
    await runGit(path, 'tag', '-f', 'v1', 'HEAD');
    await runGit(path, 'config', 'core.hooksPath', 'hooks');
    await runGit(path, 'checkout', '--quiet', 'main');
    await writeFile(join(path, 'b.txt'), 'b\n');
    await runGit(path, 'add', '.');
    await runGit(path, 'commit', '--quiet', '-m', 'Of the child');
    await runGit(path, 'gc', '--quiet', '--prune=now');
    assert.equal(await stateOf(repository), before);
    assert.equal(await repository.read('.git/config'), config);
    await repository.git('gc', '--quiet', '--prune=now');
    await runGit(path, 'fsck', '--no-dangling');
    assert.deepEqual(await changesIn(worktree), [{ path: 'b.txt', change: 'added' }]);
  });

  // S27
  it('is looked at without running what the child set up for git', async () => {
    await using repository = await GitRepository.of({ 'a.txt': 'a\n' });
    const worktree = await repository.worktree();
    const ran = join(repository.outside, 'ran');
    await writeFile(join(worktree.path, '.gitattributes'), '* filter=evil\n');
    await writeFile(join(worktree.path, 'b.txt'), 'b\n');
    await runGit(worktree.path, 'config', 'filter.evil.clean', `touch '${ran}'; cat`);
    await runGit(worktree.path, 'config', 'core.fsmonitor', `touch '${ran}'; false`);
    const evil = join(repository.outside, 'evil');
    await initRepository(evil);
    await runGit(evil, 'config', 'filter.evil.clean', `touch '${ran}'; cat`);
    for (const link of [undefined, `gitdir: ${join(evil, '.git')}\n`]) {
      if (link !== undefined) await writeFile(join(worktree.path, '.git'), link);
      assert.equal((await changesIn(worktree)).length, 2);
      assert.equal(existsSync(ran), false);
    }
  });

  it("runs none of the user's hooks", async () => {
    await using repository = await GitRepository.of({ 'a.txt': 'a\n' });
    await repository.write('.git/hooks/post-checkout', '#!/bin/sh\ntouch "$(git rev-parse --git-common-dir)/ran"\n');
    await chmod(repository.path('.git/hooks/post-checkout'), 0o755);
    await repository.git('checkout', '--quiet', '-b', 'other');
    assert.ok(existsSync(repository.path('.git/ran')), 'the hook works');
    await rm(repository.path('.git/ran'));
    await repository.worktree();
    assert.equal(existsSync(repository.path('.git/ran')), false);
  });

  it('tells what changed in it, of whatever kind, committed there or not', async () => {
    await using repository = await GitRepository.of({
      'changed.txt': '1\n2\n3',
      'deleted.txt': 'x\n',
      'moved.txt': 'moved\n',
      'script.sh': '#!/bin/sh\n',
      'same.txt': 'same\n',
      '.gitignore': 'out\n',
    });
    const worktree = await repository.worktree();
    const at = (name: string) => join(worktree.path, name);
    assert.deepEqual(await changesIn(worktree), []);
    await writeFile(at('changed.txt'), '1\n2\n3\n4');
    await runGit(worktree.path, 'commit', '--all', '--quiet', '-m', 'Of the child');
    await rm(at('deleted.txt'));
    await rename(at('moved.txt'), at('ä moved.txt'));
    await chmod(at('script.sh'), 0o755);
    await writeFile(at('picture.bin'), Uint8Array.of(0, 1, 2, 255));
    await symlink('same.txt', at('link'));
    await writeBelow(worktree.path, 'out/ignored.txt', 'x');
    assert.deepEqual(await changesIn(worktree), [
      { path: 'changed.txt', change: 'modified' },
      { path: 'deleted.txt', change: 'deleted' },
      { path: 'link', change: 'added' },
      { path: 'moved.txt', change: 'deleted' },
      { path: 'picture.bin', change: 'added' },
      { path: 'script.sh', change: 'modified' },
      { path: 'ä moved.txt', change: 'added' },
    ]);
  });

  it('with line ends of another system has no changes but those that were made', async () => {
    await using repository = await GitRepository.of({ 'a.txt': 'a\nb\n' });
    await repository.git('config', 'core.autocrlf', 'true');
    await repository.write('crlf.txt', 'a\r\nb\r\n');
    const worktree = await repository.worktree();
    assert.equal(await readFile(join(worktree.path, 'a.txt'), 'utf8'), 'a\r\nb\r\n');
    assert.deepEqual(await changesIn(worktree), []);
    assert.equal(await textAtBase(worktree, 'crlf.txt'), 'a\r\nb\r\n');
  });

  it('with a submodule leaves it out, and it counts as unchanged', async () => {
    await using inner = await GitRepository.of({ 'inner.txt': 'inner\n' });
    await using repository = await GitRepository.of({ 'a.txt': 'a\n' });
    await repository.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner.root, 'sub');
    await repository.commit();
    await repository.write('sub/inner.txt', 'changed by the user\n');
    const worktree = await repository.worktree();
    assert.equal(existsSync(join(worktree.path, 'sub/inner.txt')), false);
    assert.deepEqual(await changesIn(worktree), []);
    await removeWorktree(worktree);
    assert.equal(existsSync(worktree.path), false);
    assert.equal(await repository.read('sub/inner.txt'), 'changed by the user\n');
  });

  // T3
  it('tells what a child writes where a submodule is, which git does not', async () => {
    await using inner = await GitRepository.of({ 'inner.txt': 'inner\n' });
    await using repository = await GitRepository.of({ 'a.txt': 'a\n' });
    await repository.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner.root, 'sub');
    await repository.commit();
    const worktree = await repository.worktree();
    await writeBelow(worktree.path, 'sub/deep/new.txt', 'new\n');
    assert.deepEqual(await changesIn(worktree), [{ path: 'sub/deep/new.txt', change: 'added' }]);
    await runGit(worktree.path, 'init', '--quiet', 'sub');
    assert.deepEqual(await changesIn(worktree), [{ path: 'sub', change: 'modified' }]);
  });

  // T14
  it('that lost its .git is not taken for a part of a repository around it, and its files are looked at', async () => {
    await using repository = await GitRepository.of({ 'a.txt': 'a\n' });
    const worktree = await repository.worktree();
    await initRepository(repository.outside);
    await rm(join(worktree.path, '.git'));
    assert.deepEqual(await changesIn(worktree), []);
    await writeFile(join(worktree.path, 'a.txt'), 'of the child\n');
    assert.deepEqual(await changesIn(worktree), [{ path: 'a.txt', change: 'modified' }]);
    await execa('/bin/sh', ['-c', 'mkfifo "$@"', 'sh', join(worktree.path, '.git')]);
    assert.equal(await isWhole(worktree.path), true);
    await removeWorktree(worktree);
    assert.equal((await repository.git('worktree', 'list')).split('\n').length, 1);
  });

  it('follows a folder that became a link, and a link that became a folder', async () => {
    await using repository = await GitRepository.of({ 'd/a.txt': 'a\n', 'd/b.txt': 'b\n', 'e.txt': 'e\n' });
    const worktree = await repository.worktree();
    const at = (name: string) => join(worktree.path, name);
    await rm(at('d'), { recursive: true });
    await symlink('.', at('d'));
    await rm(at('e.txt'));
    await writeBelow(worktree.path, 'e.txt/f.txt', 'f\n');
    assert.deepEqual(await changesIn(worktree), [
      { path: 'd', change: 'added' },
      { path: 'd/a.txt', change: 'deleted' },
      { path: 'd/b.txt', change: 'deleted' },
      { path: 'e.txt', change: 'deleted' },
      { path: 'e.txt/f.txt', change: 'added' },
    ]);
  });

  it('tells what a file was at the beginning, and nothing of one that was not there', async () => {
    await using repository = await GitRepository.of({ 'ä [b].txt': 'old, no end of line' });
    const worktree = await repository.worktree();
    await writeFile(join(worktree.path, 'ä [b].txt'), 'new\n');
    assert.equal(await textAtBase(worktree, 'ä [b].txt'), 'old, no end of line');
    assert.equal(await textAtBase(worktree, 'ä b.txt'), '');
    assert.equal(await textAtBase(worktree, '*'), '');
  });

  it('that git did not finish is known from one that it did', async () => {
    await using repository = await GitRepository.of({ 'a.txt': 'a\n' });
    const worktree = await repository.worktree();
    assert.equal(await isWhole(worktree.path), true);
    await repository.git('worktree', 'lock', '--reason', 'initializing', worktree.path);
    assert.equal(await isWhole(worktree.path), false);
    await removeWorktree(worktree);
    assert.equal(await isWhole(worktree.path), false);
    await mkdir(worktree.path);
    assert.equal(await isWhole(worktree.path), false);
  });

  it('is removed with all that is in it, also where its repository is gone', async () => {
    await using repository = await GitRepository.of({ 'a.txt': 'a\n', '.gitignore': 'out\n' });
    const worktree = await repository.worktree();
    await writeBelow(worktree.path, 'out/deep/x', 'x');
    await writeFile(join(worktree.path, 'a.txt'), 'changed');
    await removeWorktree(worktree);
    assert.equal(existsSync(worktree.path), false);
    await removeWorktree(worktree);
    const another = await repository.worktree();
    await rm(repository.root, { recursive: true });
    await removeWorktree(another);
    await assert.rejects(stat(another.path));
  });
});
