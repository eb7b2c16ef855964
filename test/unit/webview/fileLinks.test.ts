import assert from 'node:assert/strict';
import { parseFileTarget, splitFileMentions } from '../../../src/webview/fileLinks';

describe('links to files', () => {
  it('reads paths with and without a line', () => {
    assert.deepEqual(parseFileTarget('src/a.ts'), { path: 'src/a.ts' });
    assert.deepEqual(parseFileTarget('src/a.ts:12'), { path: 'src/a.ts', line: 12 });
    assert.deepEqual(parseFileTarget('src/a.ts:12:5'), { path: 'src/a.ts', line: 12 });
    assert.deepEqual(parseFileTarget('./a.md#L3'), { path: './a.md', line: 3 });
    assert.deepEqual(parseFileTarget('src/a.ts:12-20'), { path: 'src/a.ts', line: 12 });
    assert.deepEqual(parseFileTarget('file:///work/a.ts'), { path: '/work/a.ts' });
    assert.deepEqual(parseFileTarget('.github/workflows/ci.yml'), { path: '.github/workflows/ci.yml' });
  });

  for (const text of ['https://example.com/a.ts', '//example.com/a.ts', 'javascript:a.ts', 'word', 'a b.ts x', '1.5']) {
    it(`takes ${text} for no file`, () => {
      assert.equal(parseFileTarget(text), undefined);
    });
  }

  it('finds mentions in a sentence and loses nothing of it', () => {
    const text = 'In src/a.ts:3, (lib/b.js) and/or c.d; not https://x.org/y.html.';
    const pieces = splitFileMentions(text);
    assert.equal(pieces.map((piece) => piece.text).join(''), text);
    assert.deepEqual(
      pieces.flatMap(({ file }) => (file ? [file] : [])),
      [{ path: 'src/a.ts', line: 3 }, { path: 'lib/b.js' }],
    );
  });
});
