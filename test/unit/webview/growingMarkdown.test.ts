import assert from 'node:assert/strict';
import fc from 'fast-check';
import { GrowingMarkdown } from '../../../src/webview/growingMarkdown';
import { renderMarkdown } from '../../../src/webview/markdown';
import type { Cell, Pieces, Row } from '../../../src/webview/markdownPieces';

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

  // X16
  it('gives a long list or table in pieces that are the whole, of which only the last change while it grows', () => {
    const item = fc.constantFrom(
      '- one\n',
      '- two\n\n',
      '- *three*\n  - nested\n',
      '* other\n',
      '7. ten\n',
      '- `a`\n\n      code\n',
    );
    const row = fc.constantFrom('| a | `b` |\n', '| a |\n', '| **x** | [l](https://a.b) |\n');
    const list = fc.array(item, { minLength: 28, maxLength: 60 }).map((all) => all.join(''));
    const table = fc.array(row, { maxLength: 60 }).map((rows) => `| h | k |\n|--:|:-:|\n${rows.join('')}`);
    const plain = (html: string) => html.replaceAll('\n', '');
    fc.assert(
      fc.property(fc.oneof(list, table), (text) => {
        for (const { html, pieces } of renderMarkdown(text)) {
          if (pieces !== undefined) assert.equal(plain(htmlOf(pieces)), plain(html));
        }
      }),
    );
    const growing = new GrowingMarkdown();
    const lines = Array.from({ length: 500 }, (_, index) => `- item ${index} of a list\n`);
    let before: readonly string[] = [];
    for (let count = 40; count <= lines.length; count += 1) {
      const pieces = growing.blocks(lines.slice(0, count).join(''))[0]?.pieces;
      assert.ok(pieces?.kind === 'list');
      const changed = pieces.items.filter((html, place) => html !== before[place]);
      if (before.length > 0) assert.ok(changed.length <= 2, `${changed.length} items drawn again`);
      before = pieces.items;
    }
  });

  // X16
  it('colours and draws a bounded part of a code block that grows, whatever its length', () => {
    const coloured: number[] = [];
    const growing = new GrowingMarkdown();
    const line = 'const answer = question.of(life, universe); // forty-two\n';
    let before: readonly string[] = [];
    for (let text = '```ts\n'; text.length < 100_000; text += line.repeat(7)) {
      const [block] = growing.blocks(text);
      const parts = block?.pieces?.kind === 'code' ? block.pieces.parts : [];
      const changed = parts.filter((part, place) => part !== before[place]);
      if (before.length > 0) assert.ok(changed.length <= 2, `${changed.length} parts drawn again`);
      assert.ok(changed.every((part) => plainText(part).length <= 4000));
      coloured.push(...parts.filter((part) => part.includes('hljs-')).map((part) => plainText(part).length));
      before = parts;
    }
    assert.ok(before.length > 20 && Math.max(...coloured) <= 4000);
  });

  it('holds all of a long code block, in its order', () => {
    const code = fc.array(fc.constantFrom('a = 1\n', '\n', 'x'.repeat(3000), '😀'.repeat(900), '<b>\n', '"'), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(code, fc.boolean(), fc.constantFrom('ts', 'nonesuch', ''), (pieces, isClosed, language) => {
        const inside = `${pieces.join('')}\n`;
        const [block] = renderMarkdown(`\`\`\`${language}\n${inside}${isClosed ? '```' : ''}`);
        const found = block?.pieces?.kind === 'code' ? block.pieces.parts : [block?.html.split('<code>')[1] ?? ''];
        assert.equal(plainText(found.join('')), inside);
        assert.ok(found.every((part) => part.isWellFormed()));
      }),
      { numRuns: 200, seed: 7 },
    );
  });

  it('colours a code block whole once it is closed, where it is not too long for that', () => {
    const code = `/*\n${'many words\n'.repeat(600)}*/\nconst a = 1;\n`;
    const isColoured = (text: string) => renderMarkdown(text)[0]?.html.includes('hljs-keyword');
    assert.equal(isColoured(`\`\`\`ts\n${code}`), false);
    assert.equal(isColoured(`\`\`\`ts\n${code}\`\`\``), true);
    assert.equal(isColoured(`> \`\`\`ts\n${code.replaceAll(/^/gm, '> ')}\n> \`\`\``), true);
    assert.equal(isColoured(`\`\`\`ts\n${code.repeat(2)}\`\`\``), false);
  });

  it('keeps the objects of finished blocks', () => {
    const growing = new GrowingMarkdown();
    const first = growing.blocks('One\n\nTwo\n\nThr')[0];
    assert.equal(growing.blocks('One\n\nTwo\n\nThree\n')[0], first);
  });
});

/** What a reader sees of it. */
function plainText(html: string): string {
  const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', '#x27': "'" };
  return html.replaceAll(/<[^>]*>/g, '').replaceAll(/&([^;]+);/g, (_, name: string) => entities[name] ?? '?');
}

function htmlOf(pieces: Pieces): string {
  if (pieces.kind === 'list') {
    const start = pieces.start === undefined ? '' : ` start="${pieces.start}"`;
    return `<${pieces.tag}${start}>${pieces.items.map((item) => `<li>${item}</li>`).join('')}</${pieces.tag}>`;
  }
  if (pieces.kind === 'code') return `<code>${pieces.parts.join('')}</code>`;
  const rows = (all: readonly Row[], tag: string) =>
    all
      .map((cells) => {
        const cell = ({ html, align }: Cell) => `<${tag}${align ? ` class="align-${align}"` : ''}>${html}</${tag}>`;
        return `<tr>${cells.map(cell).join('')}</tr>`;
      })
      .join('');
  const body = pieces.body.length === 0 ? '' : `<tbody>${rows(pieces.body, 'td')}</tbody>`;
  return `<div class="table"><table><thead>${rows(pieces.head, 'th')}</thead>${body}</table></div>`;
}
