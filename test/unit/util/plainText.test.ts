import assert from 'node:assert/strict';
import { escapeMarkdown, fenced, oneLine, visibleText } from '../../../src/util/plainText';

describe('visibleText', () => {
  it('shows what is there to hide something', () => {
    assert.equal(visibleText('npm test\nrm -rf ~'), 'npm test ⏎ rm -rf ~');
    assert.equal(visibleText('echo \u202etxt\u200b'), 'echo \\u{202e}txt\\u{200b}');
  });

  it('lets no part become a link that shows its label alone', () => {
    assert.equal(visibleText('echo [safe](command:evil)'), 'echo [safe] (command:evil)');
  });
});

describe('escapeMarkdown', () => {
  it('leaves no link, picture, heading or tag', () => {
    assert.equal(escapeMarkdown('![x](http://a) # <b>'), '\\!\\[x\\]\\(http\\://a\\) \\# \\<b\\>');
  });
});

describe('fenced', () => {
  it('is closed by nothing within the text', () => {
    const text = 'a\n```\nb\n````\n# forged';
    const lines = fenced(text, 'json').split('\n');
    assert.equal(lines[0], '`````json');
    assert.equal(lines.at(-1), '`````');
    assert.ok(!lines.slice(1, -1).includes('`````'));
  });
});

describe('oneLine', () => {
  it('folds space and says where it cut', () => {
    assert.equal(oneLine('  a\n\tb  '), 'a b');
    assert.equal(oneLine('abcdef', 4), 'abc…');
  });
});
