import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, lstat, readFile, readlink, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { WorktreeFault, type Worktree } from '../../../src/delegation/worktree';
import { applyChanges } from '../../../src/tools/applyChanges';
import { changesIn } from '../../../src/tools/worktree';
import { GitRepository, initRepository, runGit, writeBelow } from '../../fakes/gitRepository';

const nothingBusy = () => Promise.resolve(false);
const apply = (worktree: Worktree) => applyChanges(worktree, nothingBusy);

const lines = (...changed: readonly [number, string][]) => {
  const all = Array.from({ length: 40 }, (_, i) => `line ${i + 1}`);
  for (const [line, text] of changed) all[line - 1] = text;
  return `${all.join('\n')}\n`;
};

/** Until it is disposed of, git on the PATH is one that knows no `merge-tree --write-tree`. */
async function oldGit(outside: string): Promise<AsyncDisposable> {
  const { PATH: path = '' } = process.env;
  const folder = join(outside, 'bin');
  const script = `#!/bin/sh\nfor word; do [ "$word" = merge-tree ] && exit 129; done\nPATH='${path}' exec git "$@"\n`;
  await writeBelow(folder, 'git', script);
  await chmod(join(folder, 'git'), 0o755);
  process.env['PATH'] = `${folder}${delimiter}${path}`;
  return {
    [Symbol.asyncDispose]() {
      process.env['PATH'] = path;
      return Promise.resolve();
    },
  };
}

