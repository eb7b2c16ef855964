import assert from 'node:assert/strict';
import fc from 'fast-check';
import { GrowingMarkdown } from '../../../src/webview/growingMarkdown';
import { renderMarkdown } from '../../../src/webview/markdown';

const whole = (text: string): string[] => renderMarkdown(text).map((block) => block.html);

const PIECES = [
  'A paragraph\n',
  'that goes on',
  '\n\n',
  '- item\n',
  '- item\n  more\n',
  '1. one\n\n   two\n',
  '```ts\nconst a = 1;\n',
  '```\n',
  '# Title\n',
  '> quoted\n',
  'lazy\n',
  '===\n',
  '---\n',
  '| a | b |\n|---|--:|\n| 1 | 2 |\n',
  '    indented\n',
  '**bold',
  '**',
  '[x](https://example.com)',
  '~~~\n',
  '\t',
  '* * *\n',
];

describe('Markdown that grows', () => {
  it('is rendered as the whole text would be, however it came in', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 25 }), (pieces) => {
        const growing = new GrowingMarkdown();
        let text = '';
        for (const piece of pieces) {
          text += piece;
          assert.deepEqual(growing.render(text), whole(text), JSON.stringify(text));
        }
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  it('knows in a later part what an earlier one defined', () => {
    const growing = new GrowingMarkdown();
    growing.render('[a]: https://example.com\n\nText\n\n');
    assert.match(
      growing.render('[a]: https://example.com\n\nText\n\nSee [a]\n').join(''),
      /data-href="https:\/\/example.com"/,
    );
  });

  it('begins anew with another text', () => {
    const growing = new GrowingMarkdown();
    growing.render('One\n\nTwo');
    assert.deepEqual(growing.render('Other'), whole('Other'));
  });
});
