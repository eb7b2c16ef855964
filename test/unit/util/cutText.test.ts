import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { BoundedText } from '../../../src/tools/boundedText';
import { cutMiddle, headOf, tailOf } from '../../../src/util/cutText';
import { oneLine } from '../../../src/util/plainText';

// M1
describe('a text that is cut', () => {
  const text = fc.string({ unit: 'binary', maxLength: 60 });
  const size = fc.nat(70);

  it('keeps each character whole, at either end, and is never longer than asked', () => {
    fc.assert(
      fc.property(text, size, (whole, max) => {
        for (const [part, isIn] of [
          [headOf(whole, max), whole.startsWith(headOf(whole, max))],
          [tailOf(whole, max), whole.endsWith(tailOf(whole, max))],
        ] as const) {
          assert.ok(isIn && part.isWellFormed() && part.length <= max);
          assert.ok(part.length >= Math.min(whole.length, max) - 1);
        }
        assert.ok(cutMiddle(whole, max, String).isWellFormed() && oneLine(whole, max + 1).isWellFormed());
      }),
    );
  });

  it('counts what is missing, halves that were left out included', () => {
    assert.equal(
      cutMiddle('x😀😀😀y', 4, (missing) => `${missing} gone`),
      'x\n6 gone\ny',
    );
    assert.equal(cutMiddle('all', 3, String), 'all');
    assert.deepEqual([headOf('ab', 0), tailOf('ab', 0), tailOf('abc', 1.5)], ['', '', 'c']);
  });

  it('keeps them whole too where it comes in pieces', () => {
    fc.assert(
      fc.property(fc.array(text), size, size, (pieces, head, tail) => {
        const bounded = new BoundedText(head, tail);
        for (const piece of pieces) bounded.append(piece);
        assert.ok(bounded.toString().isWellFormed());
        // Halves that arrive apart are put together again.
        const apart = new BoundedText(100, 100);
        for (const piece of ['\ud83d', '\ude00']) apart.append(piece);
        assert.equal(apart.toString(), '😀');
      }),
    );
  });
});
