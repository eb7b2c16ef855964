import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { chmod, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findRipgrep, ripgrepInVsCode } from '../../../src/tools/ripgrep';
import { TemporaryWorkspace } from './temporaryWorkspace';

const FILES = {
  '.gitignore': 'ignored/\n*.log\n',
  'a.ts': 'const Alpha = 1;\nalpha(); // a.b\n',
  'src/b.ts': 'beta;\r\nalpha: path\r\n',
  'src/nested/c.css': '.alpha {}\n',
  'src/.gitignore': '*.gen.ts\n!keep.log\n',
  'src/x.gen.ts': 'alpha',
  'src/keep.log': 'alpha kept\n',
  'debug.log': 'alpha',
  'ignored/d.ts': 'alpha in ignored\n',
  '.github/flow.yml': 'alpha: hidden\n',
  '.git/config': 'alpha',
};

/** The folders in which `npm test` may have put a VS Code, with its ripgrep. */
async function ripgrepOfTests(): Promise<string | undefined> {
  const roots = globSync(
    '.vscode-test/{node_modules/code-server/lib/vscode,*/resources/app,*/*.app/Contents/Resources/app}',
  );
  return findRipgrep(roots.flatMap(ripgrepInVsCode), process.env['PATH'] ?? '');
}

/** The same promises, whichever engine keeps them. */
function describeSearch(name: string, engine: () => Promise<string | undefined>): void {
  describe(`search_text with ${name}`, () => {
    let candidates: string[] = [];
    const searchPath = process.env['PATH'];

    before(async function () {
      const found = await engine();
      if (found === undefined && name === 'ripgrep') this.skip();
      candidates = found === undefined ? [] : [found];
      // A ripgrep of the machine's own would come in here.
      if (found === undefined) process.env['PATH'] = '';
    });
    after(() => {
      process.env['PATH'] = searchPath;
    });

    async function search(input: object, files: Record<string, string> = FILES) {
      await using project = await TemporaryWorkspace.of(files, candidates);
      const { text } = await project.agent.call('search_text', input);
      return text.split('\n');
    }

    it('finds a text in every file that git would show, in order, and counts', async () => {
      assert.deepEqual(await search({ pattern: 'alpha' }), [
        '.github/flow.yml:1: alpha: hidden',
        'a.ts:1: const Alpha = 1;',
        'a.ts:2: alpha(); // a.b',
        'src/b.ts:2: alpha: path',
        'src/keep.log:1: alpha kept',
        'src/nested/c.css:1: .alpha {}',
        '6 matches in 5 files',
      ]);
    });

    it('tells upper from lower case where asked to', async () => {
      assert.deepEqual(await search({ pattern: 'Alpha', caseSensitive: true }), [
        'a.ts:1: const Alpha = 1;',
        '1 match in 1 file',
      ]);
    });

    it('takes the pattern as it stands, or as a regular expression', async () => {
      assert.deepEqual(await search({ pattern: 'a.b' }), ['a.ts:2: alpha(); // a.b', '1 match in 1 file']);
      assert.deepEqual((await search({ pattern: '^a\\w+[:(]', regex: true })).at(-1), '3 matches in 3 files');
      assert.match((await search({ pattern: '(', regex: true }))[0] ?? '', /not a valid regular expression/);
    });

    it('takes a pattern that looks like an option as a pattern', async () => {
      assert.deepEqual(await search({ pattern: '--files' }), ['0 matches in 0 files']);
    });

    it('looks only where the path and the glob say, ignored files left out still', async () => {
      assert.deepEqual((await search({ pattern: 'alpha', path: 'src' })).at(-1), '3 matches in 3 files');
      assert.deepEqual((await search({ pattern: 'alpha', path: 'a.ts' })).at(-1), '2 matches in 1 file');
      assert.deepEqual((await search({ pattern: 'alpha', glob: '*.ts' })).at(-1), '3 matches in 2 files');
      assert.deepEqual((await search({ pattern: 'alpha', glob: 'src/**/*.{css,ts}' })).at(-1), '2 matches in 2 files');
      assert.deepEqual((await search({ pattern: 'alpha', path: 'src', glob: 'nested/*' })).at(-1), '1 match in 1 file');
      assert.deepEqual(await search({ pattern: 'alpha', path: 'missing' }), ['There is no missing.']);
      assert.match((await search({ pattern: 'alpha', path: '..' }))[0] ?? '', /outside the workspace/);
    });

    it('looks into an ignored folder that is asked for by name', async () => {
      assert.deepEqual(await search({ pattern: 'alpha', path: 'ignored' }), [
        'ignored/d.ts:1: alpha in ignored',
        '1 match in 1 file',
      ]);
    });

    it('does not follow links, and leaves binary files out', async () => {
      await using project = await TemporaryWorkspace.of({}, candidates);
      await writeFile(join(project.outside, 'secret'), 'alpha');
      await symlink(project.outside, project.path('link'));
      await project.write('binary', Buffer.from('\0alpha\n'));
      assert.equal((await project.agent.call('search_text', { pattern: 'alpha' })).text, '0 matches in 0 files');
    });

    it('shows a bounded number of matches of a bounded length, and counts all', async () => {
      const lines = await search(
        { pattern: 'alpha' },
        { 'a.txt': `${'alpha '.repeat(1000)}\n${'alpha\n'.repeat(999)}` },
      );
      assert.equal(lines.length, 202);
      assert.match(lines[0] ?? '', /\[… 5600 characters more\]$/);
      assert.deepEqual(lines.slice(200), [
        '[800 more are not shown; narrow the pattern, the path or the glob.]',
        '1000 matches in 1 file',
      ]);
    });

    it('stops where there is no end of matches', async () => {
      const lines = await search({ pattern: 'a' }, { 'a.txt': 'a\n'.repeat(50_000) });
      assert.equal(lines.at(-1), '20000 matches in 1 file so far; the search was stopped there');
    });

    it('names the folder where several are open', async () => {
      await using project = await TemporaryWorkspace.of({ 'one/src/a.ts': 'alpha', 'two/a.ts': 'alpha' }, candidates);
      const folders = ['one', 'two'].map((folder) => ({ name: folder, path: project.path(folder) }));
      project.host.currentAccess = { folders };
      const found = await project.agent.call('search_text', { pattern: 'alpha', glob: '**/a.ts' });
      assert.equal(found.text, 'one/src/a.ts:1: alpha\ntwo/a.ts:1: alpha\n2 matches in 2 files');
      const inOne = await project.agent.call('search_text', { pattern: 'alpha', glob: 'src/*.ts' });
      assert.equal(inOne.text, 'one/src/a.ts:1: alpha\n1 match in 1 file');
    });

    it('ends when the turn is interrupted', async () => {
      await using project = await TemporaryWorkspace.of(FILES, candidates);
      const turn = new AbortController();
      const call = project.agent.call('search_text', { pattern: 'alpha' }, turn.signal);
      turn.abort();
      assert.equal((await call).status, 'interrupted');
    });
  });
}

