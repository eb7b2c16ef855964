import assert from 'node:assert/strict';
import { chmod } from 'node:fs/promises';
import fc from 'fast-check';
import { FileSearch } from '../../../src/tools/fileSearch';
import { findRipgrep } from '../../../src/tools/ripgrep';
import { ripgrepOfTests } from './ripgrepOfTests';
import { TemporaryWorkspace } from './temporaryWorkspace';

describe('A search', () => {
  // S19
  it('without ripgrep is ended whatever its pattern keeps it busy with, by its limit and by the turn', async () => {
    await using project = await TemporaryWorkspace.of({ 'a.txt': `${'a'.repeat(40)}b\n` });
    const within = [await project.workspace.resolve('.', 'read')];
    const query = { pattern: '(a+)+$', isRegex: true, caseSensitive: true };
    const search = new FileSearch([], 300);
    const path = process.env['PATH'];
    process.env['PATH'] = '';
    try {
      const { matches, stopped } = await search.search(query, within, new AbortController().signal);
      assert.deepEqual([matches, stopped], [[], 'time']);
      const turn = new AbortController();
      const running = new FileSearch([]).search(query, within, turn.signal);
      setImmediate(() => turn.abort());
      await assert.rejects(running, { name: 'AbortError' });
    } finally {
      process.env['PATH'] = path;
    }
  });

  // T7, T8
  it('has the same answers with ripgrep and without', async function () {
    const ripgrep = await ripgrepOfTests();
    if (ripgrep === undefined) this.skip();
    this.timeout(60_000);
    const word = (pieces: readonly string[], maxLength: number) =>
      fc.array(fc.constantFrom(...pieces), { maxLength }).map((all) => all.join(''));
    const content = word(['a', 'b', 'A', ' ', '\n', '\r\n', '.', 'é', '\n\n'], 14);
    const name = fc.constantFrom('a.txt', 'b.ts', 'sub/c.txt', 'sub/deep/d.ts', '.gitignore', 'sub/.gitignore');
    const rules = word(['a.txt\n', '*.ts\n', '!b.ts\n', 'sub\n', '/deep\n', 'deep/\n', '!*\n'], 3);
    const files = fc.dictionary(name, fc.tuple(fc.constantFrom('', '\uFEFF'), content, rules), { maxKeys: 5 });
    const literal = word(['a', 'b', '.', '\n', ' ', 'é'], 3).filter((pattern) => pattern !== '');
    const expression = word(['a', 'b', '.', '^', '$', '\\n', '[^b]', 'b?', 'a+', '(a|b)', '\\s'], 4).filter(
      (p) => p !== '',
    );
    const query = fc.oneof(
      fc.record({ pattern: literal, isRegex: fc.constant(false), caseSensitive: fc.boolean() }),
      fc.record({ pattern: expression, isRegex: fc.constant(true), caseSensitive: fc.boolean() }),
    );
    const path = process.env['PATH'];
    process.env['PATH'] = '';
    try {
      await fc.assert(
        fc.asyncProperty(files, query, async (contents, asked) => {
          const given = Object.entries(contents).map(([file, [mark, text, rule]]) => [
            file,
            file.endsWith('ignore') ? rule : mark + text,
          ]);
          await using project = await TemporaryWorkspace.of(Object.fromEntries(given) as Record<string, string>);
          const within = [await project.workspace.resolve('.', 'read')];
          const { signal } = new AbortController();
          const [fast, slow] = [new FileSearch([ripgrep]), new FileSearch([])];
          assert.deepEqual(await slow.search(asked, within, signal), await fast.search(asked, within, signal));
          assert.deepEqual(await slow.files(within, '**', signal), await fast.files(within, '**', signal));
        }),
        { numRuns: Number(process.env['SEARCH_RUNS'] ?? 60) },
      );
    } finally {
      process.env['PATH'] = path;
    }
  });

  // T7
  // T7
  it('says so where a pattern means something to ripgrep alone', async () => {
    await using project = await TemporaryWorkspace.of({ 'a.txt': 'foo\n' });
    const { PATH: path } = process.env;
    process.env['PATH'] = '';
    try {
      for (const pattern of ['\\Afoo', 'foo\\z', '[[:alpha:]]+', '\\x{66}oo', '\\Qfoo\\E', '\\p{Cyr}', '(?i)foo']) {
        const { status, text } = await project.agent.call('search_text', { pattern, regex: true });
        assert.equal(status, 'error', `${pattern}: ${text}`);
      }
    } finally {
      process.env['PATH'] = path;
    }
  });

  it('does not run a ripgrep that is for another machine', async () => {
    await using project = await TemporaryWorkspace.of({ 'a.txt': 'alpha' });
    const elf = Buffer.concat([
      Buffer.from('\x7fELF\x02\x01\x01'),
      Buffer.alloc(11),
      Buffer.from([0xfe, 0xff]),
      Buffer.alloc(200),
    ]);
    await project.write('rg', elf);
    await chmod(project.path('rg'), 0o755);
    assert.equal(await findRipgrep([project.path('rg')], ''), undefined);
  });

  it('falls back where a program says 2 and is no ripgrep', async () => {
    await using broken = await TemporaryWorkspace.of({ rg: '#!/bin/sh\necho "syntax error" >&2\nexit 2\n' });
    await chmod(broken.path('rg'), 0o755);
    await using project = await TemporaryWorkspace.of({ 'a.txt': 'alpha' }, [broken.path('rg')]);
    assert.match((await project.agent.call('search_text', { pattern: 'alpha' })).text, /1 match in 1 file$/);
    assert.equal((await project.agent.call('find_files', { pattern: '*.txt' })).text, 'a.txt');
  });
});
