import assert from 'node:assert/strict';
import { chmod, chown, link, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import fc from 'fast-check';
import type { FileLedger } from '../../../src/agent/tool';
import { firstUnseen, noteLinesSeen, seenAfter } from '../../../src/tools/fileKnowledge';
import { PATH_TOO_LONG } from '../../../src/tools/confinement';
import { readOnlySentence } from '../../../src/tools/fileBytes';
import { replaceAll } from '../../../src/tools/replacements';
import { TemporaryWorkspace } from './temporaryWorkspace';

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join('');
const text = (project: TemporaryWorkspace, path: string) => readFile(project.path(path), 'utf8');
const call = async (project: TemporaryWorkspace, name: string, input: object) => {
  const result = await project.agent.call(name, input);
  return `${result.status}: ${result.text}`;
};

describe('A file that was read in part', () => {
  // T6
  it('is not replaced as a whole, and its unread lines are named', async () => {
    await using project = await TemporaryWorkspace.of({ 'x.ts': numbered(200) });
    const write = () => call(project, 'write_file', { path: 'x.ts', content: 'new\n' });
    await call(project, 'read_file', { path: 'x.ts', endLine: 3 });
    assert.match(await write(), /^error: You have not read all of x\.ts \(lines 4-200 not/);
    await call(project, 'read_file', { path: 'x.ts', startLine: 150 });
    assert.match(await write(), /lines 4-149 not/);
    assert.equal(await text(project, 'x.ts'), numbered(200));
    await call(project, 'read_file', { path: 'x.ts', startLine: 4, endLine: 149 });
    assert.match(await write(), /^ok: Changed/);
    assert.match(await call(project, 'write_file', { path: 'x.ts', content: 'newer\n' }), /^ok/);
  });

  it('is one too where reading was cut, in lines or within a line', async () => {
    await using project = await TemporaryWorkspace.of({
      'long.txt': `${'y'.repeat(3000)}\n`.repeat(50),
      'wide.txt': `a\n${'x'.repeat(5000)}\nb\n`,
    });
    for (const path of ['long.txt', 'wide.txt']) {
      await call(project, 'read_file', { path });
      assert.match(await call(project, 'write_file', { path, content: 'new' }), /^error: You have not read all of/);
    }
  });

  it('is not known by what a search showed of it', async () => {
    await using project = await TemporaryWorkspace.of({ 'a.txt': 'one\n' });
    await call(project, 'search_text', { pattern: 'one' });
    assert.match(await call(project, 'write_file', { path: 'a.txt', content: 'two\n' }), /not read a\.txt yet/);
  });

  it('can be edited, and what was read of it stays known', async () => {
    await using project = await TemporaryWorkspace.of({ 'x.ts': numbered(10) });
    await call(project, 'read_file', { path: 'x.ts', endLine: 5 });
    const edits = [{ search: 'line 2\n', replace: '2a\n2b\n2c\n' }];
    assert.match(await call(project, 'edit_file', { path: 'x.ts', edits }), /^ok/);
    assert.match(await call(project, 'write_file', { path: 'x.ts', content: 'new' }), /lines 8-12 not/);
    await call(project, 'read_file', { path: 'x.ts', startLine: 8 });
    assert.match(await call(project, 'write_file', { path: 'x.ts', content: 'new' }), /^ok/);
  });

  it('forgets what was read of another text', () => {
    const ledger: FileLedger = new Map();
    noteLinesSeen(ledger, 'a', 'one', [{ first: 1, last: 5 }]);
    noteLinesSeen(ledger, 'a', 'two', [{ first: 6, last: 6 }]);
    assert.deepEqual(ledger.get('a'), { hash: 'two', seen: [{ first: 6, last: 6 }] });
  });

  it('never counts a line as seen that was neither read nor written', () => {
    const places = fc.array(fc.constantFrom('keep', 'drop', 'change', 'insert'), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(places, fc.integer({ min: 1, max: 10 }), fc.nat(10), (edits, first, length) => {
        const before = edits.map((_, index) => `old ${index + 1}`);
        const after = edits.flatMap((edit, index) =>
          edit === 'drop'
            ? []
            : edit === 'insert'
              ? [`new ${index}`, before[index]]
              : [edit === 'change' ? 'new' : before[index]],
        );
        const last = Math.min(first + length, before.length);
        const now = seenAfter([{ first, last }], before.join('\n'), after.join('\n'));
        const unseen = before.filter((_, index) => index + 1 < first || index + 1 > last);
        const knowsAll = firstUnseen({ hash: '', seen: now }, after.join('\n')) === undefined;
        if (knowsAll)
          assert.deepEqual(
            unseen.filter((line) => after.includes(line)),
            [],
          );
      }),
    );
  });
});

describe('Writing a file', () => {
  // T9
  it('refuses one that is read-only, without asking for approval', async () => {
    await using project = await TemporaryWorkspace.of({ 'a.txt': 'one\n' });
    await call(project, 'read_file', { path: 'a.txt' });
    await chmod(project.path('a.txt'), 0o444);
    const sentence = `error: ${readOnlySentence(await project.workspace.resolve('a.txt', 'write'))}`;
    const edits = [{ search: 'one', replace: 'two' }];
    assert.equal(await call(project, 'edit_file', { path: 'a.txt', edits }), sentence);
    assert.equal(await call(project, 'write_file', { path: 'a.txt', content: 'two' }), sentence);
    assert.deepEqual([await text(project, 'a.txt'), project.agent.asked.length], ['one\n', 0]);
  });

  it('leaves the file itself in its place, with its owner, its mode and its other names', async function () {
    await using project = await TemporaryWorkspace.of({ 'a.txt': 'one\n' });
    await link(project.path('a.txt'), project.path('b.txt'));
    await chmod(project.path('a.txt'), 0o640);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) await chown(project.path('a.txt'), 1000, 1000);
    const before = await stat(project.path('a.txt'));
    await call(project, 'read_file', { path: 'a.txt' });
    assert.match(await call(project, 'write_file', { path: 'a.txt', content: 'a longer text\n' }), /^ok/);
    assert.match(await call(project, 'write_file', { path: 'a.txt', content: 's\n' }), /^ok/);
    const after = await stat(project.path('a.txt'));
    assert.deepEqual([after.ino, after.uid, after.gid, after.mode], [before.ino, before.uid, before.gid, before.mode]);
    assert.equal(await text(project, 'b.txt'), 's\n');
    assert.deepEqual((await readdir(project.folder)).sort(), ['a.txt', 'b.txt']);
  });

  describe('as a user who may not do everything', () => {
    before(function () {
      if (process.platform === 'win32') this.skip();
      // The superuser may write anywhere: for these tests it is nobody.
      if (process.getuid?.() === 0) process.seteuid?.(65_534);
    });
    after(() => {
      if (process.getuid?.() === 0) process.seteuid?.(0);
    });

    it('works in a folder that is closed for new files, and names the folder where it does not', async () => {
      await using project = await TemporaryWorkspace.of({ 'closed/a.txt': 'one\n' });
      await chmod(project.path('closed'), 0o555);
      try {
        await call(project, 'read_file', { path: 'closed/a.txt' });
        assert.match(await call(project, 'write_file', { path: 'closed/a.txt', content: 'two\n' }), /^ok/);
        assert.equal(await text(project, 'closed/a.txt'), 'two\n');
        const refused = await call(project, 'write_file', { path: 'closed/b.txt', content: 'b' });
        assert.match(
          refused,
          /^error: closed\/b\.txt was not written: its folder closed may not be written to .*EACCES/,
        );
        const deeper = await call(project, 'write_file', { path: 'closed/new/b.txt', content: 'b' });
        assert.match(deeper, /^error: closed\/new\/b\.txt was not written: its folder closed\/new may not/);
      } finally {
        await chmod(project.path('closed'), 0o755);
      }
    });
  });

  it('says that a path is too long, in a sentence of its own', async () => {
    await using project = await TemporaryWorkspace.of({});
    for (const path of ['x'.repeat(300), `${'a/'.repeat(3000)}x`]) {
      for (const [tool, input] of [
        ['read_file', { path }],
        ['write_file', { path, content: 'x' }],
        ['list_files', { path }],
      ] as const) {
        assert.equal((await project.agent.call(tool, input)).text, PATH_TOO_LONG);
      }
    }
  });

  it('says that a part of the path is a file, and that a name is too long', async () => {
    await using project = await TemporaryWorkspace.of({ 'a.txt': '' });
    assert.match(
      await call(project, 'write_file', { path: 'a.txt/b.txt', content: 'b' }),
      /a part of its path is a file/,
    );
  });

  // T10
  it('leaves one byte order mark where there was one, and goes on without reading', async () => {
    await using project = await TemporaryWorkspace.of({ 'old.txt': '\uFEFFold\n' });
    await call(project, 'read_file', { path: 'old.txt' });
    await call(project, 'write_file', { path: 'old.txt', content: '\uFEFFnew\n' });
    assert.equal(await text(project, 'old.txt'), '\uFEFFnew\n');
    const first = [{ search: '\uFEFFnew', replace: '\uFEFF\uFEFFnewer' }];
    assert.match(await call(project, 'edit_file', { path: 'old.txt', edits: first }), /^ok/);
    assert.equal(await text(project, 'old.txt'), '\uFEFFnewer\n');
    await call(project, 'write_file', { path: 'new.txt', content: '\uFEFFone\n' });
    const edits = [{ search: 'one', replace: 'two' }];
    assert.match(await call(project, 'edit_file', { path: 'new.txt', edits }), /^ok/);
    assert.equal(await text(project, 'new.txt'), '\uFEFFtwo\n');
  });

  it('goes on without reading after whatever text it wrote', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('\uFEFF', '\ud83d', '\ude00', '\r\n', '\n', '\r', 'é', 'e\u0301', 'x'), {
          maxLength: 12,
        }),
        async (pieces) => {
          await using project = await TemporaryWorkspace.of({});
          await call(project, 'write_file', { path: 'a.txt', content: `${pieces.join('')}END` });
          const edits = [{ search: 'END', replace: 'end' }];
          assert.match(await call(project, 'edit_file', { path: 'a.txt', edits }), /^ok/);
        },
      ),
      { numRuns: 60 },
    );
  });

  // T19
  it('refuses a NUL, which would make the file one that cannot be read', async () => {
    await using project = await TemporaryWorkspace.of({ 'a.txt': 'one\n' });
    assert.match(await call(project, 'write_file', { path: 'b.txt', content: 'a\0b' }), /^error: .*NUL/);
    await call(project, 'read_file', { path: 'a.txt' });
    const edits = [{ search: 'one', replace: 'a\0b' }];
    assert.match(await call(project, 'edit_file', { path: 'a.txt', edits }), /^error: .*NUL/);
  });

  it('takes a path that looks the same for the same, in whichever Unicode form', async () => {
    await using project = await TemporaryWorkspace.of({ 'caf\u00e9/re\u0301sume\u0301.md': 'one\n' });
    assert.match(await call(project, 'read_file', { path: 'cafe\u0301/r\u00e9sum\u00e9.md' }), /^ok: 1\tone/);
    await call(project, 'write_file', { path: 'cafe\u0301/r\u00e9sum\u00e9.md', content: 'two\n' });
    await call(project, 'write_file', { path: 'cafe\u0301/new.md', content: 'new\n' });
    assert.deepEqual(await readdir(project.folder), ['caf\u00e9']);
    assert.deepEqual((await readdir(project.path('caf\u00e9'))).sort(), ['new.md', 're\u0301sume\u0301.md']);
    await mkdir(project.path('e\u0301'));
    await mkdir(project.path('\u00e9'));
    await call(project, 'write_file', { path: '\u00e9/a', content: 'a' });
    assert.deepEqual(await readdir(project.path('\u00e9')), ['a']);
  });
});

