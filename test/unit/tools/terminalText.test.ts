import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LastFrames, PlainOutput } from '../../../src/tools/terminalText';

const framesOf = (pieces: readonly string[]) => {
  const frames = new LastFrames();
  return pieces.map((piece) => frames.take(piece)).join('') + frames.end();
};

const plain = (pieces: readonly Uint8Array[]) => {
  const output = new PlainOutput();
  return pieces.map((piece) => output.take(piece)).join('') + output.end();
};

// T20
describe('The output of a command as text', () => {
  it('keeps the last frame of each line', () => {
    for (const [written, shown] of [
      ['a\r\nb\r\n', 'a\nb\n'],
      ['1%\r2%\r3%\nend', '3%\nend'],
      ['\r1%\r2%', '2%'],
      ['working\r', 'working'],
      ['a\r\r\nb', 'a\nb'],
      ['|\b/\b-\bdone\n', 'done\n'],
      ['\b\bx\n\n', 'x\n\n'],
      ['é🙂\bx', 'éx'],
    ] as const) {
      assert.equal(framesOf([written]), shown);
    }
  });

  it('takes what leads to the first column, or clears the line, for the beginning of a frame', () => {
    const written = Buffer.from('\x1b[2K\x1b[1G10%\x1b[2K\x1b[G20%\x1b[0K\n\x1b[1mend\x1b[K\n');
    for (let at = 0; at <= written.length; at++) {
      assert.equal(framesOf([plain([written.subarray(0, at), written.subarray(at)])]), '20%\nend\n');
    }
  });

  it('is the same in whatever pieces it comes', () => {
    const piece = fc.array(fc.constantFrom('a', 'b', '\r', '\n', '\b', '\r\n', 'ü'), { maxLength: 6 });
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const texts = pieces.map((letters) => letters.join(''));
        assert.equal(framesOf(texts), framesOf([texts.join('')]));
      }),
    );
  });

  it('does not wait for the end of a line that is very long', () => {
    const frames = new LastFrames();
    const piece = 'x'.repeat(50_000);
    const taken = [frames.take(piece), frames.take(piece), frames.take(piece)];
    assert.equal(taken.join('').length, 100_000);
    assert.equal(frames.end().length, 50_000);
    assert.equal(framesOf(Array.from({ length: 100_000 }, (_, i) => `${i}\r`)), '99999');
  });

  it('has no escape sequences, wherever they are cut, and no broken characters', () => {
    const written = Buffer.from(
      '\x1b[1;31mröd\x1b[0m \x1b]8;;https://example.org\x1b\\link\x1b]8;;\x07 \x1b(B\x1b[?25lend',
    );
    const whole = plain([written]);
    assert.equal(whole, 'röd link end');
    for (let at = 0; at <= written.length; at++) {
      assert.equal(plain([written.subarray(0, at), written.subarray(at)]), whole, `cut at ${at}`);
    }
  });
});