describe('applying the changes of a worktree', () => {
  it('brings each kind of change into the files of the user, and into nothing else', async () => {
    await using repository = await GitRepository.of({
      'deep er/ä.txt': 'no end of line',
      'deleted.txt': 'x\n',
      'moved.txt': 'moved\n',
      'script.sh': '#!/bin/sh\n',
    });
    const head = await repository.git('rev-parse', 'HEAD');
    const worktree = await repository.worktree();
    const at = (name: string) => join(worktree.path, name);
    await writeFile(at('deep er/ä.txt'), 'still no end of line');
    await rm(at('deleted.txt'));
    await rename(at('moved.txt'), at('renamed.txt'));
    await chmod(at('script.sh'), 0o755);
    await writeFile(at('picture.bin'), Uint8Array.of(0, 1, 2, 255));
    await symlink('renamed.txt', at('link'));
    assert.deepEqual(await apply(worktree), {
      kind: 'applied',
      files: ['deep er/ä.txt', 'deleted.txt', 'link', 'moved.txt', 'picture.bin', 'renamed.txt', 'script.sh'],
    });
    assert.equal(await repository.read('deep er/ä.txt'), 'still no end of line');
    assert.equal(existsSync(repository.path('deleted.txt')), false);
    assert.equal(existsSync(repository.path('moved.txt')), false);
    assert.equal(await repository.read('renamed.txt'), 'moved\n');
    assert.equal((await stat(repository.path('script.sh'))).mode & 0o111, 0o111);
    assert.deepEqual(await readFile(repository.path('picture.bin')), Buffer.of(0, 1, 2, 255));
    assert.ok((await lstat(repository.path('link'))).isSymbolicLink());
    assert.equal(await readlink(repository.path('link')), 'renamed.txt');
    assert.equal(await repository.git('rev-parse', 'HEAD'), head);
    assert.equal(await repository.git('diff', '--cached', '--stat'), '', 'nothing is staged');
  });

  // T14: what git cannot write is found out halfway. What it ignores is no part of what it looks at before.
  it('puts everything back where writing breaks off, and says so', async () => {
    await using repository = await GitRepository.of({
      '.gitignore': '*.log\n',
      'a.txt': 'a\n',
      'd/x.txt': 'x\n',
      'gone.txt': 'gone\n',
    });
    const worktree = await repository.worktree();
    await chmod(repository.path('a.txt'), 0o640);
    await repository.write('d/own.log', 'of the user\n');
    await writeBelow(worktree.path, 'a.txt', 'changed\n');
    await writeBelow(worktree.path, 'deep/er/new.txt', 'new\n');
    await rm(join(worktree.path, 'gone.txt'));
    await rm(join(worktree.path, 'd'), { recursive: true });
    await writeBelow(worktree.path, 'd', 'a file now\n');
    await assert.rejects(apply(worktree), WorktreeFault);
    assert.equal(await repository.git('status', '--porcelain'), '');
    assert.equal(existsSync(repository.path('deep')), false);
    assert.equal((await stat(repository.path('a.txt'))).mode & 0o777, 0o640);
    assert.equal(await repository.read('d/own.log'), 'of the user\n');
    assert.equal((await changesIn(worktree)).length, 5, 'the changes are in the worktree still');
  });

  it('brings in what the child committed there as well', async () => {
    await using repository = await GitRepository.of({ 'a.txt': 'a\n' });
    const worktree = await repository.worktree();
    await writeFile(join(worktree.path, 'a.txt'), 'b\n');
    await runGit(worktree.path, 'commit', '--all', '--quiet', '-m', 'Of the child');
    assert.equal((await apply(worktree)).kind, 'applied');
    assert.equal(await repository.read('a.txt'), 'b\n');
  });

  it('of two children in different places of one file brings in both', async () => {
    await using repository = await GitRepository.of({ 'a.txt': lines() });
    const [first, second] = [await repository.worktree('1'), await repository.worktree('2')];
    await writeFile(join(first.path, 'a.txt'), lines([2, 'inserted\nfirst']));
    await writeFile(join(second.path, 'a.txt'), lines([30, 'second']));
    assert.equal((await apply(first)).kind, 'applied');
    assert.equal((await apply(second)).kind, 'applied');
    assert.equal(await repository.read('a.txt'), lines([2, 'inserted\nfirst'], [30, 'second']));
  });

  it('of two children in one place of a file brings in nothing of the second', async () => {
    await using repository = await GitRepository.of({ 'a.txt': lines(), 'b.txt': 'b\n' });
    const [first, second] = [await repository.worktree('1'), await repository.worktree('2')];
    await writeFile(join(first.path, 'a.txt'), lines([5, 'first']));
    await writeFile(join(second.path, 'a.txt'), lines([5, 'second']));
    await writeFile(join(second.path, 'b.txt'), 'second\n');
    assert.equal((await apply(first)).kind, 'applied');
    assert.deepEqual(await apply(second), { kind: 'conflict', files: ['a.txt'] });
    assert.equal(await repository.read('a.txt'), lines([5, 'first']));
    assert.equal(await repository.read('b.txt'), 'b\n');
    assert.equal(await readFile(join(second.path, 'b.txt'), 'utf8'), 'second\n');
  });

  it('keeps what the user changed meanwhile, staged or not, right beside it', async () => {
    await using repository = await GitRepository.of({ 'a.txt': lines() });
    await repository.write('a.txt', lines([20, 'before it began']));
    const worktree = await repository.worktree();
    await writeFile(join(worktree.path, 'a.txt'), lines([20, 'before it began'], [22, 'child']));
    const moved = `new\n`.repeat(60) + lines([18, 'staged'], [20, 'before it began']);
    await repository.write('a.txt', moved);
    await repository.git('add', 'a.txt');
    await repository.write('new.txt', 'untracked\n');
    assert.equal((await apply(worktree)).kind, 'applied');
    const after = `new\n`.repeat(60) + lines([18, 'staged'], [20, 'before it began'], [22, 'child']);
    assert.equal(await repository.read('a.txt'), after);
    assert.equal(await repository.git('show', ':a.txt'), moved.trimEnd(), 'the index is as the user left it');
    assert.equal(await repository.read('new.txt'), 'untracked\n');
  });

  it('merges what does not overlap also with a git that cannot merge trees', async () => {
    await using repository = await GitRepository.of({ 'a.txt': lines(), 'b.txt': 'b\n' });
    await using _old = await oldGit(repository.outside);
    const [first, second] = [await repository.worktree('1'), await repository.worktree('2')];
    await writeFile(join(first.path, 'a.txt'), lines([2, 'inserted\nfirst']));
    await writeFile(join(second.path, 'a.txt'), lines([2, 'in its place'], [30, 'second']));
    await writeFile(join(second.path, 'b.txt'), 'second\n');
    await repository.write('a.txt', lines([20, 'user']));
    assert.equal((await apply(first)).kind, 'applied');
    assert.equal(await repository.read('a.txt'), lines([2, 'inserted\nfirst'], [20, 'user']));
    assert.deepEqual(await apply(second), { kind: 'conflict', files: ['a.txt'] });
    assert.equal(await repository.read('b.txt'), 'b\n');
  });

  it('follows a file that the user renamed meanwhile', async () => {
    await using repository = await GitRepository.of({ 'a.txt': lines() });
    const worktree = await repository.worktree();
    await writeFile(join(worktree.path, 'a.txt'), lines([7, 'child']));
    await rename(repository.path('a.txt'), repository.path('b.txt'));
    assert.equal((await apply(worktree)).kind, 'applied');
    assert.equal(await repository.read('b.txt'), lines([7, 'child']));
    assert.equal(existsSync(repository.path('a.txt')), false);
  });

  it('conflicts where the user changed what it deleted, deleted what it changed, or made what it made', async () => {
    await using repository = await GitRepository.of({ 'a.txt': lines(), 'b.txt': lines() });
    const worktree = await repository.worktree();
    await rm(join(worktree.path, 'a.txt'));
    await writeFile(join(worktree.path, 'b.txt'), lines([1, 'child']));
    await writeFile(join(worktree.path, 'c.txt'), 'child\n');
    await repository.write('a.txt', lines([1, 'user']));
    await rm(repository.path('b.txt'));
    await repository.write('c.txt', 'user\n');
    assert.deepEqual(await apply(worktree), { kind: 'conflict', files: ['a.txt', 'b.txt', 'c.txt'] });
    assert.equal(await repository.read('c.txt'), 'user\n');
    assert.equal(existsSync(repository.path('b.txt')), false);
  });

  it('does nothing where it was done before, by hand or by an earlier try', async () => {
    await using repository = await GitRepository.of({ 'a.txt': 'a\n' });
    const worktree = await repository.worktree();
    await writeFile(join(worktree.path, 'a.txt'), 'b\n');
    await writeFile(join(worktree.path, 'new.txt'), 'new\n');
    assert.equal((await apply(worktree)).kind, 'applied');
    assert.deepEqual(await apply(worktree), { kind: 'applied', files: ['a.txt', 'new.txt'] });
    assert.equal(await repository.read('a.txt'), 'b\n');
  });

  it('writes over no file that git ignores', async () => {
    await using repository = await GitRepository.of({ 'a.txt': 'a\n', '.gitignore': 'secret.txt\n' });
    const worktree = await repository.worktree();
    await writeFile(join(worktree.path, '.gitignore'), '\n');
    await writeFile(join(worktree.path, 'secret.txt'), 'of the child\n');
    await repository.write('secret.txt', 'of the user\n');
    assert.equal((await apply(worktree)).kind, 'conflict');
    assert.equal(await repository.read('secret.txt'), 'of the user\n');
    assert.equal(await repository.read('.gitignore'), 'secret.txt\n');
  });

  it('brings in nothing where one of its files is busy', async () => {
    await using repository = await GitRepository.of({ 'a.txt': 'a\n', 'b.txt': 'b\n' });
    const worktree = await repository.worktree();
    await writeFile(join(worktree.path, 'a.txt'), 'child\n');
    await writeFile(join(worktree.path, 'b.txt'), 'child\n');
    const outcome = await applyChanges(worktree, (file) => Promise.resolve(file === 'b.txt'));
    assert.deepEqual(outcome, { kind: 'conflict', files: ['b.txt'] });
    assert.equal(await repository.read('a.txt'), 'a\n');
  });

  it('brings in nothing of a repository that the child made in the repository, and says so', async () => {
    await using repository = await GitRepository.of({ 'a.txt': 'a\n' });
    const worktree = await repository.worktree();
    await runGit(worktree.path, 'init', '--quiet', 'inner');
    await writeBelow(worktree.path, 'inner/x.txt', 'x');
    const inner = join(worktree.path, 'inner');
    await runGit(inner, 'add', '.');
    await runGit(inner, '-c', 'user.name=T', '-c', 'user.email=t@localhost', 'commit', '--quiet', '-m', 'Inner');
    assert.deepEqual(await apply(worktree), { kind: 'conflict', files: ['inner'] });
    assert.equal(existsSync(repository.path('inner')), false);
  });

  // T4
  it('brings in all but what git cannot carry over, and names that', async () => {
    await using repository = await GitRepository.of({ 'a.txt': 'a\n' });
    const worktree = await repository.worktree();
    await writeFile(join(worktree.path, 'a.txt'), 'child\n');
    await initRepository(join(worktree.path, 'inner'));
    const outcome = await apply(worktree);
    assert.ok(outcome.kind === 'partly');
    assert.deepEqual(outcome.files, ['a.txt']);
    assert.deepEqual(
      outcome.left.map(({ path }) => path),
      ['inner'],
    );
    assert.equal(await repository.read('a.txt'), 'child\n');
  });

  // T4
  it('brings in what lies outside of a sparse checkout', async () => {
    for (const patterns of [['a'], ['--no-cone', '/a/']]) {
      await using repository = await GitRepository.of({ 'a/x.txt': 'x\n', 'b/y.txt': 'y\n', 'b/z.txt': 'z\n' });
      await repository.git('sparse-checkout', 'set', ...patterns);
      const worktree = await repository.worktree();
      assert.deepEqual(await changesIn(worktree), []);
      await writeBelow(worktree.path, 'a/x.txt', 'child\n');
      await writeBelow(worktree.path, 'b/new.txt', 'child\n');
      await writeBelow(worktree.path, 'b/y.txt', 'child\n');
      await writeBelow(worktree.path, 'root.txt', 'child\n');
      const files = ['a/x.txt', 'b/new.txt', 'b/y.txt', 'root.txt'];
      assert.deepEqual(await apply(worktree), { kind: 'applied', files });
      for (const file of files) assert.equal(await repository.read(file), 'child\n');
      assert.equal(existsSync(repository.path('b/z.txt')), false);
      assert.equal(await repository.git('diff', '--cached', '--name-only'), '', 'nothing is staged');
    }
  });

  // T4
  it('names what it cannot delete, for a sparse checkout does not hold it', async () => {
    await using repository = await GitRepository.of({ 'a/x.txt': 'x\n', 'b/y.txt': 'y\n' });
    const worktree = await repository.worktree();
    await repository.git('sparse-checkout', 'set', 'a');
    await rm(join(worktree.path, 'b/y.txt'));
    await writeFile(join(worktree.path, 'a/x.txt'), 'child\n');
    const outcome = await apply(worktree);
    assert.ok(outcome.kind === 'partly');
    assert.deepEqual([outcome.files, outcome.left.map(({ path }) => path)], [['a/x.txt'], ['b/y.txt']]);
    assert.equal(await repository.read('a/x.txt'), 'child\n');
  });

  // T9
  it('keeps the permissions of files, but for those that the child changed', async () => {
    await using repository = await GitRepository.of({
      'a.txt': 'a\n',
      'private.txt': 'p\n',
      'run.sh': 'r\n',
      'link.txt': 'l\n',
    });
    await chmod(repository.path('a.txt'), 0o444);
    await chmod(repository.path('private.txt'), 0o600);
    await chmod(repository.path('run.sh'), 0o640);
    const worktree = await repository.worktree();
    const at = (name: string) => join(worktree.path, name);
    for (const name of ['a.txt', 'private.txt', 'run.sh', 'new.txt']) await writeFile(at(name), 'child\n');
    await chmod(at('run.sh'), 0o755);
    await chmod(at('new.txt'), 0o400);
    await rm(at('link.txt'));
    await symlink('a.txt', at('link.txt'));
    assert.equal((await apply(worktree)).kind, 'applied');
    const modes = ['a.txt', 'private.txt', 'run.sh', 'new.txt'].map(
      async (name) => (await stat(repository.path(name))).mode & 0o777,
    );
    assert.deepEqual(await Promise.all(modes), [0o444, 0o600, 0o750, 0o400]);
    assert.equal(await readlink(repository.path('link.txt')), 'a.txt');
    assert.equal(await repository.read('a.txt'), 'child\n');
  });

  // T14
  it('names the file of the user where a file meets a folder', async () => {
    await using repository = await GitRepository.of({ 'a.txt': 'a\n' });
    const worktree = await repository.worktree();
    await writeFile(join(worktree.path, 'd'), 'a file\n');
    await repository.write('d/x.txt', 'in a folder\n');
    assert.deepEqual(await apply(worktree), { kind: 'conflict', files: ['d'] });
  });

  it('keeps the line ends of the user', async () => {
    await using repository = await GitRepository.of({ 'a.txt': lines(), 'crlf in git.txt': 'a\r\nb\r\nc\r\n' });
    await repository.git('config', 'core.autocrlf', 'true');
    await rm(repository.path('a.txt'));
    await repository.git('checkout', 'a.txt');
    const crlf = (text: string) => text.replaceAll('\n', '\r\n');
    assert.equal(await repository.read('a.txt'), crlf(lines()));
    const worktree = await repository.worktree();
    await writeFile(join(worktree.path, 'a.txt'), crlf(lines([3, 'child'])));
    await writeFile(join(worktree.path, 'crlf in git.txt'), 'a\r\nchild\r\nc\r\n');
    await writeFile(join(worktree.path, 'new.txt'), 'x\r\ny\r\n');
    await repository.write('a.txt', crlf(lines([30, 'user'])));
    assert.deepEqual(await apply(worktree), { kind: 'applied', files: ['a.txt', 'crlf in git.txt', 'new.txt'] });
    assert.equal(await repository.read('a.txt'), crlf(lines([3, 'child'], [30, 'user'])));
    assert.equal(await repository.read('crlf in git.txt'), 'a\r\nchild\r\nc\r\n');
    assert.equal(await repository.read('new.txt'), 'x\r\ny\r\n');
  });

  it("is not led astray by the user's settings for diffs and patches", async () => {
    await using repository = await GitRepository.of({
      'a.txt': 'a  \n',
      '.gitattributes': '*.bin diff=hex\n',
      'x.bin': 'x\n',
    });
    for (const setting of [
      'apply.whitespace=fix',
      'apply.ignoreWhitespace=change',
      'diff.noprefix=true',
      'diff.external=false',
      'diff.hex.textconv=hexdump',
      'color.ui=always',
      'diff.algorithm=patience',
      'core.safecrlf=true',
      'commit.gpgSign=true',
    ]) {
      const [key = '', value = ''] = setting.split('=');
      await repository.git('config', key, value);
    }
    const worktree = await repository.worktree();
    await writeFile(join(worktree.path, 'a.txt'), 'b  \n  \n');
    await writeFile(join(worktree.path, 'x.bin'), 'y\n');
    assert.equal((await apply(worktree)).kind, 'applied');
    assert.equal(await repository.read('a.txt'), 'b  \n  \n');
    assert.equal(await repository.read('x.bin'), 'y\n');
  });
});