describe('Replacements in files with CRLF', () => {
  // T11
  it('find a search text that begins with a line end in one place', () => {
    const replace = (text: string, search: string, by: string) => replaceAll(text, [{ search, replace: by }]).text;
    assert.equal(replace('a\r\nb\r\n', '\nb', '\nX'), 'a\r\nX\r\n');
    assert.equal(replace('a\r\nb\r\n', '\r\nb', '\nX'), 'a\r\nX\r\n');
    assert.equal(replace('a\r\n\r\nb\r\n', '\n\nb', '\nX'), 'a\r\nX\r\n');
  });

  it('do what they do in files with LF', () => {
    const piece = fc.array(fc.constantFrom('a', 'b', '\n'), { maxLength: 8 }).map((all) => all.join(''));
    const outcome = (text: string, search: string, replace: string, all: boolean) => {
      try {
        return replaceAll(text, [{ search, replace, all }]).text.replaceAll('\r\n', '\n');
      } catch (error) {
        return (error as Error).message;
      }
    };
    fc.assert(
      fc.property(piece, piece, piece, fc.boolean(), (text, search, replace, all) => {
        const crlf = (given: string) => given.replaceAll('\n', '\r\n');
        assert.equal(outcome(crlf(text), search, replace, all), outcome(text, search, replace, all));
        assert.equal(outcome(crlf(text), crlf(search), crlf(replace), all), outcome(text, search, replace, all));
      }),
    );
  });
});

