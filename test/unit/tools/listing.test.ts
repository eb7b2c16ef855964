import assert from 'node:assert/strict';
import { symlink } from 'node:fs/promises';
import { TemporaryWorkspace } from './temporaryWorkspace';

describe('list_files', () => {
  const list = async (project: TemporaryWorkspace, path?: string) =>
    (await project.agent.call('list_files', path === undefined ? {} : { path })).text.split('\n');

  it('shows one level, folders first and marked, without what git ignores', async () => {
    await using project = await TemporaryWorkspace.of({
      'b.ts': '',
      'a/deep/x.ts': '',
      '.env': '',
      '.git/config': '',
      'out/x.js': '',
      '.gitignore': 'out\n',
    });
    await symlink('a', project.path('link'));
    for (const path of [undefined, '.', '/']) {
      const lines = ['a/', 'link/', '.env', '.gitignore', 'b.ts', '[1 more, left out by .gitignore.]'];
      assert.deepEqual(await list(project, path), lines);
    }
    assert.deepEqual(await list(project, 'a'), ['deep/']);
    assert.deepEqual(await list(project, 'out'), ['x.js']);
  });

  it('says what it can not list', async () => {
    await using project = await TemporaryWorkspace.of({ 'a.ts': '' });
    assert.deepEqual(await list(project, 'missing'), ['There is no folder missing.']);
    assert.deepEqual(await list(project, 'a.ts'), ['a.ts is a file; read_file shows it.']);
    assert.match((await list(project, '..'))[0] ?? '', /outside the workspace/);
  });

  it('shows the open folders where there are several', async () => {
    await using project = await TemporaryWorkspace.of({ 'one/a.ts': '', 'two/b.ts': '' });
    const folders = ['one', 'two'].map((name) => ({ name, path: project.path(name) }));
    project.host.currentAccess = { folders };
    assert.deepEqual(await list(project), ['one/', 'two/']);
    assert.deepEqual(await list(project, 'two'), ['b.ts']);
  });

  it('shows a bounded number of entries and counts the rest', async () => {
    const files = Object.fromEntries(Array.from({ length: 1002 }, (_, index) => [`file${index}`, '']));
    await using project = await TemporaryWorkspace.of(files);
    const lines = await list(project);
    assert.deepEqual([lines.length, lines.at(-1)], [1001, '[2 more entries; find_files narrows it down.]']);
  });
});

describe('find_files', () => {
  const files = {
    'README.md': '',
    'src/a.ts': '',
    'src/a.test.ts': '',
    'src/deep/b.ts': '',
    '.github/x.ts': '',
    '.git/y.ts': '',
    'node_modules/z.ts': '',
    '.gitignore': 'node_modules\n',
  };
  const find = async (project: TemporaryWorkspace, input: object) =>
    (await project.agent.call('find_files', input)).text.split('\n');

  it('finds by name anywhere, and by path', async () => {
    await using project = await TemporaryWorkspace.of(files);
    assert.deepEqual(await find(project, { pattern: '*.ts' }), [
      '.github/x.ts',
      'src/a.test.ts',
      'src/a.ts',
      'src/deep/b.ts',
    ]);
    assert.deepEqual(await find(project, { pattern: 'src/*.ts' }), ['src/a.test.ts', 'src/a.ts']);
    assert.deepEqual(await find(project, { pattern: './src/**/{b,c}.ts' }), ['src/deep/b.ts']);
    assert.deepEqual(await find(project, { pattern: 'deep/*', path: 'src' }), ['src/deep/b.ts']);
    assert.deepEqual(await find(project, { pattern: 'src/deep/' }), ['src/deep/b.ts']);
    assert.deepEqual(await find(project, { pattern: '*.py' }), ['No file matches *.py.']);
  });

  it('says what it can not look into', async () => {
    await using project = await TemporaryWorkspace.of(files);
    assert.deepEqual(await find(project, { pattern: '*', path: 'missing' }), ['There is no missing.']);
    assert.match((await find(project, { pattern: '*', path: 'README.md' }))[0] ?? '', /is not a folder/);
  });

  it('minds the .gitignore of folders above the one it looks in', async () => {
    await using project = await TemporaryWorkspace.of({ '.gitignore': '*.log\n', 'src/a.log': '', 'src/b.txt': '' });
    assert.deepEqual(await find(project, { pattern: '*', path: 'src' }), ['src/b.txt']);
  });

  it('shows a bounded number and counts the rest', async () => {
    const many = Object.fromEntries(Array.from({ length: 503 }, (_, index) => [`file${index}`, '']));
    await using project = await TemporaryWorkspace.of(many);
    const lines = await find(project, { pattern: 'file*' });
    assert.deepEqual([lines.length, lines.at(-1)], [501, '[3 more; narrow the pattern or the path.]']);
  });
});

describe('get_problems', () => {
  it('shows problems in order, of all files or below a path', async () => {
    await using project = await TemporaryWorkspace.of({ 'src/a.ts': '', 'b.ts': '' });
    const problem = { line: 3, column: 5, severity: 'error', message: 'Wrong\n  type', source: 'ts' } as const;
    project.host.diagnostics.push(
      { ...problem, path: project.path('src/a.ts') },
      { path: project.path('b.ts'), line: 1, column: 1, severity: 'warning', message: 'Unused' },
      { ...problem, path: project.path('src/a.ts'), line: 2 },
      { ...problem, path: '/elsewhere/c.ts' },
    );
    const ofSrc = ['src/a.ts:2:5 error Wrong type (ts)', 'src/a.ts:3:5 error Wrong type (ts)'];
    const all = await project.agent.call('get_problems', {});
    assert.deepEqual(all.text.split('\n'), ['b.ts:1:1 warning Unused', ...ofSrc]);
    const below = await project.agent.call('get_problems', { path: 'src' });
    assert.deepEqual(below.text.split('\n'), ofSrc);
    assert.equal((await project.agent.call('get_problems', { path: 'missing.ts' })).text, 'No problems.');
  });
});