describeSearch('ripgrep', ripgrepOfTests);
describeSearch('JavaScript', async () => undefined);

describe('Finding ripgrep', () => {
  it('takes the first candidate that can be run, then PATH', async () => {
    await using project = await TemporaryWorkspace.of({ 'one/rg': '', 'two/rg': '', 'bin/rg': '' });
    await chmod(project.path('two/rg'), 0o755);
    await chmod(project.path('bin/rg'), 0o755);
    const find = (...names: string[]) =>
      findRipgrep(
        names.map((name) => project.path(name)),
        project.path('bin'),
      );
    assert.equal(await find('missing/rg', 'one/rg', 'two/rg'), project.path('two/rg'));
    assert.equal(await find('missing/rg'), project.path('bin/rg'));
    assert.equal(await findRipgrep([], ''), undefined);
  });

  it('falls back to JavaScript where the ripgrep that was found does not run', async () => {
    await using broken = await TemporaryWorkspace.of({ rg: 'not a program' });
    await chmod(broken.path('rg'), 0o755);
    await using project = await TemporaryWorkspace.of({ 'a.txt': 'alpha' }, [broken.path('rg')]);
    assert.equal(
      (await project.agent.call('search_text', { pattern: 'alpha' })).text,
      'a.txt:1: alpha\n1 match in 1 file',
    );
  });
});
