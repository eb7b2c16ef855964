import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ToolFault } from '../../../src/agent/tool';
import { globMatcher } from '../../../src/tools/globs';

const files = [
  'a.ts',
  'b.tsx',
  'src/a.ts',
  'src/a.test.ts',
  'src/deep/c.css',
  '.github/x.yml',
  'x,y.ts',
  'app/(group)/[id].ts',
];
const found = (glob: string, start = '.') => files.filter((file) => globMatcher(glob)(file, start));

describe('A glob', () => {
  it('finds by name in every folder, by path, and relative to the start', () => {
    assert.deepEqual(found('*.ts'), ['a.ts', 'src/a.ts', 'src/a.test.ts', 'x,y.ts', 'app/(group)/[id].ts']);
    assert.deepEqual(found('src/*.ts'), ['src/a.ts', 'src/a.test.ts']);
    assert.deepEqual(found('./src/**/*.css'), ['src/deep/c.css']);
    assert.deepEqual(found('src/'), ['src/a.ts', 'src/a.test.ts', 'src/deep/c.css']);
    assert.deepEqual(found('deep/*', 'src'), ['src/deep/c.css']);
    assert.deepEqual(found('**/a.ts'), ['a.ts', 'src/a.ts']);
    assert.deepEqual(found('?.ts'), ['a.ts', 'src/a.ts']);
    assert.deepEqual(found('**/*.{css,y{a,}ml}'), ['src/deep/c.css', '.github/x.yml']);
    assert.deepEqual(found('[!a]*.ts'), ['x,y.ts', 'app/(group)/[id].ts']);
    assert.deepEqual(found('app/(group)/\\[id\\].ts'), ['app/(group)/[id].ts']);
  });

  // T17
  it('may be a list, and may exclude', () => {
    assert.deepEqual(found('*.tsx, *.css'), ['b.tsx', 'src/deep/c.css']);
    assert.deepEqual(found('!*.ts'), ['b.tsx', 'src/deep/c.css', '.github/x.yml']);
    assert.deepEqual(found('src/**,!*.test.ts'), ['src/a.ts', 'src/deep/c.css']);
    assert.deepEqual(found('x,y.ts'), ['x,y.ts']);
    assert.deepEqual(found('{a,b}.{ts,tsx}'), ['a.ts', 'b.tsx', 'src/a.ts']);
  });

  it('says what it does not understand', () => {
    assert.throws(() => globMatcher('!(a).ts'), ToolFault);
    assert.throws(() => globMatcher('{1..9999}{1..9999}'), ToolFault);
  });

  // S24
  it('takes time in proportion to its length, however many stars it has', () => {
    const name = 'a'.repeat(250);
    assert.equal(globMatcher(`${'*a'.repeat(200)}*x`)(name, '.'), false);
    assert.equal(globMatcher(`${'**/a/'.repeat(100)}x`)('a/'.repeat(200), '.'), false);
    assert.equal(globMatcher(`${'*a'.repeat(200)}*`)(name, '.'), true);
  });

  it('throws nothing but a sentence, whatever it is', () => {
    const pieces = fc.constantFrom(
      '*',
      '**',
      '/',
      '?',
      '[',
      ']',
      '!',
      '{',
      '}',
      ',',
      '\\',
      '-',
      'a',
      '.',
      '(',
      '^',
      '..',
      '1',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
        try {
          assert.equal(typeof globMatcher(parts.join(''))('src/a.ts', 'src'), 'boolean');
        } catch (error) {
          if (!(error instanceof ToolFault)) throw error;
        }
      }),
    );
  });
});