describe('A text that is nearly the one in the file', () => {
  const hintOf = (text: string, search: string) => {
    try {
      replaceAll(text, [{ search, replace: 'new text' }]);
      return 'found';
    } catch (error) {
      return (error as Error).message;
    }
  };

  // T19
  it('is told what differs', () => {
    assert.match(hintOf('one\ncaf\u00e9\n', 'cafe\u0301'), /Line 2 has it with accents in another Unicode form/);
    assert.match(hintOf('say “hi”\n', 'say "hi"'), /Line 1 has it with curly or straight quotation marks/);
    assert.match(hintOf('it’s\n', "it's"), /quotation marks/);
    assert.match(hintOf('a\u00a0b\n', 'a b'), /special blanks/);
    assert.match(hintOf('a – b\n', 'a - b'), /dashes/);
    assert.match(
      hintOf('“a\u00a0b”\n', '"a b"'),
      /Line 1 has it with other characters that look alike \(.*blanks.*quot/,
    );
    assert.match(hintOf('\n\n\tif (a) {\n', '    if (a) {'), /Line 3 has it with other white space/);
    assert.match(hintOf('one\n', 'two'), /copy the text exactly/);
  });

  it('is told of line numbers only where they are the fault', () => {
    assert.match(hintOf('one\ntwo\n', '1\tone\n2\ttwo'), /Leave out the line numbers/);
    assert.match(hintOf('1\tone\n2\ttwo\n', '3\ttwo'), /copy the text exactly/);
    assert.match(hintOf('1\tone\n2\ttwo\n', '3\tthree'), /copy the text exactly/);
  });
});
