import assert from 'node:assert/strict';
import { renderMarkdown } from '../../../src/webview/markdown';

const blocksOf = (text: string): string[] => renderMarkdown(text).map((block) => block.html);
const html = (text: string): string => blocksOf(text).join('');

describe('Markdown in the chat view', () => {
  it('shows raw HTML as text', () => {
    assert.equal(html('<script>alert(1)</script>'), '<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n');
    assert.doesNotMatch(html('a <img src=x onerror=alert(1)> b'), /<img/);
  });

  for (const href of [
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'command:x',
    'vscode:x',
  ]) {
    it(`makes no link of ${href}`, () => {
      assert.doesNotMatch(html(`[x](${href})`), /<a/);
    });
  }

  it('keeps an address in data, where it leads nowhere by itself', () => {
    assert.equal(
      html('https://example.com/a?b="c'),
      '<p><a href="#" data-href="https://example.com/a?b=" title="https://example.com/a?b=">https://example.com/a?b=</a>&quot;c</p>\n',
    );
  });

  it('loads no picture: it becomes a link', () => {
    assert.equal(
      html('![logo](https://example.com/x.png)'),
      '<p><a href="#" data-href="https://example.com/x.png" title="https://example.com/x.png">logo</a></p>\n',
    );
  });

  it('links files in text, in code and in links', () => {
    assert.match(
      html('See src/a.ts:12.'),
      /See <a href="#" data-file="src\/a.ts" data-line="12" title="Open src\/a.ts">src\/a.ts:12<\/a>\./,
    );
    assert.match(html('`src/a.ts`'), /<a [^>]*data-file="src\/a.ts"[^>]*><code>src\/a.ts<\/code><\/a>/);
    assert.match(html('[there](./b.md#L3)'), /<a [^>]*data-file=".\/b.md" data-line="3"[^>]*>there<\/a>/);
  });

  it('takes run.sh for a file, not for an address', () => {
    assert.equal(html('run.sh and main.rs'), '<p>run.sh and main.rs</p>\n');
  });

  it('colours code of a known language and escapes any other', () => {
    assert.match(html('```ts\nconst a = 1;\n```'), /<span class="hljs-keyword">const<\/span>/);
    assert.match(html('```nonesuch\n<b>\n```'), /<code>&lt;b&gt;\n<\/code>/);
    assert.match(html('```<img>\nx\n```'), /<span>&lt;img&gt;<\/span>/);
  });

  it('never emits a style attribute, which the page would refuse', () => {
    assert.doesNotMatch(html('| a |\n|--:|\n| 1 |'), /style=/);
    assert.match(html('| a |\n|--:|\n| 1 |'), /<td class="align-right">/);
  });

  it('gives one string per block, and growing text changes the last one only', () => {
    const before = blocksOf('One\n\n- two\n- three\n\nFou');
    const after = blocksOf('One\n\n- two\n- three\n\nFour `x`');
    assert.equal(before.length, 3);
    assert.deepEqual(after.slice(0, 2), before.slice(0, 2));
    assert.notEqual(after[2], before[2]);
  });

  it('shows an unfinished code block as one', () => {
    assert.match(html('```py\nprint('), /<pre tabindex="0"><code>.*print/s);
  });
});
