import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeExport } from '../../../src/session/exportFile';

describe('an exported file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fanout-export-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('holds all pieces, and others get their turn while it is written', async () => {
    const file = join(folder, 'a.md');
    let turns = 0;
    let isOver = false;
    const takeTurn = () => {
      turns++;
      if (!isOver) setImmediate(takeTurn);
    };
    setImmediate(takeTurn);
    const piece = 'x'.repeat(100_000);
    let turnsAtLast = 0;
    const pieces = function* () {
      for (let n = 0; n < 100; n++) {
        turnsAtLast = turns;
        yield piece;
      }
    };
    await writeExport(file, pieces());
    isOver = true;
    assert.equal(readFileSync(file, 'utf8'), piece.repeat(100));
    assert.ok(turnsAtLast > 10, `${turnsAtLast} turns before the last piece was made`);
    assert.deepEqual(readdirSync(folder), ['a.md']);
  });

  it('leaves what was there where it cannot be made, and says so', async () => {
    const file = join(folder, 'a.md');
    writeFileSync(file, 'before');
    const failing = function* () {
      yield 'half';
      throw new Error('The disk is full.');
    };
    await assert.rejects(
      writeExport(file, failing()),
      /could not be exported to .*a\.md, and nothing was changed there: The disk is full\./,
    );
    assert.equal(readFileSync(file, 'utf8'), 'before');
    assert.deepEqual(readdirSync(folder), ['a.md']);
    await assert.rejects(writeExport(join(folder, 'nowhere', 'a.md'), ['x']), /ENOENT/);
  });
});
