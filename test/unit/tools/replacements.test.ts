import assert from 'node:assert/strict';
import { replaceAll, type Replacement } from '../../../src/tools/replacements';

const refusal = (text: string, replacement: Replacement): string => {
  try {
    replaceAll(text, [replacement]);
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
  return 'not refused';
};

describe('Replacements', () => {
  it('are taken word for word, not as patterns', () => {
    assert.equal(replaceAll('a.b(c) $1 axb', [{ search: 'a.b(c) $1', replace: '$& $1 \\n' }]).text, '$& $1 \\n axb');
  });

  it('begin and end between characters, not between the halves of one', () => {
    assert.match(refusal('x😀y', { search: '\ud83d', replace: '' }), /was not found/);
    assert.match(refusal('😀😀😀', { search: '😀😀', replace: '' }), /in 2 places/);
    assert.equal(replaceAll('x😀-😀/y', [{ search: '😀-', replace: 'a' }]).text, 'xa😀/y');
  });

  it('build on one another', () => {
    const edits = [
      { search: 'a', replace: 'b' },
      { search: 'b', replace: 'c' },
    ];
    assert.deepEqual(replaceAll('a', edits), { text: 'c', places: 2 });
  });

  it('replace every place where all is set', () => {
    assert.deepEqual(replaceAll('aaa', [{ search: 'a', replace: 'aa', all: true }]), { text: 'aaaaaa', places: 3 });
    assert.equal(replaceAll('aaa', [{ search: 'aa', replace: 'b', all: true }]).text, 'ba');
  });

  it('are refused where the text is in several places, which are named', () => {
    assert.match(refusal('x\ny\nx\n', { search: 'x', replace: '' }), /is in 2 places \(lines 1, 3\)/);
    assert.match(refusal('aaa', { search: 'aa', replace: '' }), /is in 2 places \(lines 1, 1\)/);
    assert.match(refusal('x\n'.repeat(30), { search: 'x', replace: '' }), /is in 30 places \(lines .*10, …\)/);
  });

  it('are refused with a hint where the text is not there', () => {
    assert.match(
      refusal('  if (a) {\n    b();\n', { search: 'if (a) {\nb();', replace: '' }),
      /Line 1 has it with other white/,
    );
    assert.match(refusal('one', { search: '1\tone', replace: '' }), /Leave out the line numbers/);
    assert.match(refusal('one', { search: 'two', replace: '' }), /copy the text exactly/);
    assert.match(refusal('one', { search: '', replace: 'x' }), /is empty/);
    assert.match(refusal('one', { search: 'one', replace: 'one' }), /change nothing/);
  });

  it('match both kinds of line ends and write the kind that the file has', () => {
    assert.equal(replaceAll('a\r\nb\r\n', [{ search: 'a\nb', replace: 'c\nd' }]).text, 'c\r\nd\r\n');
    assert.equal(replaceAll('a\nb\n', [{ search: 'a\r\nb', replace: 'c\r\nd' }]).text, 'c\nd\n');
  });
});
