import assert from 'node:assert/strict';
import { chmod, rm, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join, relative } from 'node:path';
import { execa } from 'execa';
import { findRipgrep } from '../../../src/tools/ripgrep';
import { ripgrepOfTests } from './ripgrepOfTests';
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

    // T7
    it('finds a pattern that holds a line end, in files with either kind of it', async () => {
      const files = { 'lf.txt': 'foo\nbar\nfoo bar\n', 'crlf.txt': 'x\r\nfoo\r\nbar\r\n' };
      const both = ['crlf.txt:2: foo', 'bar', 'lf.txt:1: foo', 'bar', '2 matches in 2 files'];
      const shown = async (input: object) => (await search(input, files)).map((line) => line.trimEnd());
      assert.deepEqual(await shown({ pattern: 'foo\nbar' }), both);
      assert.deepEqual(await shown({ pattern: 'foo\r\nbar' }), both);
      assert.deepEqual(await shown({ pattern: 'foo\\nbar', regex: true }), both);
      assert.deepEqual(await shown({ pattern: 'fo+\\s+bar$\\n', regex: true }), [
        ...both.slice(0, 4),
        'lf.txt:3: foo bar',
        '3 matches in 2 files',
      ]);
    });

    // T8
    it('takes the end of a line for its end, whatever stands there', async () => {
      const files = { 'a.txt': 'foo\r\nbar\r\n', 'b.txt': 'foo\nbar' };
      assert.equal((await search({ pattern: 'foo$', regex: true }, files)).at(-1), '2 matches in 2 files');
      assert.equal((await search({ pattern: '^bar$', regex: true }, files)).at(-1), '2 matches in 2 files');
    });

    // T15
    it('shows the piece of a long line that the match is in', async () => {
      const [line = ''] = await search(
        { pattern: 'needle' },
        { 'a.txt': `${'x'.repeat(5000)}needle${'😀'.repeat(3000)}` },
      );
      assert.match(line, /^a\.txt:1: \[4900 characters …\] x{100}needle/);
      assert.ok(line.length < 500 && line.isWellFormed());
    });

    // T16
    it('leaves out what list_files leaves out, and nothing else', async () => {
      const files = {
        '.ignore': 'a.txt',
        '.rgignore': 'a.txt',
        'a.txt': 'alpha',
        'b.txt': 'alpha',
        '.gitignore': 'b.txt',
      };
      await using project = await TemporaryWorkspace.of(files, candidates);
      const found = (await project.agent.call('search_text', { pattern: 'alpha' })).text;
      assert.equal(found, 'a.txt:1: alpha\n1 match in 1 file');
      assert.match((await project.agent.call('list_files', {})).text, /\na\.txt\n\[1 more, left out/);
      assert.equal((await project.agent.call('find_files', { pattern: '*.txt' })).text, 'a.txt');
    });

    // T17
    it('takes a list of globs, and globs that exclude', async () => {
      assert.equal((await search({ pattern: 'alpha', glob: '*.css,*.yml' })).at(-1), '2 matches in 2 files');
      assert.equal((await search({ pattern: 'alpha', glob: '!*.ts' })).at(-1), '3 matches in 3 files');
    });

    // T18
    it('does not repeat a long pattern where it is not valid', async () => {
      for (const pattern of [`${'a'.repeat(9000)}(`, `(${'b'.repeat(9000)}`, `[${'z-a'.repeat(300)}`]) {
        const [answer = ''] = await search({ pattern, regex: true });
        assert.match(answer, /not a valid regular expression/);
        assert.ok(answer.length < 300, answer);
      }
      assert.ok((await search({ pattern: 'x'.repeat(140_000) })).join().length < 300);
    });

    // T7
    it('finds a lone carriage return, and says that no text holds a NUL', async () => {
      await using project = await TemporaryWorkspace.of({ 'old.txt': 'foo\rbar\n', 'a.txt': 'foo\nbar\n' }, candidates);
      const search = async (input: unknown) => (await project.agent.call('search_text', input)).text;
      for (const input of [{ pattern: 'o\rb' }, { pattern: 'o\rb', regex: true }, { pattern: 'o\\rb', regex: true }]) {
        assert.match(await search(input), /^old\.txt:1: .*\n1 match in 1 file$/s);
      }
      assert.match(await search({ pattern: 'foo\0' }), /^The pattern holds a NUL/);
    });

    // S10
    it('is not held up by rules that are no plain file', async () => {
      await using project = await TemporaryWorkspace.of({ 'a.txt': 'alpha' }, candidates);
      for (const device of ['/dev/zero', '/dev/tty']) {
        await rm(project.path('.gitignore'), { force: true });
        await symlink(device, project.path('.gitignore'));
        assert.match((await project.agent.call('search_text', { pattern: 'alpha' })).text, /1 match in 1 file$/);
        assert.equal((await project.agent.call('find_files', { pattern: '*.txt' })).text, 'a.txt');
        assert.match((await project.agent.call('list_files', {})).text, /a\.txt/);
      }
      await rm(project.path('.gitignore'));
      await execa('/usr/bin/env', ['mkfifo', project.path('.gitignore'), project.path('pipe')], {
        env: { PATH: '/usr/bin:/bin' },
      });
      assert.match((await project.agent.call('search_text', { pattern: 'alpha' })).text, /1 match in 1 file$/);
      assert.match((await project.agent.call('list_files', {})).text, /a\.txt/);
      const pipe = await project.agent.call('search_text', { pattern: 'alpha', path: 'pipe' });
      assert.match(pipe.text, /Not looked at: pipe \(not a regular file\)/);
    });

    // T7
    it('says what it could not look at', async function () {
      if (process.platform === 'win32') this.skip();
      if (process.getuid?.() === 0) process.seteuid?.(65_534);
      try {
        await using project = await TemporaryWorkspace.of(
          { 'a.txt': 'x', 'shut/b.txt': 'alpha', 'c.txt': 'alpha' },
          candidates,
        );
        await chmod(project.path('shut'), 0);
        await chmod(project.path('c.txt'), 0);
        try {
          const { text } = await project.agent.call('search_text', { pattern: 'alpha' });
          assert.match(text, /Not looked at: (shut|c\.txt) \(.*, (shut|c\.txt) \(.*\n0 matches in 0 files$/);
          const found = await project.agent.call('find_files', { pattern: 'b.txt' });
          assert.match(found.text, /^No file matches b\.txt\.\n\[Not looked at: shut \(/);
        } finally {
          await chmod(project.path('shut'), 0o755);
        }
      } finally {
        if (process.getuid?.() === 0) process.seteuid?.(0);
      }
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
    // S9
    const here = relative(process.cwd(), project.path('bin'));
    assert.equal(await findRipgrep([], [here, '', '.'].join(delimiter)), undefined);
    assert.equal(await findRipgrep([], [here, project.path('bin')].join(delimiter)), project.path('bin/rg'));
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
