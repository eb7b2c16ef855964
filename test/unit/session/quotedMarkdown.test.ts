import assert from 'node:assert/strict';
import { quoted } from '../../../src/session/quotedMarkdown';

const linesOf = (text: string) => quoted(text).split('\n');

describe('a quoted message', () => {
  it('leaves the quotation by no kind of line end', () => {
    for (const end of ['\n', '\r\n', '\r', '\u2028'])
      assert.deepEqual(linesOf(`a${end}# b`), ['> a', '> # b'], JSON.stringify(end));
  });

  it('keeps code as it is, in spans and fences', () => {
    const text = 'Use `Array<string>` or ``a ` <b>``.\n```ts\nconst x: Set<string>; // ![\n~~~\n```\n~~~\n<i>\n~~~~';
    assert.equal(quoted(text), text.replace(/^/gm, '> '));
  });

  it('has no tags and pictures outside of it', () => {
    assert.equal(quoted('a < b, <b>, <!-- -->, ![x](y)'), '> a < b, &lt;b>, &lt;!-- -->, !\\[x](y)');
    assert.equal(quoted('```\n<a>\n```\n<b>'), '> ```\n> <a>\n> ```\n> &lt;b>');
  });

  it('takes nothing for code that a reader might not', () => {
    // A span that begins on the line before, an escaped tick, a fence with a tick behind it, one that is too far in.
    for (const text of ['a ` b\n` <i> `x`', '\\` <i> `', '``` `\n<i>', '    ```\n<i>'])
      assert.ok(!quoted(text).includes('<i>'), text);
    assert.equal(quoted('`a`` <i> ``'), '> `a`` <i> ``', 'a run of another length closes nothing');
    assert.equal(quoted('a ` b\n\n`<i>`'), '> a ` b\n> \n> `<i>`', 'a paragraph ends a span');
  });

  it('takes no time for a text that is made to take it', () => {
    const ticks = Array.from({ length: 20_000 }, (_, index) => '`'.repeat((index % 7) + 1)).join(' ');
    assert.ok(quoted(ticks).length > ticks.length);
  });
});
